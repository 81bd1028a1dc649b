"""Waiting against the service: what a round asks, and how a wait ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.api import JobDetail, MetaStudioClient
from pulumi_metastudio.api.states import KNOWN
from pulumi_metastudio.errors import AuthenticationError, InputError, JobRefusal, ServerError
from pulumi_metastudio.waiting.polling import Poller, Wait
from pulumi_metastudio.waiting.targets import TARGETS, duration, states_of

Count = Callable[[dict[str, dict[str, int]], str], int]


async def _all(client: MetaStudioClient, waits: list[Wait]) -> list[Any]:
    rounds = Poller(client)
    return await asyncio.gather(*(rounds.result(wait) for wait in waits), return_exceptions=True)


def _wait(job: dict[str, Any], target: Any, seconds: float = 30, **more: Any) -> Wait:
    return Wait(job["job_id"], target, seconds, poll=0.02, label="it", **more)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [(90, 90), ("90", 90), ("90s", 90), ("1h30m", 5400), ("2.5d", 216000), ("1h 5s", 3605)],
)
def test_durations(text: Any, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "5 weeks", "-3", 0, "m5", "nan", "inf", "1h?"])
def test_no_durations(text: Any) -> None:
    with pytest.raises(InputError, match="timeout is"):
        duration(text)


def test_targets_hold_known_states_only() -> None:
    for target in TARGETS:
        assert states_of(target) <= KNOWN
    submitted, approved, trained, finished = map(states_of, TARGETS)
    assert finished < trained < approved < submitted
    with pytest.raises(InputError, match="choose one of submitted, approved, trained, finished"):
        states_of("done")


def test_many_jobs_are_one_request_each_round(
    emulator: Emulator, client: MetaStudioClient, answers: Count
) -> None:
    jobs = [emulator.control.add_job(name=f"job {n}") for n in range(40)]
    for job in jobs:
        emulator.control.set_state(job["job_id"], "TRAINING")
    emulator.control.clear_counters()
    found = asyncio.run(_all(client, [_wait(job, "approved") for job in jobs]))
    assert [detail.job_id for detail in found] == [job["job_id"] for job in jobs]
    assert all(isinstance(detail, JobDetail) for detail in found)
    assert answers(emulator.control.counters(), "list") == 1


def test_jobs_that_move_are_followed(start: Any, client_for: Any) -> None:
    # Each answer that contains a submitted job moves it on by one state.
    emulator = start(transitions="reads:1")
    client = client_for(emulator)
    job = emulator.control.add_job(name="mover")
    emulator.control.set_state(job["job_id"], "MANUAL_VERIFYING")
    (detail,) = asyncio.run(_all(client, [_wait(job, "finished")]))
    assert detail.state == "JOB_SUCCESS"


def test_a_later_wait_joins_the_rounds(emulator: Emulator, client: MetaStudioClient) -> None:
    first, second = (emulator.control.add_job(name=name) for name in ("one", "two"))
    emulator.control.set_state(second["job_id"], "JOB_SUCCESS")

    async def program() -> tuple[Any, Any]:
        rounds = Poller(client)
        waiting = asyncio.ensure_future(rounds.result(_wait(first, "trained")))
        detail = await rounds.result(_wait(second, "trained"))
        assert not waiting.done()
        await asyncio.to_thread(emulator.control.set_state, first["job_id"], "JOB_FINISH")
        return await waiting, detail

    one, two = asyncio.run(program())
    assert (one.state, two.state) == ("JOB_FINISH", "JOB_SUCCESS")


def test_a_failed_review_ends_a_wait_but_for_submitted(
    emulator: Emulator, client: MetaStudioClient
) -> None:
    job = emulator.control.add_job(name="dim")
    emulator.control.set_state(job["job_id"], "AUTO_VERIFY_FAILED", reason="too dark")
    submitted, trained = asyncio.run(_all(client, [_wait(job, "submitted"), _wait(job, "trained")]))
    assert submitted.state == "AUTO_VERIFY_FAILED"
    assert isinstance(trained, JobRefusal)
    assert "it: the review of this job failed: too dark" in str(trained)


def test_a_job_that_is_gone_ends_a_wait(emulator: Emulator, client: MetaStudioClient) -> None:
    job = emulator.control.add_job(name="brief")
    emulator.control.delete_job(job["job_id"])
    (outcome,) = asyncio.run(_all(client, [_wait(job, "trained")]))
    assert isinstance(outcome, JobRefusal)
    assert "it is gone from the service" in str(outcome)


@pytest.mark.parametrize(
    ("state", "way_out"),
    [
        ("WAIT_FILE_UPLOAD", "nobody has submitted it"),
        ("WAIT_USER_CONFIRM", "metastudio jobs accept"),
        ("JOB_PENDING", "metastudio jobs resume"),
        ("TRAIN_FAILED", "run up again to wait on"),
        ("NEVER_HEARD_OF", "run up again to wait on"),
    ],
)
def test_the_time_is_over(
    emulator: Emulator, client: MetaStudioClient, state: str, way_out: str
) -> None:
    job = emulator.control.add_job(name="slow")
    emulator.control.set_state(job["job_id"], state)
    (outcome,) = asyncio.run(_all(client, [_wait(job, "finished", 0.05)]))
    assert isinstance(outcome, JobRefusal)
    assert f"it is not finished after 0.05 s, it is in state {state}" in str(outcome)
    assert way_out in str(outcome)


def test_a_look_waits_for_nothing(emulator: Emulator, client: MetaStudioClient) -> None:
    jobs = [emulator.control.add_job(name=f"job {n}") for n in range(3)]
    emulator.control.set_state(jobs[0]["job_id"], "JOB_SUCCESS")
    emulator.control.set_state(jobs[1]["job_id"], "MANUAL_VERIFY_FAILED", reason="no")
    ready, failed, waiting = asyncio.run(
        _all(client, [_wait(job, "trained", once=True) for job in jobs])
    )
    assert ready.state == "JOB_SUCCESS"
    assert failed is waiting is None


def test_a_service_that_is_down_is_asked_again(
    emulator: Emulator, client: MetaStudioClient
) -> None:
    job = emulator.control.add_job(name="patient")
    emulator.control.set_state(job["job_id"], "JOB_SUCCESS")
    # more refusals than the client itself repeats
    emulator.control.add_fault("list", "status", status=503, times=8)
    (detail,) = asyncio.run(_all(client, [_wait(job, "trained")]))
    assert detail.state == "JOB_SUCCESS"

    emulator.control.add_fault("list", "status", status=503)
    (outcome,) = asyncio.run(_all(client, [_wait(job, "trained", 0.05)]))
    assert "the service could not be asked last time" in str(outcome)
    assert not isinstance(outcome, ServerError)


def test_a_refused_key_ends_every_wait(emulator: Emulator, client_for: Any) -> None:
    from pulumi_metastudio.api import AccessKey

    job = emulator.control.add_job(name="locked")
    client = client_for(emulator, credentials=AccessKey(emulator.access_key, "wrong"))
    outcomes = asyncio.run(_all(client, [_wait(job, "trained"), _wait(job, "finished")]))
    assert [type(outcome) for outcome in outcomes] == [AuthenticationError] * 2
