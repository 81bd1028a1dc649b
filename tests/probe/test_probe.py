"""The probe finds the truth, leaves nothing behind, and can submit nothing."""

from __future__ import annotations

import dataclasses
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator, Profile
from pulumi_metastudio.api import Password
from pulumi_metastudio.errors import InputError
from pulumi_metastudio.probe import Ledgers, ProbeClient, Result, clean, run, run_rates
from pulumi_metastudio.probe.client import HarmlessCommand
from pulumi_metastudio.probe.exchanges import Answered, Asked
from pulumi_metastudio.probe.interrupts import Interruptions
from pulumi_metastudio.probe.own_jobs import MOST_JOBS, OwnJobs
from pulumi_metastudio.probe.questions import QUESTIONS, SWITCHES, Needs
from pulumi_metastudio.probe.runner import BYTES, REQUESTS

from .kills import kills, start
from .service import answers, client_of, ledgers, observed, settings_of
from .storm import storm


@pytest.fixture
def records(tmp_path: Path) -> Ledgers:
    return Ledgers(tmp_path / "probes")


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses: the order of jobs updated in one second is not told then."""
    monkeypatch.setattr("pulumi_metastudio.probe.client._PAUSES", (0.0,))
    monkeypatch.setattr("pulumi_metastudio.probe.own_jobs._BETWEEN_LOOKS", 0.0)
    monkeypatch.setattr("pulumi_metastudio.probe.asking.other_jobs._ONE_SECOND_LATER", 0.0)


@pytest.fixture
def emulator(tmp_path: Path, request: pytest.FixtureRequest, stop_meanwhile: Any) -> Any:
    service = Emulator(tmp_path / "emulator", profile=getattr(request, "param", "tutorial")).start()
    yield service
    stop_meanwhile(service)


def probed(emulator: Emulator, records: Ledgers, **options: Any) -> Result:
    with client_of(emulator) as client:
        return run(client, records, **options)


def test_random_switches_are_found() -> None:
    assert storm(runs=2, seed=15, at_once=2) == {}


def test_a_killed_probe_leaves_nothing_that_clean_does_not_remove() -> None:
    assert kills(1, seed=15)[0] == []


def test_the_questions_are_about_the_switches() -> None:
    assert set(SWITCHES) == {field.name for field in dataclasses.fields(Profile)}
    for question in QUESTIONS:
        assert set(question.decides) <= set(question.meanings), question.id
        assert bool(question.decides) == bool(question.switch), question.id


def test_it_costs_what_it_says(emulator: Emulator, records: Ledgers) -> None:
    heard: list[Answered] = []
    with client_of(emulator, heard.append) as client:
        result = run(client, records)
    assert result.clean
    assert result.made == MOST_JOBS
    assert len(heard) <= REQUESTS
    assert sum(each.asked.content.size for each in heard if each.asked.content) <= BYTES
    assert sum(each.asked.forged for each in heard) == 1
    assert emulator.control.jobs() == []
    assert "SUBMITVERIFYING" not in emulator.control.counters()
    unanswered = {name for name, answer in answers(result).items() if answer is None}
    assert unanswered == {"update_reopened", "list_rate"}


def test_it_cannot_submit(emulator: Emulator) -> None:
    assert "SUBMITVERIFYING" not in {command.value for command in HarmlessCommand}
    job_id = emulator.control.add_job(name="Anna")["job_id"]
    with client_of(emulator) as client:
        with pytest.raises(ValueError, match="SUBMITVERIFYING"):
            client.command(job_id, "SUBMITVERIFYING")  # type: ignore[arg-type]
        path = f"/digital-human-training-manage/user/jobs/{job_id}/command"
        with pytest.raises(InputError, match="submits no job"):
            client.send(Asked("command", "POST", path, body={"command": "SUBMITVERIFYING"}))
    assert emulator.control.counters() == {}


def test_it_makes_no_fourth_job(emulator: Emulator, records: Ledgers) -> None:
    with client_of(emulator) as client, records.new(emulator.endpoint, "p") as ledger:
        jobs = OwnJobs(client, records, ledger)
        for number in range(MOST_JOBS):
            jobs.create({"name": str(number)})
        with pytest.raises(InputError, match="at most 3"):
            jobs.create({"name": "4"})
        assert jobs.remove_all() == []


def test_reading_makes_nothing(emulator: Emulator, records: Ledgers) -> None:
    result = probed(emulator, records, read_only=True)
    assert result.clean
    assert set(emulator.control.counters()) <= {"list", "show", "credits"}
    asked = {name for name, answer in answers(result).items() if answer is not None}
    assert asked == {question.id for question in QUESTIONS if question.needs is Needs.READING}
    assert observed(result)["unknown_job_status"] == 404


@pytest.mark.parametrize(
    "fault",
    [
        {"match": "create", "action": "reset", "after": True, "times": 1},
        {"match": "create", "action": "status", "status": 500, "after": True, "times": 1},
        {"match": "upload", "action": "status", "status": 503},
        {"match": "update", "action": "status", "status": 500},
        {"match": "delete", "action": "status", "status": 500, "times": 2},
        {"match": "create", "action": "status", "status": 400, "probability": 0.7, "seed": 2},
    ],
    ids=[
        "creation lost",
        "creation 500",
        "uploads busy",
        "updates 500",
        "deletions 500",
        "creations refused",
    ],
)
@pytest.mark.usefixtures("hurried")
def test_a_failure_leaves_nothing(
    emulator: Emulator, records: Ledgers, fault: dict[str, Any]
) -> None:
    emulator.control.add_fault(**fault)
    result = probed(emulator, records)
    assert result.left == []
    assert emulator.control.jobs() == []
    assert set(observed(result)) == set(SWITCHES)


@pytest.mark.usefixtures("hurried")
def test_a_refused_key_is_not_used_again(emulator: Emulator, records: Ledgers) -> None:
    emulator.control.add_fault("*", "status", status=401)
    result = probed(emulator, records)
    assert "HTTP 401" in result.failure
    assert sum(n for each in emulator.control.counters().values() for n in each.values()) == 1


@pytest.mark.usefixtures("hurried")
def test_it_ends_when_a_creation_costs(emulator: Emulator, records: Ledgers) -> None:
    class Costly(OwnJobs):
        def create(self, *args: Any, **kwargs: Any) -> Answered:
            emulator.control.set_credits("MODELING_2D", 5, 1)
            return super().create(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pulumi_metastudio.probe.runner.OwnJobs", Costly)
        result = probed(emulator, records)
    assert "credit" in result.failure
    assert (result.made, result.left) == (1, [])


def test_rates(emulator: Emulator) -> None:
    emulator.control.add_fault("list", "status", status=429, probability=0.5, seed=3)
    with client_of(emulator) as client:
        result = run_rates(client)
    assert answers(result)["list_rate"] == "refused"
    assert set(emulator.control.counters()) == {"list"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_does_not_end_the_cleaning(number: signal.Signals) -> None:
    with Interruptions().caught():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        signal.raise_signal(number)
        signal.raise_signal(number)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)


def test_a_signal_cleans_up(emulator: Emulator, tmp_path: Path) -> None:
    process = start(emulator, tmp_path)
    assert process.stderr
    for line in process.stderr:
        if line == "the second job\n":
            process.send_signal(signal.SIGTERM)
            break
    _, stderr = process.communicate()
    assert process.returncode == 130, stderr
    assert "interrupted" in stderr
    assert "a list proves that none is left" in stderr
    assert emulator.control.jobs() == []
    assert set(emulator.control.counters()["create"]) == {"200"}


def test_clean_heeds_whose_a_job_is(emulator: Emulator, records: Ledgers) -> None:
    """Old jobs of a lost machine go; young ones, submitted ones and strangers stay."""
    tag = "metastudio-probe-0123456789ab"
    old = {"create_time": "2026-01-01T00:00:00Z", "tags": [tag]}
    mine = emulator.control.add_job(name="lost", **old)["job_id"]
    stay = [
        emulator.control.add_job(name="young", tags=[tag]),
        emulator.control.add_job(name="submitted", state="TRAINING", **old),
        emulator.control.add_job(name=tag, tags=["anna"]),
    ]
    with client_of(emulator) as client:
        done = clean(client, records)
    assert done.deleted == [mine]
    assert [job.name for job in done.young] == ["young"]
    assert emulator.control.jobs() == stay


def test_a_service_that_is_not_there(tmp_path: Path) -> None:
    with ledgers() as records:
        emulator = Emulator(tmp_path / "gone").start()
        client = client_of(emulator)
        emulator.stop()
        with client, pytest.MonkeyPatch.context() as patch:
            patch.setattr("pulumi_metastudio.probe.client._PAUSES", ())
            result = run(client, records)
    assert "unreachable" in result.failure


def test_a_login_signs_nothing_and_names_its_project(emulator: Emulator, records: Ledgers) -> None:
    login = Password(emulator.user, emulator.password, emulator.domain)
    settings = replace(settings_of(emulator), credentials=login, project_id=None)
    with ProbeClient(settings, pace=0.0) as client:
        result = run(client, records, read_only=True)
    assert result.clean
    assert {name for name, answer in answers(result).items() if answer} == {
        q.id for q in QUESTIONS if q.needs is Needs.READING and q.id != "wrong_signature"
    }
