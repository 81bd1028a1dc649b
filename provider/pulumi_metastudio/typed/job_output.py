"""``JobOutput``: a job that was looked up or waited for, as an output with typed fields."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pulumi

from ..sdk.lazy_output import LazyOutput
from .fields import JobFields

if TYPE_CHECKING:
    from pydantic import BaseModel

    from ..api import JobDetail, models


class JobOutput(JobFields, pulumi.Output["JobDetail"]):
    """A job's detail as an output.

    It holds a phone number and URLs that are bearer secrets, so it is secret as a whole, and so
    is what ``apply`` makes of it. A field that holds neither, such as ``job.state``, is not.
    Every ``*_url`` is valid for 24 hours.
    """

    if TYPE_CHECKING:
        # Any output takes any name; of this one it is known which names mean something.
        __getattr__: None  # type: ignore[assignment, misc]

    cover_download_url: LazyOutput[str | None] = LazyOutput()
    training_video_download_url: LazyOutput[str | None] = LazyOutput()
    id_card_image1_download_url: LazyOutput[str | None] = LazyOutput()
    id_card_image2_download_url: LazyOutput[str | None] = LazyOutput()
    grant_file_download_url: LazyOutput[str | None] = LazyOutput()
    pre_beauty_image_download_url: LazyOutput[str | None] = LazyOutput()
    post_beauty_image_download_url: LazyOutput[str | None] = LazyOutput()
    action_video_download_url: LazyOutput[str | None] = LazyOutput()
    audio_file_download_url: LazyOutput[str | None] = LazyOutput()
    external_action_json_data_download_url: LazyOutput[str | None] = LazyOutput()
    action_mark_file_download_url: LazyOutput[str | None] = LazyOutput()
    action_mark_file_upload_url: LazyOutput[str | None] = LazyOutput()
    mask_file_download_url: LazyOutput[str | None] = LazyOutput()
    verify_video_download_url: LazyOutput[str | None] = LazyOutput()
    markable_video_download_url: LazyOutput[str | None] = LazyOutput()
    markable_action_video_download_url: LazyOutput[str | None] = LazyOutput()
    operation_logs: LazyOutput[list[models.OperationLogInfo]] = LazyOutput()
    """The job's history, in order."""
    verify_video_matting_info: LazyOutput[list[models.VerifyVideoMattingInfo] | None] = LazyOutput()
    comment_logs: LazyOutput[list[models.CommentLogInfo] | None] = LazyOutput()
    """The dialogue with the reviewers."""
    samples: LazyOutput[list[models.ActionSampleInfo] | None] = LazyOutput()
    traning_video_mark_info: LazyOutput[models.TrainingVideoMarkInfo | None] = LazyOutput()
    inference_data_process_video_mark_info: LazyOutput[models.InferenceVideoMarkInfo | None] = (
        LazyOutput()
    )
    inference_data_process_action_mark_info: LazyOutput[models.InferenceActionMarkInfo | None] = (
        LazyOutput()
    )
    inference_data_process_chat_action_mark_info: LazyOutput[
        models.InferenceActionMarkInfo | None
    ] = LazyOutput()
    inference_data_process_eye_correction_mark_info: LazyOutput[
        models.InferenceEyeCorrectionMarkInfo | None
    ] = LazyOutput()
    voice_properties: LazyOutput[models.VoicePropertiesAnswer | None] = LazyOutput()
    allocated_resource: LazyOutput[models.TrainingAllocatedResource | None] = LazyOutput()
    """The paid resource the training used."""
    sub_training_job_info: LazyOutput[list[models.SubTrainingJobInfo] | None] = LazyOutput()

    @classmethod
    def of(cls, detail: pulumi.Output[JobDetail]) -> JobOutput:
        """The same output, secret, as one of this class."""
        output = cls.__new__(cls)
        # What an output consists of, and how one is made, differs with the SDK's version.
        vars(output).update(vars(pulumi.Output.secret(typing.cast(Any, detail))))
        return output

    def _output_of(self, name: str) -> pulumi.Output[Any]:
        field: pulumi.Output[Any] = super().__getattr__(name)
        return pulumi.Output.unsecret(field) if _is_public(name) else field


def _is_public(name: str) -> bool:
    """Whether a field of the detail can hold neither personal data nor a URL."""
    from ..api import JobDetail

    return name in JobDetail.model_fields and name not in private_fields(JobDetail)


def private_fields(model: type[BaseModel]) -> set[str]:
    """The fields that a model keeps out of its ``repr()``, or that hold such fields."""
    return {
        name
        for name, field in model.model_fields.items()
        if not field.repr or any(private_fields(inner) for inner in models_in(field.annotation))
    }


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    from pydantic import BaseModel

    arguments = typing.get_args(annotation)
    for argument in arguments:
        yield from models_in(argument)
    # Python 3.10 takes list[str] for a class.
    if not arguments and isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
