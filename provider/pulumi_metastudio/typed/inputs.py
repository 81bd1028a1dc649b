"""The inputs of a ``TrainingJob``, each once: its name, its type, its text.

A keyword ``**inputs: Unpack[...]`` of a typed dictionary (PEP 692) takes names, types and texts
from here. What a checker is to require stands in overloads of ``__new__``, since an editor shows
no text for keywords of an overloaded ``__init__``; at run time a missing name is the check's to
tell, in one line.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import make_dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypedDict, Union, overload

import pulumi
from typing_extensions import NotRequired, Self, Unpack

from ..file import File

if TYPE_CHECKING:
    from dataclasses import Field

#: A file: a local path (relative to the program's folder), a FileAsset, or a URL that is
#: streamed through: text with a scheme, or a RemoteAsset; or a File, with its digest.
FileInput = Union[str, "os.PathLike[str]", pulumi.FileAsset, pulumi.RemoteAsset, File]


class VoicePropertiesArgs(TypedDict):
    """Voice settings, of the Flexus edition only; all three are required."""

    job_tag: pulumi.Input[Literal["ECOMMERCE", "NEWS", "MARKETING"]]
    sex: pulumi.Input[Literal["FEMALE", "MALE"]]
    language: pulumi.Input[Literal["CN", "EN"]]


class SharedInputs(TypedDict, total=False):
    """Inputs that several jobs may have alike: all but ``name`` and ``existing_job_id``.

    What is left out, or None, the service defaults. The lines below name each default and limit;
    their source is the vendor's page "Creating a Virtual Avatar Model Training Task" (2025-12-08),
    lengths are from its PHP client.
    """

    contact: pulumi.Input[str | None]
    """The creator's mobile number, at most 64 characters. Personal data: always secret."""
    batch_name: pulumi.Input[str | None]
    """Batch label, 1 to 256 characters."""
    tags: pulumi.Input[Sequence[pulumi.Input[str]] | None]
    """Labels, to filter lists by."""
    model_version: pulumi.Input[Literal["V3.2", "V3.3", "V3", "V2"] | None]
    """V3.2 (default) or V3.3 (ultra-fast Flexus); V3 and V2 are deprecated. Fixed at creation."""
    is_background_replacement: pulumi.Input[bool | None]
    """True (default) when the background will be replaced: film before a green screen."""
    is_ondemand_resource: pulumi.Input[bool | None]
    """True for an on-demand job; default False. Fixed at creation."""
    is_flexus: pulumi.Input[bool | None]
    """True for the basic (Flexus) edition; default False. Fixed at creation."""
    is_fast_flexus: pulumi.Input[bool | None]
    """True for the ultra-fast Flexus edition; default False."""
    is_live_copy: pulumi.Input[bool | None]
    """True for a livestream avatar; default False. Fixed at creation."""
    is_only_human_model: pulumi.Input[bool | None]
    """True to train the image but no voice, Flexus only; default False. Fixed at creation."""
    audio_source_type: pulumi.Input[Literal["VIDEO", "AUDIO"] | None]
    """VIDEO (default): sound of the video; AUDIO: the archive given as ``audio``."""
    voice_properties: pulumi.Input[VoicePropertiesArgs | None]
    """Voice settings, Flexus only."""
    supported_service: pulumi.Input[
        Sequence[pulumi.Input[Literal["VIDEO_2D", "LIVE_2D", "CHAT_2D"]]] | None
    ]
    """VIDEO_2D, LIVE_2D, CHAT_2D; default the first two; Flexus serves VIDEO_2D only."""
    app_user_id: pulumi.Input[str | None]
    """Your own sub-user id, visible ASCII, sent as X-App-UserId. Fixed at creation."""
    training_video: pulumi.Input[FileInput | None]
    """MP4, 1080p or 4K, landscape or portrait, 3 to 10 minutes."""
    action_video: pulumi.Input[FileInput | None]
    """Choreography video, same rules."""
    audio: pulumi.Input[FileInput | None]
    """Training audio as a zip archive, for ``audio_source_type`` AUDIO."""
    cover: pulumi.Input[FileInput | None]
    """Thumbnail picture."""
    id_card_image1: pulumi.Input[FileInput | None]
    """ID card, portrait side; the review fails without it, whitelisted tenants excepted."""
    id_card_image2: pulumi.Input[FileInput | None]
    """ID card, emblem side; likewise."""
    grant_file: pulumi.Input[FileInput | None]
    """Signed letter of authorisation; likewise."""
    pre_beauty_image: pulumi.Input[FileInput | None]
    """Picture before brightening."""
    post_beauty_image: pulumi.Input[FileInput | None]
    """Picture after brightening."""
    submit: pulumi.Input[bool | None]
    """False to upload without submitting for review; default True."""
    deletion_policy: pulumi.Input[Literal["retain-trained", "delete", "retain"] | None]
    """What destroy does with the job at the service: ``retain-trained`` (default) keeps one whose
    paid model exists and deletes any other, ``delete`` deletes, ``retain`` keeps."""
    triggers: pulumi.Input[Sequence[Any] | Mapping[str, Any] | None]
    """Any values: when they change, the job is submitted again (before training), or made anew."""
    expose_download_urls: pulumi.Input[bool | None]
    """True to have ``download_urls`` as a (secret) output; default False."""
    account: pulumi.Input[str | None]
    """The account whose job it is: its keys are ``metastudio-ACCOUNT:accessKey`` … in the stack's
    configuration; by default those of ``metastudio:``. Another project means a new job."""


class AnyInputs(SharedInputs, total=False):
    """All inputs; which of them a job needs, ``__new__`` says."""

    name: pulumi.Input[str | None]
    """Model name, and its name in the asset library; 1 to 256 characters. Required, but for a job
    that is taken over."""
    existing_job_id: pulumi.Input[str | None]
    """Take over this job instead of making one; it is not touched."""


class NewJobInputs(SharedInputs):
    """What a job needs that is made; the texts are those of ``AnyInputs``."""

    name: pulumi.Input[str]
    existing_job_id: NotRequired[pulumi.Input[str | None]]


class ExistingJobInputs(SharedInputs):
    """What a job needs that is taken over; it has a name."""

    existing_job_id: pulumi.Input[str]
    name: NotRequired[pulumi.Input[str | None]]


#: The names of all inputs.
INPUTS: tuple[str, ...] = tuple(AnyInputs.__annotations__)

if TYPE_CHECKING:

    class _Fields:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

        def __getattr__(self, name: str) -> Any: ...

        def __setattr__(self, name: str, value: Any) -> None: ...

else:
    # A dataclass, for fields() and replace(); its repr would show the contact.
    _Fields = make_dataclass("_Fields", [(n, Any, None) for n in INPUTS], init=False, repr=False)


class _Args(_Fields):
    def __init__(self, **inputs: Unpack[AnyInputs]) -> None:
        refuse_unknown_inputs("TrainingJobArgs", inputs)
        vars(self).update({**dict.fromkeys(INPUTS), **inputs})


class TrainingJobArgs(_Args):
    """The inputs of a ``TrainingJob`` as one object: keywords, and attributes of the same names.

    Raises:
        pulumi.RunError: one of them is no input, in one line.
    """

    if TYPE_CHECKING:

        @overload
        def __new__(cls, **inputs: Unpack[NewJobInputs]) -> Self: ...

        @overload
        def __new__(cls, **inputs: Unpack[ExistingJobInputs]) -> Self: ...

        def __new__(cls, **inputs: Any) -> Self: ...


def refuse_unknown_inputs(label: str, names: Iterable[str]) -> None:
    """Where no type checker has looked.

    Raises:
        pulumi.RunError: one of the names is no input's; the line begins with the label.
    """
    for name in names:
        if name not in INPUTS:
            from ..manifest import unknown_input

            raise pulumi.RunError(f"{label}: {unknown_input(name)}")
