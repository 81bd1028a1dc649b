"""Jobs that were made elsewhere and are taken over by their id."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.errors import JobRefusal, ServerError
from pulumi_metastudio.lifecycle import Context, create, update

from .job_checks import assert_settled, state_of, stored

Check = Callable[..., dict[str, Any]]
Files = dict[str, str]


def test_a_job_that_is_taken_over_is_not_touched(
    service: Emulator, context: Context, files: Files, checked: Check, inputs: dict[str, Any]
) -> None:
    theirs = create(context, {**inputs, "submit": False})
    service.control.clear_counters()
    declared = checked(
        existing_job_id=theirs.job_id,
        name="n",
        training_video=files["training_video"],
        cover=files["cover"],
    )
    outcome = create(context, declared)
    assert outcome.job_id == theirs.job_id
    assert set(service.control.counters()) == {"show"}
    # The service has no cover, so none is recorded: it will be uploaded.
    assert set(outcome.outputs["fingerprints"]) == {"training_video"}
    assert state_of(service, theirs.job_id) == "WAIT_FILE_UPLOAD"


def test_a_job_that_was_taken_over_is_never_made_anew(
    service: Emulator,
    context: Context,
    files: Files,
    checked: Check,
    inputs: dict[str, Any],
    tutorial: bool,
) -> None:
    theirs = create(context, {**inputs, "submit": False})
    bare = {"existing_job_id": theirs.job_id, "name": "n", "submit": False}
    outcome = create(context, checked(**bare, training_video=files["training_video"]))
    now = checked(**bare, training_video=files["training_video"], cover=files["cover"])
    if tutorial:
        assert_settled(update(context, theirs.job_id, outcome.outputs, now), now)
        assert "cover" in stored(service, theirs.job_id)
        return
    with pytest.raises(JobRefusal) as caught:
        update(context, theirs.job_id, outcome.outputs, now)
    assert "anew" not in str(caught.value)
    assert len(service.control.jobs()) == 1


def test_a_job_to_take_over_that_does_not_exist(context: Context) -> None:
    with pytest.raises(JobRefusal, match="the service has no job abc"):
        create(context, {"existing_job_id": "abc"})


def test_a_job_taken_over_without_its_name_that_cannot_be_read_back(
    service: Emulator, context: Context
) -> None:
    job_id = service.control.add_job(name="theirs", state="AUTO_VERIFY_FAILED")["job_id"]
    declared = {"existing_job_id": job_id, "__fingerprints": {}}
    made = create(context, declared)
    service.control.add_fault("update", "delay", delay_ms=1)
    now = {**declared, "tags": ["t"], "submit": False}
    # The last read of an update is its third; the ones before are answered.
    service.control.add_fault("show", "delay", delay_ms=1, times=2)
    service.control.add_fault("show", "status", status=500)
    outcome = update(context, job_id, made.outputs, now)
    assert isinstance(outcome.problem, ServerError)
    assert outcome.outputs["name"] == "theirs"
    assert service.control.job(job_id)["fields"]["tags"] == ["t"]
