"""Changes to a job that exists, brought about without a new one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.errors import AnswerLost, JobRefusal
from pulumi_metastudio.lifecycle import Context, Outcome, create, diff, read, update

from .job_checks import ID_FILES, assert_settled, rewrite, state_of, stored, uploads

Check = Callable[..., dict[str, Any]]
Files = dict[str, str]


@pytest.mark.parametrize("state", ["AUTO_VERIFY_FAILED", "MANUAL_VERIFY_FAILED"])
def test_a_field_after_a_failed_review(
    state: str, service: Emulator, context: Context, inputs: dict[str, Any], made: Outcome
) -> None:
    service.control.set_state(made.job_id, state, reason="blurred")
    old = read(context, made.job_id, made.outputs)
    assert old is not None
    assert old["failure"]["reason"] == "blurred"
    now = {**inputs, "name": "m"}
    outcome = update(context, made.job_id, old, now)
    assert_settled(outcome, now)
    fields = service.control.job(made.job_id)["fields"]
    # Whatever was left out might have been reset.
    assert (fields["name"], fields["contact"]) == ("m", "138")
    assert stored(service, made.job_id) == inputs["__fingerprints"]
    assert len(service.control.jobs()) == 1


def test_fields_that_are_declared_no_longer(
    service: Emulator, context: Context, inputs: dict[str, Any]
) -> None:
    before = {**inputs, "tags": ["a"], "is_background_replacement": False}
    made = create(context, before)
    service.control.set_state(made.job_id, "AUTO_VERIFY_FAILED")
    old = read(context, made.job_id, made.outputs)
    assert old is not None
    now = {n: v for n, v in inputs.items() if n != "contact"}
    outcome = update(context, made.job_id, old, now)
    assert_settled(outcome, now)
    fields = service.control.job(made.job_id)["fields"]
    assert (fields["contact"], fields["tags"]) == ("", [])
    assert fields["is_background_replacement"] is True


@pytest.mark.parametrize(
    ("edited", "message"),
    [("training_video", "UPDATE_VIDEO"), ("action_video", "GET_ACTION_VIDEO_MULTIPART")],
)
def test_the_service_is_told_what_the_upload_is_for(
    edited: str,
    message: str,
    service: Emulator,
    context: Context,
    files: Files,
    inputs: dict[str, Any],
    checked: Check,
) -> None:
    names = {*ID_FILES, "action_video"}
    declared = {"name": "n", **{name: files[name] for name in names}}
    made = create(context, checked(**declared))
    messages = service.control.job(made.job_id)["command_messages"]
    assert "create" not in messages  # UPLOAD_VIDEO is the service's default
    assert messages["CONFIRM_ACTION_VIDEO_MULTIPART_UPLOADED"] == "CONFIRM_ACTION_VIDEO"
    service.control.set_state(made.job_id, "AUTO_VERIFY_FAILED")
    old = read(context, made.job_id, made.outputs)
    assert old is not None
    rewrite(files[edited])
    now = checked(**declared)
    outcome = update(context, made.job_id, old, now)
    assert_settled(outcome, now)
    assert stored(service, made.job_id) == now["__fingerprints"]
    assert service.control.job(made.job_id)["command_messages"]["update"] == message


def test_an_action_video_alone_asks_for_its_urls(
    service: Emulator, context: Context, files: Files, checked: Check
) -> None:
    made = create(context, checked(name="n", submit=False, action_video=files["action_video"]))
    messages = service.control.job(made.job_id)["command_messages"]
    assert messages["create"] == "GET_ACTION_VIDEO_MULTIPART"


@pytest.mark.parametrize("state", ["MANUAL_VERIFYING", "TRAINING", "JOB_SUCCESS", "NEW_STATE"])
def test_a_field_of_a_job_further_on(
    state: str, service: Emulator, context: Context, inputs: dict[str, Any], made: Outcome
) -> None:
    service.control.set_state(made.job_id, state)
    old = read(context, made.job_id, made.outputs)
    assert old is not None
    with pytest.raises(JobRefusal) as caught:
        update(context, made.job_id, old, {**inputs, "name": "m"})
    text = str(caught.value)
    for expected in ("name", state, "undo the edit", "billed again"):
        assert expected in text
    assert "\n" not in text
    assert len(service.control.jobs()) == 1


def test_a_field_of_a_job_that_waits_for_files(
    service: Emulator,
    context: Context,
    inputs: dict[str, Any],
    tutorial: bool,
) -> None:
    held = {**inputs, "submit": False}
    made = create(context, held)
    now = {**held, "name": "m"}
    outcome = update(context, made.job_id, made.outputs, now)
    if tutorial:
        assert_settled(outcome, now)
        assert service.control.job(made.job_id)["fields"]["name"] == "m"
        return
    # The letter of the documents: no update here. Nothing is billed, so a new one will do.
    assert isinstance(outcome.problem, JobRefusal)
    assert "nothing was billed" in str(outcome.problem)
    assert outcome.outputs["pending"][0] == "recreate"
    assert "pending" in diff(outcome.outputs, now).replaces


@pytest.mark.parametrize("name", ["id_card_image1", "training_video"])
def test_a_file_after_a_failed_review(
    name: str,
    service: Emulator,
    context: Context,
    inputs: dict[str, Any],
    files: Files,
    made: Outcome,
    checked: Check,
    tutorial: bool,
) -> None:
    service.control.set_state(made.job_id, "AUTO_VERIFY_FAILED", reason="blurred")
    old = read(context, made.job_id, made.outputs)
    assert old is not None
    rewrite(files[name])
    now = checked(**{n: v for n, v in inputs.items() if n != "__fingerprints"})
    service.control.clear_counters()
    outcome = update(context, made.job_id, old, now)
    assert_settled(outcome, now)
    assert stored(service, made.job_id) == now["__fingerprints"]
    assert state_of(service, made.job_id) == "AUTO_VERIFYING"
    counters = service.control.counters()
    assert counters["SUBMITVERIFYING"] == {"200": 1}
    assert counters["update"] == {"200": 1}
    # In the strict reading an update drops the video, which then goes along.
    assert uploads(service) == (3 if name == "training_video" else 1 if tutorial else 4)


def test_a_replaced_video_that_cannot_be_confirmed_is_not_taken_for_there(
    service: Emulator,
    context: Context,
    inputs: dict[str, Any],
    files: Files,
    made: Outcome,
    checked: Check,
) -> None:
    service.control.set_state(made.job_id, "AUTO_VERIFY_FAILED")
    old = read(context, made.job_id, made.outputs)
    assert old is not None
    rewrite(files["training_video"])
    now = checked(**{n: v for n, v in inputs.items() if n != "__fingerprints"})
    service.control.add_fault("CONFIRM_MULTIPART_UPLOADED", "reset", times=1)
    outcome = update(context, made.job_id, old, now)
    # The service may still show the old video: that proves nothing about the new one.
    assert isinstance(outcome.problem, AnswerLost)
    assert outcome.outputs["pending"][-1] == "submit"
    assert "training_video" not in outcome.outputs["fingerprints"]
    outcome = update(context, made.job_id, outcome.outputs, now)
    assert_settled(outcome, now)
    assert stored(service, made.job_id) == now["__fingerprints"]


def test_triggers_submit_again(
    service: Emulator, context: Context, inputs: dict[str, Any], made: Outcome
) -> None:
    service.control.set_state(made.job_id, "MANUAL_VERIFY_FAILED")
    old = read(context, made.job_id, made.outputs)
    assert old is not None
    service.control.clear_counters()
    now = {**inputs, "triggers": [1]}
    assert_settled(update(context, made.job_id, old, now), now)
    assert state_of(service, made.job_id) == "AUTO_VERIFYING"
    counters = service.control.counters()
    assert counters["SUBMITVERIFYING"] == {"200": 1}
    assert not {"update", "upload"} & set(counters)


def test_behaviour_is_noted_without_a_change(
    service: Emulator, context: Context, inputs: dict[str, Any], made: Outcome
) -> None:
    service.control.clear_counters()
    now = {**inputs, "deletion_policy": "delete", "expose_download_urls": True}
    outcome = update(context, made.job_id, made.outputs, now)
    assert_settled(outcome, now)
    assert set(outcome.outputs["download_urls"]) == set(ID_FILES)
    assert set(service.control.counters()) == {"show"}


def test_an_update_of_a_job_that_is_gone(
    service: Emulator, context: Context, inputs: dict[str, Any], made: Outcome
) -> None:
    service.control.delete_job(made.job_id)
    with pytest.raises(JobRefusal, match="is gone from the service: run refresh"):
        update(context, made.job_id, made.outputs, {**inputs, "name": "m"})
