"""``metastudio jobs delete``: what it says is lost, and when it deletes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from metastudio_emulator import Emulator
from pulumi_metastudio.api.states import DELETABLE, KNOWN

Run = Callable[..., Result]
Make = Callable[..., str]


@pytest.fixture
def make(emulator: Emulator) -> Make:
    def job(state: str, **fields: Any) -> str:
        made: str = emulator.control.add_job(name="Anna [b]", **fields)["job_id"]
        emulator.control.set_state(made, state)
        emulator.control.clear_counters()
        return made

    return job


@pytest.mark.parametrize(
    ("state", "console", "lost"),
    [
        ("JOB_SUCCESS", "Completed", "its trained model, which was paid for"),
        ("JOB_FINISH", "Completed", "its trained model, which was paid for"),
        ("WAIT_USER_CONFIRM", "To be reviewed by users", "its trained model, which was paid for"),
        ("JOB_REJECT", "Rejected by users", "its trained model, which was paid for"),
        ("WAIT_FILE_UPLOAD", "To be submitted", "nothing was trained or billed yet"),
        ("MANUAL_VERIFY_FAILED", "Failed the auto review", "nothing was trained or billed yet"),
        ("TRAIN_FAILED", "Algorithm training ongoing", "which may have been billed"),
    ],
)
def test_it_says_what_is_lost_and_asks(
    run: Run, emulator: Emulator, make: Make, state: str, console: str, lost: str
) -> None:
    job = make(state)
    for answer in ("n\n", "\n", ""):
        declined = run("jobs", "delete", job, stdin=answer)
        assert declined.exit_code == 1
        for word in (job, "'Anna [b]'", state, console, lost):
            assert word in declined.output
    assert "delete" not in emulator.control.counters()
    deleted = run("jobs", "delete", job, stdin="y\n")
    assert deleted.exit_code == 0
    assert f"deleted job {job}" in deleted.stdout
    assert emulator.control.jobs() == []


def test_a_job_that_has_an_asset_may_have_been_billed(
    run: Run, emulator: Emulator, make: Make
) -> None:
    job = make("MANUAL_VERIFY_FAILED")
    emulator.control.set_fields(job, asset_id="0123456789abcdef")
    assert "may have been billed" in run("jobs", "delete", job).output


def test_without_a_question(run: Run, emulator: Emulator, make: Make) -> None:
    job = make("JOB_SUCCESS")
    deleted = run("jobs", "delete", job, "-y", "--json")
    assert json.loads(deleted.stdout) == {"job_id": job, "deleted": True}
    gone = run("jobs", "delete", job)
    assert gone.exit_code == 0
    assert f"the service has no job {job}" in gone.stdout


@pytest.mark.parametrize("state", sorted(KNOWN - DELETABLE)[::9])
def test_a_state_in_which_no_job_is_deleted(
    run: Run, emulator: Emulator, make: Make, state: str
) -> None:
    refused = run("jobs", "delete", make(state), "-y")
    assert refused.exit_code == 1
    (line,) = refused.output.splitlines()
    assert f"is in state {state}, in which the service deletes no job" in line
    assert "delete" not in emulator.control.counters()


def test_in_an_unknown_state_the_service_decides(run: Run, emulator: Emulator, make: Make) -> None:
    refused = run("jobs", "delete", make("BRAND_NEW"), "-y")
    assert refused.exit_code == 1
    assert isinstance(refused.exception, SystemExit)
    assert "Error: delete training job" in refused.output
    assert emulator.control.counters()["delete"]


def test_a_job_of_a_sub_user(run: Run, emulator: Emulator, make: Make) -> None:
    job = make("JOB_SUCCESS", app_user_id="anna")
    assert run("jobs", "delete", job, "-y", "--app-user-id", "anna").exit_code == 0
    assert emulator.control.jobs() == []
