"""Updates that were killed, and the next one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.lifecycle import Context, Journal, Outcome, create, read, update
from pulumi_metastudio.lifecycle.progress import Progress
from pulumi_metastudio.lifecycle.recovery import catch_up

from .job_checks import OWN, Killed, Killer, assert_settled, rewrite, state_of, stored, uploads

Check = Callable[..., dict[str, Any]]
Files = dict[str, str]


@pytest.fixture
def failed_review(
    service: Emulator,
    context: Context,
    files: Files,
    checked: Check,
    mine: dict[str, Any],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is recorded of a job whose review failed, and a declaration with another picture."""
    made = create(context, mine)
    service.control.set_state(made.job_id, "AUTO_VERIFY_FAILED")
    old = read(context, made.job_id, made.outputs)
    assert old is not None
    rewrite(files["id_card_image1"])
    service.control.clear_counters()
    return old, checked(**{n: v for n, v in mine.items() if n != "__fingerprints"})


def kill_update(context: Context, old: dict[str, Any], now: dict[str, Any], at: str) -> None:
    with pytest.raises(Killed):
        update(context.telling(Killer(at)), old["job_id"], old, now)


@pytest.mark.parametrize(
    "at", ["uploading id_card_image1", "submitting for review", "AUTO_VERIFYING"]
)
def test_a_killed_update_is_gone_on_with(
    at: str,
    service: Emulator,
    context: Context,
    failed_review: tuple[dict[str, Any], dict[str, Any]],
    tutorial: bool,
) -> None:
    old, now = failed_review
    kill_update(context, old, now, at)
    outcome: Outcome = update(context, old["job_id"], old, now)
    assert_settled(outcome, now)
    assert stored(service, outcome.job_id) == now["__fingerprints"]
    assert state_of(service, outcome.job_id) == "AUTO_VERIFYING"
    counters = service.control.counters()
    assert (counters["update"], counters["SUBMITVERIFYING"]) == ({"200": 1}, {"200": 1})
    # The picture; and the video, in three parts, where an update drops it.
    assert uploads(service) == (1 if tutorial else 4)


def test_what_a_killed_update_is_not_gone_on_with(
    context: Context, failed_review: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    old, now = failed_review
    kill_update(context, old, now, "submitting for review")
    detail = context.client.show_job(old["job_id"])
    entry = context.journal.load(OWN, context.client.project_id)
    assert entry is not None
    before = Progress.from_outputs(old)
    assert catch_up(context, now, before, detail) is not None
    recorded = replace(before, serial=entry.progress.serial)
    assert catch_up(context, now, recorded, detail) is None
    assert catch_up(context, {**now, "name": "m"}, before, detail) is None
    other = detail.model_copy(update={"job_id": "another"})
    assert catch_up(context, now, before, other) is None
    bare = {n: v for n, v in now.items() if n != "__urn"}
    assert catch_up(context, bare, before, detail) is None


# ------------------------------------------- killed after it had submitted; then the review failed


def cut_off(service: Emulator, what: str) -> None:
    service.control.add_fault(what, "status", status=400, times=1)


def killed_and_failed(
    service: Emulator, context: Context, old: dict[str, Any], now: dict[str, Any]
) -> None:
    """A run that is killed when all is done, of a job whose review says no soon after."""
    kill_update(context, old, now, "AUTO_VERIFYING")
    service.control.set_state(old["job_id"], "AUTO_VERIFY_FAILED", reason="the face is too dark")
    service.control.clear_counters()


def assert_submitted_once(
    service: Emulator, context: Context, old: dict[str, Any], now: dict[str, Any]
) -> None:
    """Neither the next run nor the one after a refresh submits the same files again, unasked."""
    refreshed = read(context, old["job_id"], old)
    assert refreshed is not None
    assert refreshed["pending"] == []
    for record in (old, refreshed):
        outcome = update(context, old["job_id"], record, now)
        assert_settled(outcome, now)
        assert outcome.outputs["failure"]["reason"] == "the face is too dark"
    assert not {"SUBMITVERIFYING", "update", "upload"} & set(service.control.counters())


@pytest.mark.parametrize("what", ["SUBMITVERIFYING", "upload"])
def test_a_review_that_fails_after_a_killed_run_is_not_asked_for_again(
    what: str, service: Emulator, context: Context, mine: dict[str, Any]
) -> None:
    cut_off(service, what)
    old = create(context, mine).outputs
    assert old["pending"][-1] == "submit"
    killed_and_failed(service, context, old, mine)
    assert_submitted_once(service, context, old, mine)


@pytest.mark.parametrize("killed", [True, False], ids=["killed", "not killed"])
def test_only_a_further_failed_review_tells_of_a_resubmission(
    killed: bool,
    service: Emulator,
    context: Context,
    failed_review: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    first, now = failed_review
    cut_off(service, "SUBMITVERIFYING")
    old = update(context, first["job_id"], first, now).outputs
    assert old["pending"] == ["submit"]
    if killed:
        killed_and_failed(service, context, old, now)
        assert_submitted_once(service, context, old, now)
        return
    again = read(context, old["job_id"], old)
    assert again is not None
    assert again["pending"] == ["submit"]
    service.control.clear_counters()
    assert_settled(update(context, old["job_id"], again, now), now)
    assert service.control.counters()["SUBMITVERIFYING"] == {"200": 1}


# ------------------------------------- what knows less: another machine, an old state, an old entry


def test_another_machine_knows_a_submission_by_the_failed_review(
    service: Emulator, context: Context, mine: dict[str, Any], tmp_path: Path
) -> None:
    cut_off(service, "SUBMITVERIFYING")
    old = create(context, mine).outputs
    killed_and_failed(service, context, old, mine)
    elsewhere = replace(context, journal=Journal(tmp_path / "elsewhere"))
    refreshed = read(elsewhere, old["job_id"], old)
    assert refreshed is not None
    assert refreshed["pending"] == []
    update(elsewhere, old["job_id"], old, mine)
    assert "SUBMITVERIFYING" not in service.control.counters()


def test_a_state_that_counts_no_reviews_goes_on_with_what_is_pending(
    service: Emulator, context: Context, mine: dict[str, Any], tmp_path: Path
) -> None:
    cut_off(service, "SUBMITVERIFYING")
    old = create(context, mine).outputs
    del old["__reviews"]
    elsewhere = replace(context, journal=Journal(tmp_path / "elsewhere"))
    assert_settled(update(elsewhere, old["job_id"], old, mine), mine)
    assert state_of(service, old["job_id"]) == "AUTO_VERIFYING"


def test_an_entry_that_counts_no_reviews_proves_no_submission(
    service: Emulator,
    context: Context,
    failed_review: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    """It was written by a version before 0.2, in the middle of a second submission."""
    old, now = failed_review
    kill_update(context, old, now, "submitting for review")
    entry = context.journal.load(OWN, context.client.project_id)
    assert entry is not None
    written = replace(entry.progress, submitted=True, reviews=None)
    context.journal.save(OWN, replace(entry, progress=written))
    assert_settled(update(context, old["job_id"], old, now), now)
    assert service.control.counters()["SUBMITVERIFYING"] == {"200": 1}
