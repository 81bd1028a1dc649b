"""The commands that do not concern uploads."""

from __future__ import annotations

from typing import Any

import pytest

from ..clients import SUCCESS, Api, StartEmulator, error_of, put


@pytest.fixture
def whitelisted(start_emulator: StartEmulator) -> Api:
    return Api(start_emulator(tenant="NA"))


def failure_message(answer: dict[str, Any]) -> Any:
    assert answer["commond_result"] == "EXCUTE_FAILED"
    return answer["excute_failed_msg"]


def test_a_whitelisted_tenant_needs_no_documents_and_confirms(whitelisted: Api) -> None:
    urls = whitelisted.create()
    put(urls["training_video_upload_url"][0], b"video")
    job_id = urls["job_id"]
    assert whitelisted.command(job_id, "CONFIRM_MULTIPART_UPLOADED") == SUCCESS
    assert whitelisted.command(job_id, "SUBMITVERIFYING") == SUCCESS
    assert whitelisted.show(job_id)["state"] == "WAIT_USER_CONFIRM"
    assert whitelisted.command(job_id, "CONFIRM_ACCEPT") == SUCCESS
    assert whitelisted.show(job_id)["state"] == "JOB_FINISH"


def test_a_rejection_carries_comments_and_attachments(whitelisted: Api) -> None:
    job_id = whitelisted.submitted()
    comment = {"comment_title": "lips", "comment_message": "late", "attachment_name": ["a.png"]}
    answer = whitelisted.command(job_id, "CONFIRM_REJECT", comment_data=comment)
    (url,) = answer["attachment_upload_url"]
    assert put(url, b"picture").status_code == 200
    assert (
        whitelisted.command(job_id, "CONFIRM_ANSWER", comment_data={"comment_message": "more"})
        == SUCCESS
    )
    detail = whitelisted.show(job_id)
    assert detail["state"] == "JOB_REJECT"
    first, second = detail["comment_logs"]
    assert (first["comment_type"], first["comment_title"]) == ("USER_REJECT", "lips")
    assert len(first["attachment_download_url"]) == 1
    assert (second["comment_type"], second["attachment_download_url"]) == ("USER_COMMENT", [])
    assert whitelisted.emulator.control.step(job_id)["state"] == "TRAINING"


def test_a_suspended_job_resumes_in_its_earlier_state(whitelisted: Api) -> None:
    job_id = whitelisted.submitted()
    assert whitelisted.command(job_id, "CONFIRM_PENDING") == SUCCESS
    assert whitelisted.show(job_id)["state"] == "JOB_PENDING"
    assert whitelisted.command(job_id, "CONFIRM_ACTIVE") == SUCCESS
    assert whitelisted.show(job_id)["state"] == "WAIT_USER_CONFIRM"


@pytest.mark.parametrize(
    "command",
    ["CONFIRM_ACCEPT", "CONFIRM_REJECT", "CONFIRM_ANSWER", "CONFIRM_PENDING", "CONFIRM_ACTIVE"],
)
def test_ordinary_tenants_cannot_run_commands_of_whitelisted_ones(api: Api, command: str) -> None:
    job_id = api.submitted()
    assert "whitelisted" in failure_message(api.command(job_id, command))


def test_a_repair_starts_another_training(api: Api) -> None:
    job_id = api.submitted()
    assert api.command(job_id, "CONFIRM_REPAIR", operation_reason="blink") == SUCCESS
    detail = api.show(job_id)
    assert detail["state"] == "JOB_SUCCESS"
    (repair,) = (log for log in detail["operation_logs"] if log["log_type"] == "USER_REPAIR")
    assert repair["log_description"] == "blink"


def test_flexus_repairs_run_out(api: Api) -> None:
    job_id = api.submitted(is_flexus=True)
    left = api.show(job_id)["flexus_retry_count"]
    for _ in range(left):
        assert api.command(job_id, "CONFIRM_REPAIR") == SUCCESS
    assert api.show(job_id)["flexus_retry_count"] == 0
    assert "No retraining" in failure_message(api.command(job_id, "CONFIRM_REPAIR"))


def test_a_failed_command_is_an_http_200_answer(start_emulator: StartEmulator) -> None:
    api = Api(start_emulator(transitions="manual"))
    job_id = api.submitted()
    answer = api.command(job_id, "SUBMITVERIFYING")
    assert "AUTO_VERIFYING" in failure_message(answer)
    assert answer["error_info"].keys() == {"error_code", "error_msg"}


def test_the_authorization_letter_is_confirmed_once_uploaded(api: Api) -> None:
    urls = api.create()
    confirmed = api.command(urls["job_id"], "CONFIRM_AUTHORIZATION_LETTER")
    assert "not uploaded" in failure_message(confirmed)
    put(urls["grant_file_upload_url"], b"letter")
    assert api.command(urls["job_id"], "CONFIRM_AUTHORIZATION_LETTER") == SUCCESS


def test_videos_cannot_be_deleted_while_the_job_runs(start_emulator: StartEmulator) -> None:
    api = Api(start_emulator(transitions="manual"))
    assert "AUTO_VERIFYING" in failure_message(api.command(api.submitted(), "DELETE_JOB_VIDEO"))


@pytest.mark.parametrize("body", [{}, {"command": "DANCE"}, {"command": 1}, []])
def test_an_unknown_command_is_refused(api: Api, body: dict[str, Any] | list[Any]) -> None:
    job_id = api.create()["job_id"]
    answer = api.call("POST", f"/{job_id}/command", json=body)
    assert error_of(answer) == (400, "MSS.00000003")
