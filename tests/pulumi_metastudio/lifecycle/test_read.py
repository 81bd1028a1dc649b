"""Jobs read back: what is drift, and what is not."""

from __future__ import annotations

from typing import Any

from metastudio_emulator import Emulator
from pulumi_metastudio.lifecycle import (
    Context,
    Outcome,
    create,
    diff,
    read,
    refreshed_inputs,
    update,
)

from .job_checks import assert_settled

Files = dict[str, str]


def test_no_drift_and_no_change_after_a_refresh(context: Context, inputs: dict[str, Any]) -> None:
    outcome = create(context, inputs)
    refreshed = read(context, outcome.job_id, outcome.outputs)
    assert refreshed == outcome.outputs
    assert diff(refreshed, inputs).changes == ()
    assert diff(refreshed, refreshed_inputs(refreshed)).changes == ()


def test_a_job_that_is_gone(service: Emulator, context: Context, made: Outcome) -> None:
    service.control.delete_job(made.job_id)
    assert read(context, made.job_id, made.outputs) is None


def test_drift_is_seen_and_mended(
    service: Emulator, context: Context, inputs: dict[str, Any], made: Outcome
) -> None:
    service.control.set_state(made.job_id, "AUTO_VERIFY_FAILED")
    service.control.set_fields(made.job_id, name="renamed", tags=["undeclared"])
    seen = read(context, made.job_id, made.outputs)
    assert seen is not None
    assert [c.input for c in diff(seen, inputs).changes] == ["name"]
    assert_settled(update(context, made.job_id, seen, inputs), inputs)
    fields = service.control.job(made.job_id)["fields"]
    assert (fields["name"], fields.get("tags")) == ("n", ["undeclared"])


def test_a_job_that_moves_by_itself_is_no_drift(
    service: Emulator, context: Context, inputs: dict[str, Any], made: Outcome
) -> None:
    seen: dict[str, Any] | None = made.outputs
    for _ in range(12):
        service.control.step(made.job_id)
        seen = read(context, made.job_id, seen or {})
        assert seen is not None
        assert diff(seen, inputs).changes == ()
    assert seen is not None
    assert seen["state"] == "JOB_SUCCESS"
    assert seen["console_status"] == "Completed"
    assert seen["asset_id"]
    assert seen["allocated_resource"]["charge_mode"] == "ONE_TIME"


def test_a_job_that_this_provider_never_saw(
    service: Emulator, context: Context, files: Files
) -> None:
    job_id = service.control.add_job(name="n", tags=["t"], contact="138")["job_id"]
    outputs = read(context, job_id, {})
    assert outputs is not None
    found = refreshed_inputs(outputs)
    assert (found["name"], found["tags"], found["contact"]) == ("n", ["t"], "138")
    assert diff(outputs, {**found, "submit": False}).calls is False


def test_somebody_else_submitted_it(
    service: Emulator, context: Context, half_done: tuple[Outcome, dict[str, Any]]
) -> None:
    outcome, _ = half_done
    service.control.set_state(outcome.job_id, "MANUAL_VERIFYING")
    seen = read(context, outcome.job_id, outcome.outputs)
    assert seen is not None
    assert (seen["pending"], seen["__upload_urls"]) == ([], {})
