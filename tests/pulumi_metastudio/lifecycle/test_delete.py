"""Deletion as the policy says, in every state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.api import CreateJob
from pulumi_metastudio.api.states import DELETABLE, TRAINED
from pulumi_metastudio.errors import InvalidRequest, JobRefusal
from pulumi_metastudio.lifecycle import Context, Run, create, delete

from .job_checks import Killed, Killer, jobs

ContextFor = Callable[..., Context]

STATES = sorted({*DELETABLE, "AUTO_VERIFYING", "TRAINING", "JOB_PENDING", "NEW_STATE"})


@pytest.mark.parametrize("policy", [None, "retain-trained", "delete", "retain"])
def test_deletion(policy: str | None, emulator: Emulator, context_for: ContextFor) -> None:
    context = context_for(emulator)
    for state in STATES:
        job_id = emulator.control.add_job(name="n", state=state)["job_id"]
        old = {"deletion_policy": policy} if policy else {}
        kept = policy == "retain" or (policy != "delete" and state in TRAINED)
        if not kept and state not in DELETABLE:
            with pytest.raises(JobRefusal) as caught:
                delete(context, job_id, old)
            assert state in str(caught.value)
            assert "'retain'" in str(caught.value)
        else:
            note = delete(context, job_id, old)
            assert (note is not None and job_id in note) if kept else note is None
        there = [job["job_id"] for job in emulator.control.jobs()]
        assert (job_id in there) == (kept or state not in DELETABLE), state


@pytest.mark.parametrize("policy", ["retain-trained", "delete", "retain"])
def test_deleting_what_is_gone(policy: str, service: Emulator, context: Context) -> None:
    job_id = service.control.add_job(name="n")["job_id"]
    service.control.delete_job(job_id)
    note = delete(context, job_id, {"deletion_policy": policy})
    assert bool(note) == (policy == "retain")


def test_a_deletion_whose_answer_was_lost(service: Emulator, context: Context) -> None:
    job_id = service.control.add_job(name="n")["job_id"]
    service.control.add_fault("delete", "reset", after=True, times=1)
    assert delete(context, job_id, {}) is None
    assert service.control.jobs() == []


def test_a_refused_deletion_of_a_deletable_job(service: Emulator, context: Context) -> None:
    job_id = service.control.add_job(name="n")["job_id"]
    service.control.add_fault("delete", "status", status=400)
    with pytest.raises(InvalidRequest):
        delete(context, job_id, {})
    assert len(service.control.jobs()) == 1


def test_only_its_own_job_is_deleted(service: Emulator, context: Context) -> None:
    mine = context.client.create_job(CreateJob(name="n")).job_id
    other = context.client.create_job(CreateJob(name="n")).job_id
    delete(context, mine, {})
    assert [job["job_id"] for job in service.control.jobs()] == [other]


def test_a_delete_after_a_recovery_spares_what_was_recovered(
    service: Emulator, context: Context, mine: dict[str, Any]
) -> None:
    """The engine may delete, in the same run, what an older state calls the job's resource."""
    with pytest.raises(Killed):
        create(context.telling(Killer("uploading")), mine)
    recovered = create(context, mine)
    kept = delete(context, recovered.job_id, {"deletion_policy": "delete"})
    assert kept is not None
    assert "this run has just taken it over" in kept
    assert jobs(service) == [recovered.job_id]
    service.control.set_state(recovered.job_id, "AUTO_VERIFY_FAILED")
    later = replace(context, run=Run())
    assert delete(later, recovered.job_id, {"deletion_policy": "delete"}) is None
    assert jobs(service) == []
