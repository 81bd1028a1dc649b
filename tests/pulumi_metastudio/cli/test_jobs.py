"""``metastudio jobs`` against the service of a whitelisted tenant."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from metastudio_emulator import Emulator
from pulumi_metastudio.cli.printing import masked

Run = Callable[..., Result]


@pytest.fixture
def job(emulator: Emulator) -> str:
    """A job whose result waits for its user."""
    made = emulator.control.add_job(name="Anna [news]", contact="13800138000")
    emulator.control.set_state(made["job_id"], "WAIT_USER_CONFIRM")
    return str(made["job_id"])


def _state(emulator: Emulator, job: str) -> str:
    return str(emulator.control.job(job)["state"])


def test_list_masks_contacts_and_prints_no_url(run: Run, emulator: Emulator, job: str) -> None:
    for number in range(120):
        emulator.control.add_job(name=f"other {number}", tags=["many"])
    shown = run("jobs", "list", "--state", "WAIT_USER_CONFIRM")
    assert shown.exit_code == 0
    assert job in shown.output
    assert "Anna [news]" in shown.output
    assert "138****8000" in shown.output
    assert "13800138000" not in shown.output
    listed = json.loads(run("jobs", "list", "--json").stdout)
    assert len(listed) == len({each["job_id"] for each in listed}) == 121
    assert listed[0]["contact"] == "138****8000"
    few = json.loads(run("jobs", "list", "--json", "--tag", "many", "--limit", "3").stdout)
    assert [each["name"] for each in few] == ["other 0", "other 1", "other 2"]
    assert "no job" in run("jobs", "list", "--name", "nobody").stdout


def test_show_tells_all_but_urls(run: Run, emulator: Emulator, job: str) -> None:
    emulator.control.set_state(job, "MANUAL_VERIFY_FAILED", reason="the face is covered")
    shown = run("jobs", "show", job)
    assert shown.exit_code == 0
    assert "the face is covered" in shown.output
    as_json = run("jobs", "show", job, "--json").stdout
    assert json.loads(as_json)["console_status"] == "Failed the auto review"
    for output in (shown.output, as_json):
        assert "http" not in output
        assert "13800138000" not in output
    assert "the service has no training job nobody" in run("jobs", "show", "nobody").output


def test_accept(run: Run, emulator: Emulator, job: str) -> None:
    assert run("jobs", "accept", job, stdin="n\n").exit_code != 0
    assert _state(emulator, job) == "WAIT_USER_CONFIRM"
    assert "is in state JOB_FINISH" in run("jobs", "accept", job, "-y").output
    assert _state(emulator, job) == "JOB_FINISH"
    again = run("jobs", "accept", job, "-y")
    assert again.exit_code == 1
    assert "is in state JOB_FINISH and cannot be accepted" in again.output


def test_reject_and_answer_with_attachments_in_order(
    run: Run, emulator: Emulator, job: str, tmp_path: Path
) -> None:
    files = []
    for name in ("first.png", "second.txt"):
        (tmp_path / name).write_bytes(name.encode() * 10)
        files += ["--attach", str(tmp_path / name)]
    words = ("--title", "Lips", "-m", "They do not move", *files)
    rejected = run("jobs", "reject", job, "-y", *words)
    assert rejected.exit_code == 0, rejected.output
    assert _state(emulator, job) == "JOB_REJECT"
    assert run("jobs", "answer", job, "--title", "Also", "-m", "blinking").exit_code == 0
    comments = json.loads(run("jobs", "show", job, "--json").stdout)["comment_logs"]
    assert [each["comment_message"] for each in comments] == ["They do not move", "blinking"]
    stored = emulator.control.objects(job)
    sizes = sorted(o["size"] for n, o in stored.items() if n.startswith("attachment"))
    assert sizes == [90, 100]


def test_what_cannot_be_attached_rejects_nothing(run: Run, emulator: Emulator, job: str) -> None:
    words = ("--title", "t", "-m", "m", "--attach", "/nowhere/at-all.png")
    assert "at-all.png" in run("jobs", "reject", job, "-y", *words).output
    assert _state(emulator, job) == "WAIT_USER_CONFIRM"


def test_an_attachment_that_fails_says_that_the_rejection_stands(
    run: Run, emulator: Emulator, job: str, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(b"picture")
    emulator.control.add_fault("upload", "status", status=403)
    words = ("--title", "t", "-m", "m", "--attach", str(tmp_path / "a.png"))
    failed = run("jobs", "reject", job, "-y", *words)
    assert failed.exit_code == 1
    assert "CONFIRM_REJECT is carried out all the same" in failed.output
    assert _state(emulator, job) == "JOB_REJECT"


def test_suspend_resume_repair(run: Run, emulator: Emulator, job: str) -> None:
    assert run("jobs", "suspend", job).exit_code == 0
    assert _state(emulator, job) == "JOB_PENDING"
    assert "cannot be repaired" in run("jobs", "repair", job, "-y").output
    assert run("jobs", "resume", job).exit_code == 0
    assert "cannot be resumed" in run("jobs", "resume", job).output
    assert run("jobs", "repair", job, "-y", "--reason", "softer edges").exit_code == 0
    assert _state(emulator, job) == "WAIT_TRAINING_DATA_PREPROCESS"


def test_in_an_unknown_state_the_service_decides(run: Run, emulator: Emulator, job: str) -> None:
    emulator.control.set_state(job, "BRAND_NEW")
    refused = run("jobs", "accept", job, "-y")
    assert refused.exit_code == 1
    assert emulator.control.counters()["CONFIRM_ACCEPT"]


@pytest.mark.parametrize(
    ("contact", "shown"),
    [("13800138000", "138****8000"), ("anna@example.com", "ann****.com"), ("12345", "****")],
)
def test_masks(contact: str, shown: str) -> None:
    assert masked(contact) == shown
