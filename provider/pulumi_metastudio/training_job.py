"""The ``TrainingJob`` resource: what a program writes."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, TypedDict, Union, overload

import pulumi
from pulumi.dynamic import Resource

from .file import File
from .provider import TrainingJobProvider
from .sdk.interrupts import hide_interrupts
from .sdk.lazy_output import LazyOutput

#: A file: a local path (relative to the program's folder), a FileAsset, or a URL that is
#: streamed through: text with a scheme, or a RemoteAsset; or a File, with its digest.
FileInput = Union[str, "os.PathLike[str]", pulumi.FileAsset, pulumi.RemoteAsset, File]

_FILES = (
    "training_video",
    "action_video",
    "audio",
    "cover",
    "id_card_image1",
    "id_card_image2",
    "grant_file",
    "pre_beauty_image",
    "post_beauty_image",
)

#: Outputs that are no inputs and worth having without asking the engine: every run looks at what
#: is pending, and a job that is exported as a whole shows its state.
_ALWAYS = ("state", "pending")
_SECRET_OUTPUTS = ["contact", "download_urls", "__upload_urls", "__drifted"]


class VoicePropertiesArgs(TypedDict):
    """Voice settings, of the Flexus edition only; all three are required."""

    job_tag: pulumi.Input[Literal["ECOMMERCE", "NEWS", "MARKETING"]]
    sex: pulumi.Input[Literal["FEMALE", "MALE"]]
    language: pulumi.Input[Literal["CN", "EN"]]


@dataclass
class TrainingJobArgs:
    """The inputs of a ``TrainingJob``. What is left out, the service defaults.

    The lines below name each default and limit; their source is the vendor's page "Creating a
    Virtual Avatar Model Training Task" (2025-12-08), lengths are from its PHP client.
    """

    name: pulumi.Input[str] | None = None
    """Model name, and its name in the asset library; 1 to 256 characters. Required."""
    contact: pulumi.Input[str] | None = None
    """The creator's mobile number, at most 64 characters. Personal data: always secret."""
    batch_name: pulumi.Input[str] | None = None
    """Batch label, 1 to 256 characters."""
    tags: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None
    """Labels, to filter lists by."""
    model_version: pulumi.Input[str] | None = None
    """V3.2 (default) or V3.3 (ultra-fast Flexus). Fixed at creation."""
    is_background_replacement: pulumi.Input[bool] | None = None
    """True (default) when the background will be replaced: film before a green screen."""
    is_ondemand_resource: pulumi.Input[bool] | None = None
    """True for an on-demand job; default False. Fixed at creation."""
    is_flexus: pulumi.Input[bool] | None = None
    """True for the basic (Flexus) edition; default False. Fixed at creation."""
    is_fast_flexus: pulumi.Input[bool] | None = None
    """True for the ultra-fast Flexus edition; default False."""
    is_live_copy: pulumi.Input[bool] | None = None
    """True for a livestream avatar; default False. Fixed at creation."""
    is_only_human_model: pulumi.Input[bool] | None = None
    """True to train the image but no voice, Flexus only; default False. Fixed at creation."""
    audio_source_type: pulumi.Input[Literal["VIDEO", "AUDIO"]] | None = None
    """VIDEO (default): sound of the video; AUDIO: the archive given as ``audio``."""
    voice_properties: pulumi.Input[VoicePropertiesArgs] | None = None
    """Voice settings, Flexus only."""
    supported_service: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None
    """VIDEO_2D, LIVE_2D, CHAT_2D; default the first two; Flexus serves VIDEO_2D only."""
    app_user_id: pulumi.Input[str] | None = None
    """Your own sub-user id, visible ASCII, sent as X-App-UserId. Fixed at creation."""
    training_video: pulumi.Input[FileInput] | None = None
    """MP4, 1080p or 4K, landscape or portrait, 3 to 10 minutes."""
    action_video: pulumi.Input[FileInput] | None = None
    """Choreography video, same rules."""
    audio: pulumi.Input[FileInput] | None = None
    """Training audio as a zip archive, for ``audio_source_type`` AUDIO."""
    cover: pulumi.Input[FileInput] | None = None
    """Thumbnail picture."""
    id_card_image1: pulumi.Input[FileInput] | None = None
    """ID card, portrait side; the review fails without it, whitelisted tenants excepted."""
    id_card_image2: pulumi.Input[FileInput] | None = None
    """ID card, emblem side; likewise."""
    grant_file: pulumi.Input[FileInput] | None = None
    """Signed letter of authorisation; likewise."""
    pre_beauty_image: pulumi.Input[FileInput] | None = None
    """Picture before brightening."""
    post_beauty_image: pulumi.Input[FileInput] | None = None
    """Picture after brightening."""
    submit: pulumi.Input[bool] | None = None
    """False to upload without submitting for review; default True."""
    deletion_policy: pulumi.Input[Literal["retain-trained", "delete", "retain"]] | None = None
    """What destroy does with the job at the service: ``retain-trained`` (default) keeps one whose
    paid model exists and deletes any other, ``delete`` deletes, ``retain`` keeps."""
    existing_job_id: pulumi.Input[str] | None = None
    """Take over this job instead of making one; it is not touched."""
    triggers: pulumi.Input[Sequence[Any] | Mapping[str, Any]] | None = None
    """Any values: when they change, the job is submitted again (before training), or made anew."""
    expose_download_urls: pulumi.Input[bool] | None = None
    """True to have ``download_urls`` as a (secret) output; default False."""


class TrainingJob(Resource, module="metastudio", name="TrainingJob"):
    """A MetaStudio virtual-avatar training job.

    Creating it makes the job, uploads every given file to one-time URLs and submits it for
    review. When something fails after the job exists, the job is kept in state with what is
    ``pending``, ``up`` fails, and the next ``up`` goes on from there.

    Args:
        resource_name: the resource's name in the stack.
        args: the inputs; or give each as a keyword argument of the same name.
        opts: Pulumi's resource options.

    Example::

        TrainingJob(
            "anna",
            name="Anna",
            training_video="anna.mp4",
            id_card_image1="id-front.jpg",
            id_card_image2="id-back.jpg",
            grant_file="letter.pdf",
        )
    """

    job_id = LazyOutput[str]()
    """The job's id, also the resource's ``id``."""
    name = LazyOutput[str]()
    state = LazyOutput[str]()
    """The service's state, raw, for example ``MANUAL_VERIFYING``."""
    console_status = LazyOutput[str]()
    """The console's word for the state, for example ``Auto reviewing...``."""
    pending = LazyOutput[list[str]]()
    """Steps that are left, for example ``upload training_video``; empty when all is done."""
    failure = LazyOutput[dict[str, Any] | None]()
    """Why the review failed: reason, log_type, operate_time, error_code, redo_reasons."""
    fingerprints = LazyOutput[dict[str, str]]()
    """SHA-256 of each file that the service has confirmed."""
    download_urls = LazyOutput[dict[str, str] | None]()
    """URLs of the uploaded files, valid 24 hours, secret; with ``expose_download_urls`` only."""
    asset_id = LazyOutput[str | None]()
    """The model in the asset library; its presence alone does not mean that training is over."""
    project_id = LazyOutput[str | None]()
    create_time = LazyOutput[str | None]()
    last_update_time = LazyOutput[str | None]()
    contact = LazyOutput[str | None]()
    batch_name = LazyOutput[str | None]()
    tags = LazyOutput[list[str] | None]()
    model_version = LazyOutput[str | None]()
    matting_type = LazyOutput[str | None]()
    model_resolution = LazyOutput[str | None]()
    is_background_replacement = LazyOutput[bool | None]()
    is_ondemand_resource = LazyOutput[bool | None]()
    is_flexus = LazyOutput[bool | None]()
    is_fast_flexus = LazyOutput[bool | None]()
    is_live_copy = LazyOutput[bool | None]()
    is_only_human_model = LazyOutput[bool | None]()
    audio_source_type = LazyOutput[str | None]()
    voice_properties = LazyOutput[dict[str, Any] | None]()
    supported_service = LazyOutput[list[str] | None]()
    app_user_id = LazyOutput[str | None]()
    optional_training_location = LazyOutput[list[str] | None]()
    is_mask_file_uploaded = LazyOutput[bool | None]()
    worker_type = LazyOutput[list[str] | None]()
    beauty_level = LazyOutput[int | None]()
    voice_train_job_id = LazyOutput[str | None]()
    flexus_retry_count = LazyOutput[int | None]()
    allocated_resource = LazyOutput[dict[str, Any] | None]()
    train_video_rotation_state = LazyOutput[str | None]()
    action_video_rotation_state = LazyOutput[str | None]()

    @overload
    def __init__(
        self,
        resource_name: str,
        args: TrainingJobArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None: ...

    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        name: pulumi.Input[str] | None = None,
        contact: pulumi.Input[str] | None = None,
        batch_name: pulumi.Input[str] | None = None,
        tags: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        model_version: pulumi.Input[str] | None = None,
        is_background_replacement: pulumi.Input[bool] | None = None,
        is_ondemand_resource: pulumi.Input[bool] | None = None,
        is_flexus: pulumi.Input[bool] | None = None,
        is_fast_flexus: pulumi.Input[bool] | None = None,
        is_live_copy: pulumi.Input[bool] | None = None,
        is_only_human_model: pulumi.Input[bool] | None = None,
        audio_source_type: pulumi.Input[Literal["VIDEO", "AUDIO"]] | None = None,
        voice_properties: pulumi.Input[VoicePropertiesArgs] | None = None,
        supported_service: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        app_user_id: pulumi.Input[str] | None = None,
        training_video: pulumi.Input[FileInput] | None = None,
        action_video: pulumi.Input[FileInput] | None = None,
        audio: pulumi.Input[FileInput] | None = None,
        cover: pulumi.Input[FileInput] | None = None,
        id_card_image1: pulumi.Input[FileInput] | None = None,
        id_card_image2: pulumi.Input[FileInput] | None = None,
        grant_file: pulumi.Input[FileInput] | None = None,
        pre_beauty_image: pulumi.Input[FileInput] | None = None,
        post_beauty_image: pulumi.Input[FileInput] | None = None,
        submit: pulumi.Input[bool] | None = None,
        deletion_policy: pulumi.Input[Literal["retain-trained", "delete", "retain"]] | None = None,
        existing_job_id: pulumi.Input[str] | None = None,
        triggers: pulumi.Input[Sequence[Any] | Mapping[str, Any]] | None = None,
        expose_download_urls: pulumi.Input[bool] | None = None,
    ) -> None: ...

    def __init__(
        self,
        resource_name: str,
        args: TrainingJobArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Any,
    ) -> None:
        if args is not None and inputs:
            raise TypeError(
                f"TrainingJob '{resource_name}': give TrainingJobArgs or keywords, not both"
            )
        hide_interrupts()
        args = args or TrainingJobArgs(**inputs)
        opts = opts or pulumi.ResourceOptions()
        given = {field.name: getattr(args, field.name) for field in fields(args)}
        props: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        props |= {name: _location(props[name]) for name in _FILES if name in props}
        props |= dict.fromkeys(_ALWAYS)
        if "contact" in props:
            props["contact"] = pulumi.Output.secret(props["contact"])
        props["__urn"] = self._own_urn(resource_name, opts)
        props["__organization"] = pulumi.get_organization()
        # The engine ignores a changed path by itself; of a changed content it knows nothing.
        ignored = set(opts.ignore_changes or ())
        props["__ignored"] = [name for name in _FILES if name in ignored or "*" in ignored] or None
        secret = pulumi.ResourceOptions(additional_secret_outputs=_SECRET_OUTPUTS)
        super().__init__(
            TrainingJobProvider(), resource_name, props, pulumi.ResourceOptions.merge(opts, secret)
        )
        if not pulumi.runtime.is_dry_run():
            self._refuse_unfinished(resource_name)

    @staticmethod
    def get(
        resource_name: str,
        id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> TrainingJob:
        """Read an existing job into the program without managing it.

        Args:
            resource_name: the resource's name in the stack.
            id: the job's id.
            opts: Pulumi's resource options.
        """
        found = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        return TrainingJob(resource_name, TrainingJobArgs(), found)

    def _own_urn(self, resource_name: str, opts: pulumi.ResourceOptions) -> str | Awaitable[str]:
        """This resource's URN, which the engine gives to no provider; its log rows need it."""
        kind = f"pulumi-python:{self._resource_type_name}"
        prefix = f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::"
        parent = opts.parent
        if parent is None:
            return f"{prefix}{kind}::{resource_name}"

        async def under_parent() -> str:
            # The parent's URN as an Output would make this resource depend on its own child.
            above = str(await parent.urn.future()).split("::")[2]
            above = "" if above == "pulumi:pulumi:Stack" else f"{above}$"
            return f"{prefix}{above}{kind}::{resource_name}"

        return under_parent()

    def _refuse_unfinished(self, resource_name: str) -> None:
        """Make ``up`` fail, once the job is safe in state, when something is left to do."""

        def check(pending: list[str] | None) -> None:
            if pending:
                raise pulumi.RunError(
                    f"training job '{resource_name}' is not finished, left to do: "
                    f"{', '.join(pending)}; the job is kept in state, and the next up goes on "
                    "from there"
                )

        self.pending.apply(check)


def _location(value: Any) -> Any:
    """A file as plain text, or plain data: assets do not survive in a dynamic resource's state."""
    if isinstance(value, pulumi.Output):
        return value.apply(_plain_location)
    return _plain_location(value)


def _plain_location(value: Any) -> Any:
    if isinstance(value, pulumi.FileAsset):
        return str(value.path)
    if isinstance(value, pulumi.RemoteAsset):
        value = value.uri
    if isinstance(value, File):
        value = value.as_input()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    where = value.get("path") if isinstance(value, dict) else value
    # A query may be a signature; @ ends a password.
    secret = isinstance(where, str) and "://" in where and any(mark in where for mark in "?#@")
    return pulumi.Output.secret(value) if secret else value
