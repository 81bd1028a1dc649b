"""Runs that were killed, and the next one: on the same machine, and on another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.backend import Record
from pulumi_metastudio.errors import JobRefusal, StateUnreadable
from pulumi_metastudio.lifecycle import Context, Journal, Run, create
from pulumi_metastudio.lifecycle.recovery import recover

from .job_checks import (
    ID_FILES,
    OWN,
    PART,
    URN,
    Killed,
    Killer,
    assert_settled,
    jobs,
    rewrite,
    state_of,
    stored,
)

Check = Callable[..., dict[str, Any]]
ContextFor = Callable[..., Context]
Files = dict[str, str]

TAG, PROOF = OWN.tags


@pytest.fixture
def elsewhere(context: Context, tmp_path: Path) -> Context:
    """The same service from a machine that has no journal."""
    return replace(context, journal=Journal(tmp_path / "elsewhere"))


def kill_creation(context: Context, inputs: dict[str, Any], at: str) -> None:
    with pytest.raises(Killed):
        create(context.telling(Killer(at)), inputs)


MOMENTS = [
    "creating the job",
    *(f"uploading {name}" for name in ID_FILES),
    "confirming training_video",
    "confirming grant_file",
    "submitting for review",
    "AUTO_VERIFYING",  # reported when all is done, before the engine has it
]
WAITING = MOMENTS[1:-1]


@pytest.mark.parametrize("at", MOMENTS)
def test_a_killed_creation_is_gone_on_with(
    at: str, service: Emulator, context: Context, mine: dict[str, Any], notes: Any
) -> None:
    kill_creation(context, mine, at)
    left = jobs(service)
    outcome = create(context, mine)
    assert_settled(outcome, mine)
    assert stored(service, outcome.job_id) == mine["__fingerprints"]
    assert state_of(service, outcome.job_id) == "AUTO_VERIFYING"
    assert jobs(service) == [outcome.job_id]
    # Nothing is done twice.
    counters = service.control.counters()
    assert (counters["create"], counters["SUBMITVERIFYING"]) == ({"200": 1}, {"200": 1})
    assert counters["upload"] == {"200": 6}
    assert "update" not in counters
    assert context.run.took(outcome.job_id) is bool(left)
    texts = notes.of("info")
    assert len(texts) == len(left)
    assert all(f"goes on with job {left[0]}, which an earlier run left in " in t for t in texts)


@pytest.mark.parametrize("at", WAITING)
def test_another_machine_finds_the_job_by_its_tag(
    at: str,
    service: Emulator,
    context: Context,
    elsewhere: Context,
    mine: dict[str, Any],
    tutorial: bool,
) -> None:
    mine["app_user_id"] = "u"
    kill_creation(context, mine, at)
    left = jobs(service)
    outcome = create(elsewhere, mine)
    assert_settled(outcome, mine)
    assert stored(service, outcome.job_id) == mine["__fingerprints"]
    assert jobs(service) == [outcome.job_id]
    # Its URLs are lost; where the service gives no others, it is made anew.
    assert elsewhere.run.took(outcome.job_id) is tutorial
    assert (left == [outcome.job_id]) is tutorial


def test_another_machine_doubles_no_submitted_job(
    service: Emulator, context: Context, elsewhere: Context, mine: dict[str, Any]
) -> None:
    kill_creation(context, mine, "AUTO_VERIFYING")
    (left,) = jobs(service)
    with pytest.raises(JobRefusal, match=f"existing_job_id='{left}'"):
        create(elsewhere, mine)
    assert jobs(service) == [left]
    assert recover(context, mine) is not None


def test_what_a_state_records_is_no_left_over(
    service: Emulator, context: Context, elsewhere: Context, mine: dict[str, Any]
) -> None:
    """Of whichever stack: a resource may have been moved, and a stack renamed."""
    kill_creation(context, mine, "uploading grant_file")
    (left,) = jobs(service)
    for each in (context, elsewhere):
        knowing = replace(each, run=Run(lambda: {left: (Record("prod", "urn"),)}))
        assert recover(knowing, mine) is None
        seeing = replace(each, run=Run())
        seeing.run.see(URN, left)
        assert recover(seeing, mine) is None
    assert context.journal.load(OWN, context.client.project_id) is not None


@pytest.mark.parametrize("at", ["uploading grant_file", "AUTO_VERIFYING"])
def test_where_a_state_cannot_be_read_nothing_is_taken_over(
    at: str, service: Emulator, context: Context, mine: dict[str, Any], notes: Any
) -> None:
    def unreadable() -> Any:
        raise StateUnreadable("the state is torn")

    kill_creation(context, mine, at)
    (left,) = jobs(service)
    before = service.control.job(left)
    blind = replace(context, run=Run(unreadable))
    if at == "AUTO_VERIFYING":
        with pytest.raises(JobRefusal, match="the state is torn"):
            create(blind, mine)
        assert jobs(service) == [left]
    else:
        made = create(blind, mine)
        assert sorted(jobs(service)) == sorted([left, made.job_id])
        assert left in notes.of("warning")[0]
        assert "the state is torn" in notes.of("warning")[0]
    assert service.control.job(left) == before


@pytest.mark.parametrize("submitted", [False, True])
def test_a_job_of_the_same_name_in_another_backend_is_not_touched(
    submitted: bool,
    service: Emulator,
    context: Context,
    context_for: ContextFor,
    mine: dict[str, Any],
    notes: Any,
) -> None:
    """Even where both share a machine, and so a journal."""
    kill_creation(context, mine, "AUTO_VERIFYING" if submitted else "uploading grant_file")
    (left,) = jobs(service)
    before = (service.control.job(left), stored(service, left))
    theirs = context_for(service, part_size=PART, owner="fedcba9876543210")
    outcome = create(theirs, mine)
    assert_settled(outcome, mine)
    assert sorted(jobs(service)) == sorted([left, outcome.job_id])
    assert (service.control.job(left), stored(service, left)) == before
    (warning,) = notes.of("warning")
    assert left in warning
    assert "nothing proves that it is this stack's" in warning
    # And the first party still goes on with its own.
    assert recover(context, mine) is not None


def test_nothing_is_looked_for_without_a_urn(
    service: Emulator, context: Context, inputs: dict[str, Any]
) -> None:
    assert recover(context, inputs) is None
    assert service.control.counters() == {}


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"tags": ["a", TAG, PROOF]}, True),
        ({"tags": [TAG, PROOF], "name": "of an earlier edit"}, True),  # an update mends that
        ({"tags": [TAG]}, False),  # of anybody's stack of these names
        ({"tags": [PROOF]}, False),  # another resource's
        ({"tags": [f"{TAG}0", PROOF]}, False),  # where filters match parts
        ({"tags": [TAG[:-1], PROOF]}, False),
        ({"tags": [TAG], "state": "TRAINING"}, False),
        ({"tags": [TAG], "state": "AUTO_VERIFY_FAILED"}, False),
        ({"tags": [TAG, PROOF], "is_live_copy": True}, False),  # fixed when it was created
        ({"tags": [TAG, PROOF], "app_user_id": "u"}, False),
    ],
)
def test_which_job_a_tag_leads_to(
    fields: dict[str, Any],
    found: bool,
    service: Emulator,
    context: Context,
    mine: dict[str, Any],
) -> None:
    job_id = service.control.add_job(**{"name": "n", **fields})["job_id"]
    material = recover(context, mine)
    assert (material.job_id if material else None) == (job_id if found else None)


@pytest.mark.parametrize("state", ["AUTO_VERIFYING", "MANUAL_VERIFY_FAILED", "JOB_SUCCESS", "NEW"])
def test_a_submitted_job_that_nothing_records_stops_the_creation(
    state: str,
    service: Emulator,
    context: Context,
    context_for: ContextFor,
    mine: dict[str, Any],
) -> None:
    job_id = service.control.add_job(name="n", tags=[TAG, PROOF], state=state)["job_id"]
    with pytest.raises(JobRefusal, match="a second one would be billed again"):
        create(context, mine)
    assert jobs(service) == [job_id]
    # The ways out that the message names.
    named = context_for(service, part_size=PART, kept_jobs=frozenset({job_id}))
    assert create(named, {**mine, "submit": False}).job_id != job_id
    context.journal.keep(job_id)
    assert create(context, mine).job_id != job_id
    assert create(context, {**mine, "existing_job_id": job_id}).job_id == job_id


def test_what_is_older_than_the_recorded_job_was_left_on_purpose(
    service: Emulator, context: Context, mine: dict[str, Any], notes: Any
) -> None:
    """A job that was replaced, and kept because its model is paid for, on whichever machine."""
    older = service.control.add_job(
        name="n", tags=[TAG, PROOF], state="JOB_SUCCESS", create_time="2026-01-01T00:00:00Z"
    )["job_id"]
    current = service.control.add_job(name="n", tags=[TAG, PROOF], state="JOB_SUCCESS")["job_id"]
    knowing = replace(context, run=Run(lambda: {current: (Record("s", URN),)}))
    outcome = create(knowing, mine)
    assert sorted(jobs(service)) == sorted([older, current, outcome.job_id])
    (warning,) = notes.of("warning")
    assert f"job {older} (JOB_SUCCESS) was kept at the service on purpose" in warning


def test_tags_can_be_switched_off(
    service: Emulator, context_for: ContextFor, mine: dict[str, Any], tmp_path: Path
) -> None:
    context = context_for(service, part_size=PART, ownership_tag=False)
    kill_creation(context, mine, "uploading grant_file")
    (left,) = jobs(service)
    assert "tags" not in service.control.job(left)["fields"]
    service.control.set_fields(left, tags=[TAG, PROOF])
    elsewhere = replace(context, journal=Journal(tmp_path / "elsewhere"))
    assert recover(elsewhere, mine) is None
    assert create(context, mine).job_id == left


# ------------------------------------------------------------------ edits in between


@pytest.mark.parametrize("at", ["uploading grant_file", "confirming training_video"])
def test_a_field_that_was_edited_comes_along(
    at: str, service: Emulator, context: Context, mine: dict[str, Any], tutorial: bool
) -> None:
    kill_creation(context, mine, at)
    left = jobs(service)
    now = {**mine, "name": "m"}
    outcome = create(context, now)
    assert_settled(outcome, now)
    assert service.control.job(outcome.job_id)["fields"]["name"] == "m"
    assert stored(service, outcome.job_id) == mine["__fingerprints"]
    assert jobs(service) == [outcome.job_id]
    assert (left == [outcome.job_id]) is tutorial


def test_what_is_fixed_when_a_job_is_created_needs_another(
    service: Emulator, context: Context, mine: dict[str, Any], notes: Any
) -> None:
    kill_creation(context, mine, "uploading grant_file")
    now = {**mine, "is_live_copy": True}
    (left,) = jobs(service)
    outcome = create(context, now)
    assert_settled(outcome, now)
    assert not context.run.took(outcome.job_id)
    assert len(jobs(service)) == 2  # the other one is left to `metastudio sweep`
    assert f"job {left} (WAIT_FILE_UPLOAD) was left by an earlier run" in notes.of("warning")[0]


@pytest.mark.parametrize("name", ["training_video", "id_card_image1"])
def test_a_file_that_was_being_sent_may_leave_the_program(
    name: str,
    service: Emulator,
    context: Context,
    checked: Check,
    mine: dict[str, Any],
    tutorial: bool,
) -> None:
    kill_creation(context, mine, f"uploading {name}")
    (left,) = jobs(service)
    fewer = {n: v for n, v in mine.items() if n not in (name, "__fingerprints")}
    if name == "training_video":
        fewer["submit"] = False
    outcome = create(context, checked(**fewer))
    assert outcome.outputs["pending"] == []
    assert outcome.job_id == left
    assert name not in outcome.outputs["fingerprints"]
    assert jobs(service) == [left]


@pytest.mark.parametrize("while_sent", [False, True], ids=["afterwards", "while it was sent"])
@pytest.mark.parametrize("name", ["training_video", "id_card_image1"])
def test_a_file_that_was_edited_is_sent_again(
    name: str,
    while_sent: bool,
    service: Emulator,
    context: Context,
    files: Files,
    checked: Check,
    mine: dict[str, Any],
    tutorial: bool,
) -> None:
    """Also where what was sent arrived, its answer did not, and the content is another now."""
    if while_sent:
        service.control.add_fault(f"upload {name}", "reset", after=True, times=1)
    # What is reported of the file comes before its upload is repeated.
    kill_creation(context, mine, name if while_sent else "confirming training_video")
    service.control.clear_faults()
    left = jobs(service)
    rewrite(files[name])
    now = checked(**{n: v for n, v in mine.items() if n != "__fingerprints"})
    outcome = create(context, now)
    assert_settled(outcome, now)
    assert stored(service, outcome.job_id) == now["__fingerprints"]
    assert jobs(service) == [outcome.job_id]
    assert (left == [outcome.job_id]) is tutorial


def test_an_edited_file_that_does_not_arrive_has_no_fingerprint(
    start: Callable[..., Emulator], context_for: ContextFor, files: Files, mine: dict[str, Any]
) -> None:
    service = start(profile="tutorial")
    context = context_for(service, part_size=PART)
    kill_creation(context, mine, "confirming training_video")
    rewrite(files["id_card_image1"])
    service.control.add_fault("upload", "status", status=400)
    outcome = create(context, mine)
    assert outcome.outputs["pending"][0] == "upload id_card_image1"
    assert "id_card_image1" not in outcome.outputs["fingerprints"]
    assert outcome.outputs["fingerprints"]["id_card_image2"]


@pytest.mark.parametrize("edit", ["a file", "a field"])
def test_a_submitted_job_is_of_exactly_what_was_declared(
    edit: str, service: Emulator, context: Context, files: Files, mine: dict[str, Any]
) -> None:
    kill_creation(context, mine, "AUTO_VERIFYING")
    if edit == "a file":
        rewrite(files["id_card_image1"])
    now = {**mine, "name": "m"} if edit == "a field" else mine
    (left,) = jobs(service)
    with pytest.raises(JobRefusal, match=f"job {left} was made for this resource and submitted"):
        create(context, now)
    assert jobs(service) == [left]


def test_a_job_that_is_gone_is_forgotten(
    service: Emulator, context: Context, mine: dict[str, Any]
) -> None:
    kill_creation(context, mine, "uploading grant_file")
    service.control.delete_job(jobs(service)[0])
    outcome = create(context, mine)
    assert_settled(outcome, mine)
    assert not context.run.took(outcome.job_id)
    assert jobs(service) == [outcome.job_id]
