"""How a submitted job changes its state, in each mode."""

from __future__ import annotations

import re

import pytest

from ..clients import Api, StartEmulator, put

PATH = [
    "AUTO_VERIFYING",
    "MANUAL_VERIFYING",
    "MANUAL_VERIFY_SUCCESS",
    "WAIT_TRAINING_DATA_PREPROCESS",
    "TRAINING_DATA_PREPROCESSING",
    "TRAINING_DATA_PREPROCESS_SUCCESS",
    "TRAINING",
    "TRAIN_SUCCESS",
    "INFERENCE_DATA_PREPROCESSING",
    "WAIT_COMPILE",
    "COMPILING",
    "WAIT_ASSET_SYNC",
    "JOB_SUCCESS",
]


def test_immediate_leads_to_success(api: Api) -> None:
    detail = api.show(api.submitted())
    assert detail["state"] == "JOB_SUCCESS"
    assert detail["asset_id"]
    assert detail["allocated_resource"]["charge_mode"] == "ONE_TIME"


def test_the_operation_log_starts_as_documented(start_emulator: StartEmulator) -> None:
    api = Api(start_emulator(transitions="manual"))
    job_id = api.submitted()
    api.emulator.control.step(job_id)
    log = api.show(job_id)["operation_logs"]
    assert [entry["log_type"] for entry in log] == [
        "USER_CREATE_JOD",
        "SYSTEM_MARKABLE_VIDEO",
        "USER_VERIFYING_SUBMITTED",
        "SYSTEM_VERIFY_SUCCESS",
        "SYSTEM_MARKABLE_VIDEO_SUCCESS",
    ]
    assert [entry["operate_user"] for entry in log] == ["USER", "SYSTEM", "USER", *["SYSTEM"] * 2]
    assert all(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry["operate_time"]) for entry in log
    )
    assert api.show(job_id)["markable_video_download_url"].startswith("http")


@pytest.mark.parametrize("missing", ["id_card_image1", "id_card_image2", "grant_file"])
def test_the_automatic_review_fails_without_documents(api: Api, missing: str) -> None:
    urls = api.create()
    put(urls["training_video_upload_url"][0], b"video")
    for name in {"id_card_image1", "id_card_image2", "grant_file"} - {missing}:
        put(urls[f"{name}_upload_url"], b"x")
    api.command(urls["job_id"], "CONFIRM_MULTIPART_UPLOADED")
    assert api.command(urls["job_id"], "SUBMITVERIFYING")["commond_result"] == "EXCUTE_SUCCESS"
    detail = api.show(urls["job_id"])
    assert detail["state"] == "AUTO_VERIFY_FAILED"
    last = detail["operation_logs"][-1]
    assert (last["log_type"], last["operate_user"]) == ("SYSTEM_VERIFY_FAILED", "SYSTEM")
    assert missing in last["log_description"]


def test_the_automatic_review_fails_without_announced_audio(api: Api) -> None:
    assert api.show(api.submitted(audio_source_type="AUDIO"))["state"] == "AUTO_VERIFY_FAILED"


def test_a_failed_job_can_be_corrected_and_submitted_again(api: Api) -> None:
    job_id = api.submitted(audio_source_type="AUDIO")
    put(api.update(job_id)["audio_upload_url"], b"zip", "application/zip")
    assert api.command(job_id, "CONFIRM_MULTIPART_UPLOADED")["commond_result"] == "EXCUTE_SUCCESS"
    assert api.command(job_id, "SUBMITVERIFYING")["commond_result"] == "EXCUTE_SUCCESS"
    assert api.show(job_id)["state"] == "JOB_SUCCESS"


def test_manual_changes_the_state_by_steps_only(start_emulator: StartEmulator) -> None:
    api = Api(start_emulator(transitions="manual"))
    job_id = api.submitted()
    seen = [api.show(job_id)["state"]]
    while seen[-1] != "JOB_SUCCESS":
        seen.append(api.emulator.control.step(job_id)["state"])
    assert seen == PATH
    assert api.emulator.control.step(job_id)["state"] == "JOB_SUCCESS"


def test_several_steps_at_once(start_emulator: StartEmulator) -> None:
    api = Api(start_emulator(transitions="manual"))
    job_id = api.submitted()
    assert api.emulator.control.step(job_id, 6)["state"] == "TRAINING"


def test_reads_change_the_state_after_each_full_count(start_emulator: StartEmulator) -> None:
    api = Api(start_emulator(transitions="reads:2"))
    job_id = api.submitted()
    seen = [api.show(job_id)["state"] for _ in range(3)] + [api.list()["jobs"][0]["state"]]
    assert seen == [PATH[0], PATH[0], PATH[1], PATH[1]]
    assert api.show(job_id)["state"] == PATH[2]


def test_time_changes_the_state_of_every_job(start_emulator: StartEmulator) -> None:
    api = Api(start_emulator(transitions="time:60"))
    jobs = [api.submitted(), api.submitted()]
    assert [api.show(job_id)["state"] for job_id in jobs] == [PATH[0]] * 2
    api.emulator.control.advance(61)
    assert [job["state"] for job in api.list(state=PATH[1])["jobs"]] == [PATH[1]] * 2
    api.emulator.control.advance(5 * 60)
    assert api.show(jobs[0])["state"] == PATH[6]
    api.emulator.control.advance(24 * 3600)
    assert api.show(jobs[0])["state"] == "JOB_SUCCESS"


def test_timed_steps_are_logged_with_the_time_they_were_due(start_emulator: StartEmulator) -> None:
    api = Api(start_emulator(transitions="time:3600"))
    job_id = api.submitted()
    api.emulator.control.advance(10 * 3600)
    log = api.show(job_id)["operation_logs"]
    hours = [entry["operate_time"][:13] for entry in log if "TRAIN" in entry["log_type"]]
    assert len(set(hours)) == len(hours)


def test_real_time_changes_the_state(start_emulator: StartEmulator) -> None:
    api = Api(start_emulator(transitions="time:0.01"))
    job_id = api.submitted()
    # A limit on the number of requests serves as a limit on time.
    assert any(api.show(job_id)["state"] == "JOB_SUCCESS" for _ in range(1000))


def test_a_state_set_by_control_remains(api: Api) -> None:
    job_id = api.submitted()
    api.emulator.control.set_state(job_id, "TRAINING")
    assert api.show(job_id)["state"] == "TRAINING"


def test_a_reviewers_reason_is_in_the_operation_log(api: Api) -> None:
    job_id = api.submitted()
    api.emulator.control.set_state(
        job_id,
        "MANUAL_VERIFY_FAILED",
        reason="the face is covered",
        error_code="44005901",
        redo_reasons=["FACE"],
    )
    detail = api.show(job_id)
    assert detail["state"] == "MANUAL_VERIFY_FAILED"
    entry = detail["operation_logs"][-1]
    del entry["operate_time"]
    assert entry == {
        "log_type": "ADMIN_VERIFY_FAILED",
        "log_description": "the face is covered",
        "error_code": "44005901",
        "redo_reasons": ["FACE"],
        "operate_user": "ADMIN",
    }


@pytest.mark.parametrize(
    "text", ["", "time", "time:", "time:0", "time:-1", "time:inf", "time:nan", "reads:0.5"]
)
def test_invalid_transitions_are_refused(start_emulator: StartEmulator, text: str) -> None:
    with pytest.raises(ValueError, match="not one of"):
        start_emulator(transitions=text)
