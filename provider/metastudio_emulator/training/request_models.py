"""Models of request bodies and queries, validated as documented; unknown fields are ignored."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

CommandMessage = Literal[
    "UPDATE_VIDEO", "UPLOAD_VIDEO", "CONFIRM_ACTION_VIDEO", "GET_ACTION_VIDEO_MULTIPART"
]
CommandName = Literal[
    "SUBMITVERIFYING",
    "CONFIRM_ACCEPT",
    "CONFIRM_REJECT",
    "CONFIRM_ANSWER",
    "CONFIRM_PENDING",
    "CONFIRM_ACTIVE",
    "GET_MULTIPART_UPLOADED",
    "CONFIRM_MULTIPART_UPLOADED",
    "CONFIRM_REPAIR",
    "GET_ACTION_VIDEO_MULTIPART_UPLOADED",
    "CONFIRM_ACTION_VIDEO_MULTIPART_UPLOADED",
    "CONFIRM_AUTHORIZATION_LETTER",
    "DELETE_JOB_VIDEO",
]
COMMANDS: frozenset[str] = frozenset(get_args(CommandName))
SupportedService = Literal["VIDEO_2D", "LIVE_2D", "CHAT_2D"]
PartCount = Annotated[int, Field(ge=1, le=1000)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=256)]
LongText = Annotated[str, StringConstraints(max_length=2048)]
Text256 = Annotated[str, StringConstraints(max_length=256)]
# The documents demand exactly 20 characters of update_since and update_until only.
Time = Annotated[str, StringConstraints(max_length=20)]
ExactTime = Annotated[str, StringConstraints(min_length=20, max_length=20)]


class _Body(BaseModel):
    # Strict: accepting "1" for 1 would hide mistakes of clients.
    model_config = ConfigDict(strict=True, extra="ignore", protected_namespaces=())


class VoiceProperties(_Body):
    """Voice settings of the Flexus edition; all three are required."""

    job_tag: Literal["ECOMMERCE", "NEWS", "MARKETING"]
    sex: Literal["FEMALE", "MALE"]
    language: Literal["CN", "EN"]


class ActionSample(_Body):
    """An action sample that an update selects or renames."""

    action_name_zh: Annotated[str, StringConstraints(min_length=1, max_length=1028)] | None = None
    action_name_en: Annotated[str, StringConstraints(min_length=1, max_length=1028)] | None = None
    action_tag: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    catalog: Annotated[str, StringConstraints(max_length=128)] | None = None
    recommended_value: Annotated[int, Field(ge=0, le=100)] | None = None
    is_selected: bool | None = None


class JobBody(_Body):
    """Fields of both create and update; None means that a field was left out."""

    contact: Annotated[str, StringConstraints(max_length=64)] | None = None
    command_message: CommandMessage | None = None
    video_multipart_count: PartCount | None = None
    action_video_multipart_count: PartCount | None = None
    is_background_replacement: bool | None = None
    batch_name: Label | None = None
    tags: list[str] | None = None
    is_fast_flexus: bool | None = None
    audio_source_type: Literal["VIDEO", "AUDIO"] | None = None
    voice_properties: VoiceProperties | None = None
    supported_service: list[SupportedService] | None = None

    def stored_fields(self) -> dict[str, Any]:
        """The given fields that Show returns again."""
        transient = {"command_message", "samples_basic_info"}
        transient |= {"video_multipart_count", "action_video_multipart_count"}
        return self.model_dump(exclude_none=True, exclude=transient)


class CreateBody(JobBody):
    """Body of Create2dModelTrainingJob."""

    name: Label
    model_version: Literal["V2", "V3", "V3.2", "V3.3"] | None = None
    is_ondemand_resource: bool | None = None
    is_flexus: bool | None = None
    is_live_copy: bool | None = None
    is_only_human_model: bool | None = None


class UpdateBody(JobBody):
    """Body of Update2dModelTrainingJob; fields of CreateBody alone cannot be changed."""

    name: Label | None = None
    samples_basic_info: list[ActionSample] | None = None


class CommentData(_Body):
    """A comment for the reviewers and the names of its attachments."""

    comment_title: LongText | None = None
    comment_message: LongText | None = None
    attachment_name: list[str] | None = None


class CommandBody(_Body):
    """Body of Execute2dModelTrainingCommandByUser."""

    command: CommandName
    command_message: CommandMessage | None = None
    comment_data: CommentData | None = None
    operation_reason: LongText | None = None


class ListQuery(BaseModel):
    """Query of List2dModelTrainingJob; not strict, since values arrive as text."""

    model_config = ConfigDict(extra="ignore", protected_namespaces=())

    offset: Annotated[int, Field(ge=0, le=2147483647)] = 0
    limit: Annotated[int, Field(ge=1, le=100)] = 10
    state: Annotated[str, StringConstraints(max_length=1024)] | None = None
    sort_key: Literal["create_time", "update_time", "asset_order"] | None = None
    sort_dir: Literal["asc", "desc"] | None = None
    create_since: Time | None = None
    create_until: Time | None = None
    update_since: ExactTime | None = None
    update_until: ExactTime | None = None
    query_project_id: Text256 | None = None
    batch_name: Text256 | None = None
    tag: Text256 | None = None
    name: Text256 | None = None
    job_id: Annotated[str, StringConstraints(max_length=64)] | None = None
    model_resolution: Text256 | None = None
    is_flexus: bool | None = None
    is_live_copy: bool | None = None
    is_ondemand_resource: bool | None = None
    train_location: str | None = None
