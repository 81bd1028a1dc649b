"""What goes over the wire: one class per request and response body of the training-job group.

Field names are the wire's own, its misspellings included, so that the vendor's documents can be
read beside this file. Requests are strict: they hold what the documents allow. Responses are
lenient: an unknown field is ignored, an unknown value of an enumeration stays text, and
``null``, ``"null"`` and ``""`` all read as absent, because the service's own examples mix them.

Personal data and bearer URLs are left out of every ``repr()``.

Sources: the vendor's pages "Creating a Virtual Avatar Model Training Task" and "Querying Virtual
Avatar Model Training Tasks" (2025-12-08), the Chinese page on a task's detail, and the model
classes of the vendor's Python client 3.1.219. Times are RFC 3339 in UTC with seconds.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from .base_models import Answer, StrictAnswer


class _Request(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    def body(self) -> dict[str, Any]:
        """The JSON object to send: what was never set is left out."""
        return self.model_dump(mode="json", exclude_none=True)


def _private(**settings: Any) -> Any:
    """A field that ``repr()`` must not show: personal data, or a URL that is a bearer secret."""
    return Field(default=None, repr=False, **settings)


class VoiceProperties(_Request):
    """Voice settings of the Flexus edition; the standard edition takes none."""

    job_tag: str
    sex: str
    language: str


class ActionBasicSampleInfo(_Request):
    """An action sample chosen or renamed by an update."""

    action_tag: str
    action_name_zh: str | None = None
    action_name_en: str | None = None
    catalog: str | None = None
    recommended_value: int | None = None
    is_selected: bool | None = None


class _JobFields(_Request):
    contact: str | None = Field(default=None, repr=False)
    command_message: str | None = None
    video_multipart_count: int | None = None
    action_video_multipart_count: int | None = None
    is_background_replacement: bool | None = None
    batch_name: str | None = None
    tags: list[str] | None = None
    is_fast_flexus: bool | None = None
    audio_source_type: str | None = None
    voice_properties: VoiceProperties | None = None
    supported_service: list[str] | None = None


class CreateJob(_JobFields):
    """Body of POST ``…/user/jobs``."""

    name: str
    model_version: str | None = None
    is_ondemand_resource: bool | None = None
    is_flexus: bool | None = None
    is_live_copy: bool | None = None
    is_only_human_model: bool | None = None


class UpdateJob(_JobFields):
    """Body of PUT ``…/user/jobs/{job_id}``.

    Send every field as it should be afterwards: whether an omitted one keeps its value is not
    documented.
    """

    name: str | None = None
    samples_basic_info: list[ActionBasicSampleInfo] | None = None


class CommentData(_Request):
    """A comment for the reviewers, with the names of files to attach."""

    comment_title: str | None = None
    comment_message: str | None = None
    attachment_name: list[str] | None = None


class Command(_Request):
    """Body of POST ``…/user/jobs/{job_id}/command``."""

    command: str
    command_message: str | None = None
    comment_data: CommentData | None = None
    operation_reason: str | None = None


class UploadUrls(Answer):
    """Answer to create and update: one-time upload URLs, valid for 24 hours.

    ``training_video_upload_url`` and ``action_video_upload_url`` hold one URL for each part that
    was asked for, in the order of the parts; any of the others may be missing.
    """

    job_id: str
    training_video_upload_url: list[str] = Field(default_factory=list, repr=False)
    action_video_upload_url: list[str] = Field(default_factory=list, repr=False)
    audio_upload_url: str | None = _private()
    cover_upload_url: str | None = _private()
    id_card_image1_upload_url: str | None = _private()
    id_card_image2_upload_url: str | None = _private()
    grant_file_upload_url: str | None = _private()
    pre_beauty_image_upload_url: str | None = _private()
    post_beauty_image_upload_url: str | None = _private()


class UploadedPart(Answer):
    """A part the storage already holds; the wire writes ``part_number`` as text, from 1."""

    part_number: int
    etag: str | None = None


class _ErrorInfo(Answer):
    error_code: str | None = None
    error_msg: str | None = None


class CommandAnswer(Answer):
    """Answer to a command; ``commond_result`` (sic) alone says whether it was carried out."""

    commond_result: str | None = None
    attachment_upload_url: list[str] = Field(default_factory=list, repr=False)
    multipart_data: list[UploadedPart] = Field(default_factory=list)
    excute_failed_msg: str | None = None
    error_info: _ErrorInfo | None = None

    @property
    def succeeded(self) -> bool:
        """True only for ``EXCUTE_SUCCESS`` (sic): a missing or other value is a failure."""
        return self.commond_result == "EXCUTE_SUCCESS"


class Job(Answer):
    """An item of the list, and the head of a job's detail. Only id and state must be readable."""

    job_id: str
    name: str = ""
    state: str
    asset_id: str | None = None
    project_id: str | None = None
    cover_download_url: str | None = _private()
    last_update_time: str | None = None
    create_time: str | None = None
    contact: str | None = _private()
    batch_name: str | None = None
    tags: list[str] | None = None
    model_version: str | None = None
    matting_type: str | None = None
    model_resolution: str | None = None
    app_user_id: str | None = None
    is_flexus: bool | None = None
    is_live_copy: bool | None = None
    is_fast_flexus: bool | None = None
    is_only_human_model: bool | None = None
    optional_training_location: list[str] | None = None
    is_background_replacement: bool | None = None
    is_ondemand_resource: bool | None = None


class JobPage(StrictAnswer):
    """Answer to a list: ``count`` is the number of all matches, not of the jobs on the page.

    A job that cannot be read is an error: without it, a caller might create it once more.
    """

    count: int = 0
    jobs: list[Job] = Field(default_factory=list)


class OperationLogInfo(Answer):
    """One entry of a job's history; times have seconds only, so array order decides."""

    operate_time: str | None = None
    log_type: str | None = None
    log_description: str | None = None
    operate_user: str | None = None
    error_code: str | None = None
    redo_reasons: list[str] | None = None


class VerifyVideoMattingInfo(Answer):
    """An area of the matting check video, in pixels from the top left."""

    dx: int | None = None
    dy: int | None = None
    width: int | None = None
    height: int | None = None
    method: str | None = None


class CommentLogInfo(Answer):
    """One turn of the dialogue with the reviewers."""

    operate_time: str | None = None
    comment_type: str | None = None
    comment_title: str | None = None
    comment_message: str | None = None
    attachment_download_url: list[str] = Field(default_factory=list, repr=False)


class ActionSampleInfo(Answer):
    """An action sample found in the video."""

    action_name_zh: str | None = None
    action_name_en: str | None = None
    action_tag: str | None = None
    catalog: str | None = None
    recommended_value: int | None = None
    is_selected: bool | None = None
    sample_download_url: str | None = _private()


class TrainingVideoMarkInfo(Answer):
    """The marked span of the training video, ``HH:MM:SS.mmm``."""

    video_start_time: str | None = None
    video_end_time: str | None = None


class InferenceVideoMarkInfo(TrainingVideoMarkInfo):
    """Spans for inference preprocessing, ``HH:MM:SS.mmm``."""

    chat_video_start_time: str | None = None
    chat_video_end_time: str | None = None


class ActionMarkItem(Answer):
    """One marked action, ``HH:MM:SS.mmm``; ``action_type`` is SILENCE or ACTION."""

    action_start_time: str | None = None
    action_end_time: str | None = None
    action_type: str | None = None


class InferenceActionMarkInfo(ActionMarkItem):
    """Marked actions: a list by the vendor's client, one flat item by the Chinese page."""

    action_info: list[ActionMarkItem] | None = None


class InferenceEyeCorrectionMarkInfo(Answer):
    """The span for eye correction, ``HH:MM:SS.mmm``."""

    eye_correction_start_time: str | None = None
    eye_correction_end_time: str | None = None


class TrainingAllocatedResource(Answer):
    """The paid resource the training used."""

    resource_id: str | None = None
    charge_mode: str | None = None
    expire_time: str | None = None


class SubTrainingJobInfo(Answer):
    """An internal sub-job; its times are integers of an unstated unit."""

    job_id: str | None = None
    sub_job_type: str | None = None
    heart_beat_id: str | None = None
    state: str | None = None
    create_time: int | None = None
    last_update_time: int | None = None


class VoicePropertiesAnswer(Answer):
    """Voice settings as the service reports them."""

    job_tag: str | None = None
    sex: str | None = None
    language: str | None = None


class JobDetail(Job):
    """Answer to GET ``…/user/jobs/{job_id}``. Every ``*_url`` is valid for 24 hours."""

    training_video_download_url: str | None = _private()
    id_card_image1_download_url: str | None = _private()
    id_card_image2_download_url: str | None = _private()
    grant_file_download_url: str | None = _private()
    pre_beauty_image_download_url: str | None = _private()
    post_beauty_image_download_url: str | None = _private()
    action_video_download_url: str | None = _private()
    audio_file_download_url: str | None = _private()
    external_action_json_data_download_url: str | None = _private()
    action_mark_file_download_url: str | None = _private()
    action_mark_file_upload_url: str | None = _private()
    mask_file_download_url: str | None = _private()
    verify_video_download_url: str | None = _private()
    markable_video_download_url: str | None = _private()
    markable_action_video_download_url: str | None = _private()
    operation_logs: list[OperationLogInfo] = Field(default_factory=list)
    verify_video_matting_info: list[VerifyVideoMattingInfo] | None = None
    comment_logs: list[CommentLogInfo] | None = None
    samples: list[ActionSampleInfo] | None = None
    is_mask_file_uploaded: bool | None = None
    traning_video_mark_info: TrainingVideoMarkInfo | None = None
    inference_data_process_video_mark_info: InferenceVideoMarkInfo | None = None
    inference_data_process_action_mark_info: InferenceActionMarkInfo | None = None
    inference_data_process_chat_action_mark_info: InferenceActionMarkInfo | None = None
    inference_data_process_eye_correction_mark_info: InferenceEyeCorrectionMarkInfo | None = None
    voice_properties: VoicePropertiesAnswer | None = None
    worker_type: list[str] | None = None
    beauty_level: int | None = None
    voice_train_job_id: str | None = None
    flexus_retry_count: int | None = None
    audio_source_type: str | None = None
    supported_service: list[str] | None = None
    allocated_resource: TrainingAllocatedResource | None = None
    train_video_rotation_state: str | None = None
    action_video_rotation_state: str | None = None
    sub_training_job_info: list[SubTrainingJobInfo] | None = None
