"""Commands beyond uploading: by state, and those of whitelisted tenants."""

import pytest


@pytest.fixture
def na(start, api_for):
    return api_for(start(tenant="NA"))


def ok(answer):
    assert answer["commond_result"] == "EXCUTE_SUCCESS", answer
    return answer


def failed(answer):
    assert answer["commond_result"] == "EXCUTE_FAILED"
    return answer["excute_failed_msg"]


def test_a_whitelisted_tenant_needs_no_documents_and_confirms(na, put):
    urls = na.create()
    put(urls["training_video_upload_url"][0], b"video")
    job_id = urls["job_id"]
    ok(na.command(job_id, "CONFIRM_MULTIPART_UPLOADED"))
    ok(na.command(job_id, "SUBMITVERIFYING"))
    assert na.show(job_id)["state"] == "WAIT_USER_CONFIRM"
    ok(na.command(job_id, "CONFIRM_ACCEPT"))
    assert na.show(job_id)["state"] == "JOB_FINISH"


def test_a_rejection_carries_comments_and_attachments(na, put):
    job_id = na.submitted()
    comment = {"comment_title": "lips", "comment_message": "late", "attachment_name": ["a.png"]}
    answer = ok(na.command(job_id, "CONFIRM_REJECT", comment_data=comment))
    (url,) = answer["attachment_upload_url"]
    assert put(url, b"picture").status_code == 200
    ok(na.command(job_id, "CONFIRM_ANSWER", comment_data={"comment_message": "more"}))
    detail = na.show(job_id)
    assert detail["state"] == "JOB_REJECT"
    first, second = detail["comment_logs"]
    assert (first["comment_type"], first["comment_title"]) == ("USER_REJECT", "lips")
    assert len(first["attachment_download_url"]) == 1
    assert (second["comment_type"], second["attachment_download_url"]) == ("USER_COMMENT", [])
    assert na.emulator.control.step(job_id)["state"] == "TRAINING"


def test_a_job_is_suspended_and_goes_on_where_it_was(na):
    job_id = na.submitted()
    ok(na.command(job_id, "CONFIRM_PENDING"))
    assert na.show(job_id)["state"] == "JOB_PENDING"
    ok(na.command(job_id, "CONFIRM_ACTIVE"))
    assert na.show(job_id)["state"] == "WAIT_USER_CONFIRM"


@pytest.mark.parametrize(
    "command",
    ["CONFIRM_ACCEPT", "CONFIRM_REJECT", "CONFIRM_ANSWER", "CONFIRM_PENDING", "CONFIRM_ACTIVE"],
)
def test_ordinary_tenants_have_no_such_command(api, command):
    job_id = api.submitted()
    assert "whitelisted" in failed(api.command(job_id, command))


def test_a_repair_trains_again(api):
    job_id = api.submitted()
    ok(api.command(job_id, "CONFIRM_REPAIR", operation_reason="blink"))
    detail = api.show(job_id)
    assert detail["state"] == "JOB_SUCCESS"
    (repair,) = (log for log in detail["operation_logs"] if log["log_type"] == "USER_REPAIR")
    assert repair["log_description"] == "blink"


def test_flexus_repairs_run_out(api):
    job_id = api.submitted(is_flexus=True)
    left = api.show(job_id)["flexus_retry_count"]
    for _ in range(left):
        ok(api.command(job_id, "CONFIRM_REPAIR"))
    assert api.show(job_id)["flexus_retry_count"] == 0
    assert "No retraining" in failed(api.command(job_id, "CONFIRM_REPAIR"))


def test_submitting_twice_fails_inside_a_successful_answer(start, api_for):
    api = api_for(start(transitions="manual"))
    job_id = api.submitted()
    answer = api.command(job_id, "SUBMITVERIFYING")
    assert "AUTO_VERIFYING" in failed(answer)
    assert answer["error_info"].keys() == {"error_code", "error_msg"}


def test_the_letter_is_confirmed_once_it_is_there(api, put):
    urls = api.create()
    failed(api.command(urls["job_id"], "CONFIRM_AUTHORIZATION_LETTER"))
    put(urls["grant_file_upload_url"], b"letter")
    ok(api.command(urls["job_id"], "CONFIRM_AUTHORIZATION_LETTER"))


def test_videos_stay_while_the_job_is_under_way(start, api_for):
    api = api_for(start(transitions="manual"))
    failed(api.command(api.submitted(), "DELETE_JOB_VIDEO"))


@pytest.mark.parametrize("body", [{}, {"command": "DANCE"}, {"command": 1}, []])
def test_an_unknown_command_is_refused(api, body):
    job_id = api.create()["job_id"]
    answer = api.call("POST", f"/{job_id}/command", json=body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "MSS.00000003")
