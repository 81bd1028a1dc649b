"""The wire's bodies: the vendor's own examples, and the vendor's own classes beside ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import huaweicloudsdkmetastudio.v1 as vendor
import pytest
from huaweicloudsdkcore.utils.http_utils import sanitize_for_serialization
from pydantic import BaseModel, ValidationError

from pulumi_metastudio.api import (
    Command,
    CommandAnswer,
    CommentData,
    CreateJob,
    JobDetail,
    JobPage,
    UpdateJob,
    UploadUrls,
    VoiceProperties,
    models,
)

EXAMPLES = Path(__file__).parent / "examples"


def example(name: str) -> dict[str, Any]:
    return dict(json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8")))


def test_the_documents_list_answer() -> None:
    page = JobPage.model_validate(example("list_answer"))
    assert (page.count, len(page.jobs)) == (101, 10)
    first, seventh = page.jobs[0], page.jobs[6]
    assert (first.job_id, first.state) == ("646682facddb4912976f19a4d61c6a91", "TRAINING")
    assert (first.tags, first.is_flexus, first.asset_id) == ([], None, None)
    assert seventh.batch_name == "234"
    # An asset id beside a failed step: its presence does not mean that training is over.
    assert (seventh.state, seventh.asset_id) == (
        "INFERENCE_DATA_PREPROCESS_FAILED",
        "22741ee4bc4130282835bdc2a4b4ac79",
    )


def test_the_documents_show_answer() -> None:
    detail = JobDetail.model_validate(example("show_answer"))
    assert (detail.name, detail.state) == ("测试名字", "MANUAL_VERIFYING")
    assert detail.verify_video_download_url is None  # "null" in the example
    assert detail.last_update_time is None  # missing in the example
    assert (detail.comment_logs, detail.is_mask_file_uploaded) == ([], False)
    assert [log.log_type for log in detail.operation_logs] == [
        "USER_CREATE_JOD",
        "SYSTEM_MARKABLE_VIDEO",
        "USER_VERIFYING_SUBMITTED",
        "SYSTEM_VERIFY_SUCCESS",
        "SYSTEM_MARKABLE_VIDEO_SUCCESS",
    ]


@pytest.mark.parametrize("name", ["create_answer", "create_answer_damaged"])
def test_the_documents_create_answers(name: str) -> None:
    answer = example(name)
    urls = UploadUrls.model_validate(answer)
    assert len(urls.training_video_upload_url) == 2
    assert urls.cover_upload_url == answer["cover_upload_url"]
    assert (urls.audio_upload_url, urls.action_video_upload_url) == (None, [])


def test_the_documents_create_request() -> None:
    answer = example("create_request")
    assert CreateJob.model_validate(answer).body() == answer


@pytest.mark.parametrize("nothing", [None, "null", "", "absent"])
def test_absent_alike(nothing: str | None) -> None:
    answer: dict[str, Any] = {"job_id": "j", "name": "n", "state": "TRAINING"}
    if nothing != "absent":
        fields = ("matting_type", "tags", "operation_logs", "allocated_resource")
        answer |= dict.fromkeys(fields, nothing)
        answer["is_flexus"] = nothing
    detail = JobDetail.model_validate(answer)
    assert (detail.matting_type, detail.tags, detail.is_flexus) == (None, None, None)
    assert (detail.operation_logs, detail.allocated_resource) == ([], None)


def test_what_people_choose_may_be_null() -> None:
    chosen = dict.fromkeys(("name", "batch_name", "contact", "app_user_id"), "null")
    job = {"job_id": "j", "state": "TRAINING", **chosen, "tags": ["null", "a"]}
    for found in (JobDetail.model_validate(job), JobPage.model_validate({"jobs": [job]}).jobs[0]):
        assert {name: getattr(found, name) for name in chosen} == chosen
        assert found.tags == ["null", "a"]


# A field, what the service sends, and what is read of it.
ODD: list[tuple[str, Any, Any]] = [
    ("samples", [{"recommended_value": 0.5, "action_tag": "a"}], [(None, "a")]),
    ("samples", [{"recommended_value": 2.0, "action_tag": 7}, "odd", None], [(2, "7")]),
    ("tags", [None, "a", 5, {}], ["a", "5"]),
    ("tags", [None], None),
    ("worker_type", "GPU", ["GPU"]),
    ("worker_type", {"a": 1}, None),
    ("operation_logs", [{"error_code": 44005901, "redo_reasons": "dark"}], [("44005901", "dark")]),
    ("operation_logs", "none", []),
    ("flexus_retry_count", "3", 3),
    ("beauty_level", "high", None),
    ("is_flexus", "sometimes", None),
    ("voice_properties", [], None),
    ("name", ["n"], ""),
    ("asset_id", 12, "12"),
    ("asset_id", True, None),
    ("create_time", "\ud800", "?"),
]


@pytest.mark.parametrize(("name", "answer", "expected"), ODD)
def test_a_field_of_another_type_hides_no_other(name: str, answer: Any, expected: Any) -> None:
    job = {"job_id": "j", "name": "n", "state": "TRAINING", "matting_type": "AI", name: answer}
    found = JobDetail.model_validate(job)
    assert (found.state, found.matting_type) == ("TRAINING", "AI")
    read = getattr(found, name)
    if name == "samples":
        read = [(sample.recommended_value, sample.action_tag) for sample in read]
    if name == "operation_logs":
        read = [(log.error_code, *(log.redo_reasons or [])) for log in read]
    assert read == expected


def test_a_url_for_another_part_is_never_read_as_one_for_this() -> None:
    answer = {"job_id": "j", "training_video_upload_url": ["https://e/1", None, "https://e/3"]}
    assert UploadUrls.model_validate(answer).training_video_upload_url == []
    answer["training_video_upload_url"] = "https://e/1"
    assert UploadUrls.model_validate(answer).training_video_upload_url == ["https://e/1"]


def test_a_part_without_a_number_hides_no_other() -> None:
    parts = [{"etag": "a"}, {"part_number": "x"}, {"part_number": "2", "etag": 5}, None]
    (part,) = CommandAnswer.model_validate({"multipart_data": parts}).multipart_data
    assert (part.part_number, part.etag) == (2, "5")


@pytest.mark.parametrize("answer", [{"count": "many"}, {"jobs": [{"job_id": "j"}]}, {"jobs": "j"}])
def test_a_page_that_would_hide_a_job_is_refused(answer: Any) -> None:
    with pytest.raises(ValidationError):
        JobPage.model_validate(answer)


@pytest.mark.parametrize(
    "text",
    [
        '{"commond_result": "EXCUTE_SUCCESS"}',
        '{"commond_result": "EXCUTE_SUCCESS", "multipart_data": null}',
        '{"commond_result": "EXCUTE_SUCCESS", "multipart_data": []}',
    ],
)
def test_no_parts(text: str) -> None:
    answer = CommandAnswer.model_validate_json(text)
    assert (answer.succeeded, answer.multipart_data) == (True, [])


@pytest.mark.parametrize("result", ["EXCUTE_FAILED", "", None, "excute_success", "SUCCESS"])
def test_anything_else_than_success_is_a_failure(result: str | None) -> None:
    assert not CommandAnswer.model_validate({"commond_result": result}).succeeded


def test_unknown_fields_and_values_are_passed_over() -> None:
    detail = JobDetail.model_validate(
        {
            "job_id": "j",
            "name": "n",
            "state": "A_STATE_OF_NEXT_YEAR",
            "a_field_of_next_year": {"deep": [1]},
            "matting_type": "PSYCHIC",
            "operation_logs": [{"log_type": "NEW", "more": 1}],
        }
    )
    assert (detail.state, detail.matting_type) == ("A_STATE_OF_NEXT_YEAR", "PSYCHIC")
    assert detail.operation_logs[0].log_type == "NEW"


def test_a_job_without_a_usable_name_hides_no_other() -> None:
    page = JobPage.model_validate(
        {
            "count": 2,
            "jobs": [
                {"job_id": "a", "name": "null", "state": "TRAINING"},
                {"job_id": "b", "name": "b", "state": "TRAINING"},
            ],
        }
    )
    assert [job.job_id for job in page.jobs] == ["a", "b"]


def test_part_numbers_are_text_on_the_wire() -> None:
    answer = CommandAnswer.model_validate(
        {"multipart_data": [{"part_number": "10", "etag": '"ab"'}, {"part_number": "2"}]}
    )
    assert [(part.part_number, part.etag) for part in answer.multipart_data] == [
        (10, '"ab"'),
        (2, None),
    ]


@pytest.mark.parametrize("shape", ["a list of items", "one flat item"])
def test_both_shapes_of_action_marks(shape: str) -> None:
    item = {"action_start_time": "00:00:01.000", "action_type": "SILENCE"}
    answer = {"action_info": [item]} if shape == "a list of items" else item
    found = models.InferenceActionMarkInfo.model_validate(answer)
    first = found.action_info[0] if found.action_info else found
    assert (first.action_start_time, first.action_type) == ("00:00:01.000", "SILENCE")


@pytest.mark.parametrize("answer", [{}, {"job_id": "j", "name": "n"}, [], "text", None])
def test_what_is_not_a_job(answer: object) -> None:
    with pytest.raises(ValidationError):
        JobDetail.model_validate(answer)


@pytest.mark.parametrize("kind", [CreateJob, UpdateJob, Command])
def test_requests_are_strict(kind: type[BaseModel]) -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        kind.model_validate({"name": "n", "command": "c", "matting_type": "AI"})


# Each vendor class, our class, and what ours has besides: fields of documents that the vendor's
# present client no longer knows.
VENDOR_CLASSES = [
    ("Create2dModelTrainingJobReq", "CreateJob", set()),
    ("Update2dModelTrainingJobReq", "UpdateJob", set()),
    ("Execute2dModelTrainingCommandByUserReq", "Command", set()),
    ("CommentData", "CommentData", set()),
    ("VoiceProperties", "VoiceProperties", set()),
    ("VoiceProperties", "VoicePropertiesAnswer", set()),
    ("ActionBasicSampleInfo", "ActionBasicSampleInfo", set()),
    ("Create2dModelTrainingJobResponse", "UploadUrls", set()),
    ("Update2dModelTrainingJobResponse", "UploadUrls", set()),
    ("Execute2dModelTrainingCommandByUserResponse", "CommandAnswer", set()),
    ("MultipartUploadInfo", "UploadedPart", set()),
    ("ErrorResponse", "_ErrorInfo", set()),
    ("List2dModelTrainingJobResponse", "JobPage", set()),
    ("TrainingJobBasicInfo", "Job", set()),
    ("Show2dModelTrainingJobResponse", "JobDetail", {"beauty_level"}),
    ("OperationLogInfo", "OperationLogInfo", set()),
    ("VerifyVideoMattingInfo", "VerifyVideoMattingInfo", set()),
    ("CommentLogInfo", "CommentLogInfo", set()),
    ("ActionSampleInfo", "ActionSampleInfo", set()),
    ("TrainingVideoMarkInfo", "TrainingVideoMarkInfo", set()),
    ("InferenceVideoMarkInfo", "InferenceVideoMarkInfo", set()),
    ("ActionMarkItem", "ActionMarkItem", set()),
    (
        "InferenceActionMarkInfo",
        "InferenceActionMarkInfo",
        {"action_start_time", "action_end_time", "action_type"},
    ),
    ("InferenceEyeCorrectionMarkInfo", "InferenceEyeCorrectionMarkInfo", set()),
    ("TrainingAllocatedResource", "TrainingAllocatedResource", set()),
    ("SubTrainingJobInfoDto", "SubTrainingJobInfo", set()),
]


@pytest.mark.parametrize(("theirs", "ours", "besides"), VENDOR_CLASSES)
def test_fields_are_the_vendor_clients(theirs: str, ours: str, besides: set[str]) -> None:
    expected = set(getattr(vendor, theirs).attribute_map.values()) - {"X-Request-Id"}
    assert set(getattr(models, ours).model_fields) == expected | besides


def test_a_full_create_request_is_what_the_vendor_client_sends() -> None:
    fields: dict[str, Any] = {
        "name": "Anna 安娜",
        "contact": "13800000000",
        "command_message": "UPLOAD_VIDEO",
        "video_multipart_count": 3,
        "action_video_multipart_count": 1,
        "is_background_replacement": False,
        "batch_name": "b",
        "tags": ["a,b", "c"],
        "model_version": "V3.2",
        "is_ondemand_resource": True,
        "is_flexus": True,
        "is_fast_flexus": False,
        "is_live_copy": False,
        "is_only_human_model": True,
        "audio_source_type": "AUDIO",
        "supported_service": ["VIDEO_2D"],
    }
    voice = {"job_tag": "NEWS", "sex": "MALE", "language": "CN"}
    theirs = vendor.Create2dModelTrainingJobReq(
        **fields, voice_properties=vendor.VoiceProperties(**voice)
    )
    ours = CreateJob(**fields, voice_properties=VoiceProperties(**voice))
    assert ours.body() == sanitize_for_serialization(theirs)
    assert set(ours.body()) == set(CreateJob.model_fields)


def test_an_update_request_is_what_the_vendor_client_sends() -> None:
    sample = {"action_tag": "wave", "is_selected": False, "recommended_value": 3}
    fields: dict[str, Any] = {"name": "n", "tags": [], "contact": "", "is_fast_flexus": False}
    theirs = vendor.Update2dModelTrainingJobReq(
        **fields, samples_basic_info=[vendor.ActionBasicSampleInfo(**sample)]
    )
    ours = UpdateJob.model_validate({**fields, "samples_basic_info": [sample]})
    assert ours.body() == sanitize_for_serialization(theirs)


def test_a_command_is_what_the_vendor_client_sends() -> None:
    comment = {"comment_title": "t", "comment_message": "m", "attachment_name": ["a.png"]}
    fields = {"command": "CONFIRM_REJECT", "command_message": "UPLOAD_VIDEO"}
    theirs = vendor.Execute2dModelTrainingCommandByUserReq(
        **fields, comment_data=vendor.CommentData(**comment), operation_reason="r"
    )
    ours = Command(**fields, comment_data=CommentData(**comment), operation_reason="r")
    assert ours.body() == sanitize_for_serialization(theirs)


def test_what_was_never_set_is_not_sent() -> None:
    assert CreateJob(name="n").body() == {"name": "n"}
    assert UpdateJob().body() == {}


def test_repr_hides_personal_data_and_urls() -> None:
    urls = {
        name: ["https://e/s?Signature=secret"] if "video_upload" in name else "https://e/secret"
        for name in {*JobDetail.model_fields, *UploadUrls.model_fields}
        if name.endswith("_url")
    }
    answer = {**urls, "job_id": "j", "name": "n", "state": "s", "contact": "secret-phone"}
    for shown in (
        repr(JobDetail.model_validate({n: v for n, v in answer.items() if "_video_up" not in n})),
        repr(UploadUrls.model_validate(answer)),
        repr(CreateJob(name="n", contact="secret-phone")),
        repr(UpdateJob(name="n", contact="secret-phone")),
        repr(models.ActionSampleInfo(sample_download_url="https://e/secret")),
        repr(models.CommentLogInfo(attachment_download_url=["https://e/secret"])),
        repr(CommandAnswer(attachment_upload_url=["https://e/secret"])),
        str(JobPage.model_validate(example("list_answer"))),
    ):
        assert "secret" not in shown
        assert "https:" not in shown
        assert "13800138000" not in shown
