"""Jobs made from a declaration, in both readings of the documents, and answers that get lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.errors import AnswerLost, InvalidRequest, MetaStudioError, ServerError
from pulumi_metastudio.lifecycle import FILES, Context, create, diff, read, update

from .job_checks import ID_FILES, PART, PROFILES, assert_settled, state_of, stored, uploads

Check = Callable[..., dict[str, Any]]
ContextFor = Callable[..., Context]
Files = dict[str, str]


def test_a_job_with_every_file(
    service: Emulator, context: Context, files: Files, checked: Check
) -> None:
    declared = checked(name="n", tags=["t"], audio_source_type="AUDIO", app_user_id="u", **files)
    outcome = create(context, declared)
    assert_settled(outcome, declared)
    assert stored(service, outcome.job_id) == declared["__fingerprints"]
    assert set(declared["__fingerprints"]) == set(FILES)
    assert state_of(service, outcome.job_id) == "AUTO_VERIFYING"
    record = service.control.job(outcome.job_id)
    assert record["part_uploads"]["training_video"] == {"1": 1, "2": 1, "3": 1}
    assert record["part_uploads"]["action_video"] == {"1": 1, "2": 1, "3": 1}
    assert record["fields"]["app_user_id"] == "u"
    types = {
        n: kept["content_type"] for n, kept in service.control.objects(record["job_id"]).items()
    }
    assert types["audio"] == "application/zip"
    assert service.control.counters()["create"] == {"200": 1}
    assert service.control.counters()["SUBMITVERIFYING"] == {"200": 1}
    assert "update" not in service.control.counters()


def test_a_job_that_is_held_back(
    service: Emulator, context: Context, inputs: dict[str, Any]
) -> None:
    held = {**inputs, "submit": False}
    outcome = create(context, held)
    assert_settled(outcome, held)
    assert state_of(service, outcome.job_id) == "WAIT_FILE_UPLOAD"
    service.control.clear_counters()
    outcome = update(context, outcome.job_id, outcome.outputs, inputs)
    assert_settled(outcome, inputs)
    assert state_of(service, outcome.job_id) == "AUTO_VERIFYING"
    counters = service.control.counters()
    assert (uploads(service), "update" in counters) == (0, False)
    assert counters["SUBMITVERIFYING"] == {"200": 1}


def test_a_refused_create_makes_nothing(service: Emulator, context: Context) -> None:
    with pytest.raises(InvalidRequest):
        create(context, {"name": "n" * 300, "submit": False, "__fingerprints": {}})
    assert service.control.jobs() == []


def test_a_missing_file_makes_nothing(service: Emulator, context: Context) -> None:
    with pytest.raises(MetaStudioError, match="no such file"):
        create(context, {"name": "n", "training_video": "none.mp4"})
    assert "create" not in service.control.counters()


@pytest.mark.parametrize("video", [True, False])
def test_an_upload_whose_answer_was_lost(
    video: bool, service: Emulator, context: Context, inputs: dict[str, Any]
) -> None:
    name = "training_video" if video else "id_card_image1"
    service.control.add_fault(f"upload {name}", "reset", after=True, times=1)
    outcome = create(context, inputs)
    assert_settled(outcome, inputs)
    assert stored(service, outcome.job_id) == inputs["__fingerprints"]
    assert service.control.counters()["create"] == {"200": 1}
    assert "update" not in service.control.counters()


@pytest.mark.parametrize("reading", PROFILES)
def test_a_file_the_service_has_no_url_for(
    reading: str,
    start: Callable[..., Emulator],
    context_for: ContextFor,
    files: Files,
    checked: Check,
) -> None:
    service = start(profile=f"{reading},all_upload_urls=false")
    context = context_for(service, part_size=PART)
    names = (*ID_FILES, "pre_beauty_image")
    declared = checked(name="n", **{name: files[name] for name in names})
    outcome = create(context, declared)
    assert "gave no upload URL" in str(outcome.problem)
    assert "pre_beauty_image" in str(outcome.problem)
    assert outcome.outputs["pending"][0] == "upload pre_beauty_image"
    assert len(service.control.jobs()) == 1
    assert service.control.counters()["create"] == {"200": 1}
    without = {n: v for n, v in declared.items() if n != "pre_beauty_image"}
    without["__fingerprints"] = {
        n: v for n, v in declared["__fingerprints"].items() if n != "pre_beauty_image"
    }
    assert_settled(update(context, outcome.job_id, outcome.outputs, without), without)


@pytest.mark.parametrize(
    "command", ["CONFIRM_MULTIPART_UPLOADED", "CONFIRM_AUTHORIZATION_LETTER", "SUBMITVERIFYING"]
)
def test_a_command_whose_answer_was_lost(
    command: str, service: Emulator, context: Context, inputs: dict[str, Any]
) -> None:
    service.control.add_fault(command, "reset", after=True, times=1)
    outcome = create(context, inputs)
    assert_settled(outcome, inputs)
    assert state_of(service, outcome.job_id) == "AUTO_VERIFYING"
    assert sum(service.control.counters()[command].values()) == 1


@pytest.mark.parametrize("command", ["CONFIRM_MULTIPART_UPLOADED", "SUBMITVERIFYING"])
def test_a_command_that_did_not_arrive_is_done_by_the_next_run(
    command: str, service: Emulator, context: Context, inputs: dict[str, Any]
) -> None:
    service.control.add_fault(command, "reset", times=1)
    outcome = create(context, inputs)
    assert isinstance(outcome.problem, AnswerLost)
    assert outcome.outputs["pending"][-1] == "submit"
    service.control.clear_counters()
    assert_settled(update(context, outcome.job_id, outcome.outputs, inputs), inputs)
    assert uploads(service) == 0
    assert state_of(service, outcome.job_id) == "AUTO_VERIFYING"


def test_a_service_that_does_not_know_the_letters_confirmation(
    service: Emulator, context: Context, inputs: dict[str, Any]
) -> None:
    service.control.add_fault("CONFIRM_AUTHORIZATION_LETTER", "status", status=400)
    assert_settled(create(context, inputs), inputs)


def test_a_job_that_cannot_be_read_back(
    service: Emulator, context: Context, inputs: dict[str, Any]
) -> None:
    service.control.add_fault("show", "status", status=500)
    outcome = create(context, inputs)
    assert isinstance(outcome.problem, ServerError)
    assert (outcome.outputs["pending"], outcome.outputs["name"]) == ([], "n")
    assert outcome.outputs["fingerprints"] == inputs["__fingerprints"]
    # The record stands until a refresh; it is not taken for a job that waits.
    assert diff(outcome.outputs, inputs).changes == ()
    service.control.clear_faults()
    refreshed = read(context, outcome.job_id, outcome.outputs)
    assert refreshed is not None
    assert refreshed["state"] == "AUTO_VERIFYING"
