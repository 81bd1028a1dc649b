"""The life of one job as its team sees it, from the first up to destroy."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator

FILES = ("training_video", "id_card_image1", "id_card_image2", "grant_file", "audio", "cover")


@pytest.fixture
def anna(material: dict[str, Path]) -> dict[str, Any]:
    """The inputs of a complete job."""
    return {
        "name": "Anna",
        "contact": "13800138000",
        "tags": ["newsroom"],
        "batch_name": "autumn",
        **{name: material[name] for name in FILES},
    }


def test_the_whole_story(stack: Any, emulator: Emulator, anna: dict[str, Any]) -> None:
    control = emulator.control

    # up: the job exists, its files are the declared ones, byte for byte, and it is submitted
    stack.declare(anna=anna)
    assert stack.steps() == {"anna": "create"}
    assert control.jobs() == []
    stack.run("up").ok()
    (job,) = control.jobs()
    job_id = job["job_id"]
    stored = control.objects(job_id)
    assert {name: stored[name]["sha256"] for name in FILES} == {
        name: _sha256(anna[name]) for name in FILES
    }
    outputs = stack.outputs()["anna"]
    assert outputs["job_id"] == job_id
    assert outputs["state"] == job["state"] != "WAIT_FILE_UPLOAD"
    assert outputs["console_status"] == "Auto reviewing..."

    # nothing to do, before and after a refresh
    stack.run("preview", "--expect-no-changes").ok()
    stack.run("refresh", "--expect-no-changes").ok()
    stack.run("up", "--expect-no-changes").ok()

    # the job moves on by itself: not drift, the outputs follow
    control.set_state(job_id, "AUTO_VERIFY_FAILED", reason="the light flickers")
    stack.run("refresh", "--expect-no-changes").ok()
    assert stack.recorded("anna")["state"] == "AUTO_VERIFY_FAILED"
    assert "the light flickers" in stack.run("preview", "--expect-no-changes").ok().text

    # a field changed behind its back: seen by a preview with refresh, mended by up
    control.set_fields(job_id, name="Somebody else")
    assert stack.steps() == {}
    assert stack.steps("--refresh")["anna"] == "update"
    stack.run("up", "--refresh").ok()
    assert control.job(job_id)["fields"]["name"] == "Anna"
    stack.run("preview", "--refresh", "--expect-no-changes").ok()

    # deleted behind its back: refresh drops it, up makes it again
    control.delete_job(job_id)
    stack.run("refresh").ok()
    assert stack.state() == []
    stack.run("up").ok()
    (job,) = control.jobs()
    assert job["job_id"] != job_id
    job_id = job["job_id"]
    control.set_state(job_id, "MANUAL_VERIFY_FAILED", reason="the letter is unsigned")
    stack.run("refresh").ok()

    # a field edited: in place
    anna["batch_name"] = "winter"
    stack.declare(anna=anna)
    assert stack.steps() == {"anna": "update"}
    stack.run("up").ok()
    assert control.job(job_id)["fields"]["batch_name"] == "winter"
    stack.run("preview", "--refresh", "--expect-no-changes").ok()

    # a field edited that is fixed at creation: a new job, and the preview says so
    anna["is_live_copy"] = True
    stack.declare(anna=anna)
    preview = stack.run("preview").ok()
    assert "is_live_copy is fixed when a job is created" in preview.text
    assert stack.steps() == {"anna": "replace"}
    refused = stack.run("up")
    assert refused.code != 0
    assert "is in state AUTO_VERIFYING, in which the service deletes no job" in refused.text
    control.set_state(job_id, "MANUAL_VERIFYING")
    stack.run("up").ok()
    (job,) = control.jobs()
    assert job["job_id"] != job_id
    assert job["fields"]["is_live_copy"] is True
    stack.run("preview", "--refresh", "--expect-no-changes").ok()

    # destroy: the service holds nothing
    control.set_state(job["job_id"], "MANUAL_VERIFYING")
    stack.run("destroy").ok()
    assert control.jobs() == []
    assert stack.state() == []


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_job_that_was_submitted_meanwhile_is_recorded_so(
    stack: Any, emulator: Emulator, anna: dict[str, Any]
) -> None:
    """By somebody at the console, or by an up that was killed before the engine noted it."""
    stack.declare(anna=anna)
    emulator.control.add_fault("SUBMITVERIFYING", "status", status=500)
    assert "left to do: submit" in stack.run("up").text
    emulator.control.clear_faults()
    (job,) = emulator.control.jobs()
    emulator.control.set_state(job["job_id"], "AUTO_VERIFYING")

    stack.run("up").ok()
    assert stack.recorded("anna")["pending"] == []
    assert stack.recorded("anna")["state"] == "AUTO_VERIFYING"
    stack.run("up", "--expect-no-changes").ok()
    assert emulator.control.counters()["SUBMITVERIFYING"] == {"500": 1}
