"""Jobs made by hand come under a stack without being touched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from metastudio_emulator import Emulator

WRITES = ("create", "update", "delete", "command", "upload", "SUBMITVERIFYING")


def _writes(emulator: Emulator) -> dict[str, Any]:
    return {name: n for name, n in emulator.control.counters().items() if name in WRITES}


def test_adopted_jobs_are_not_touched(stack: Any, emulator: Emulator) -> None:
    control = emulator.control
    states = ("JOB_SUCCESS", "WAIT_FILE_UPLOAD", "MANUAL_VERIFY_FAILED", "NEVER_HEARD_OF")
    for number, state in enumerate(states):
        job = control.add_job(
            name="安娜" if number else "Anna", contact="13800138000", tags=["handmade"]
        )
        control.set_fields(job["job_id"], is_live_copy=bool(number % 2), batch_name="winter")
        control.set_state(job["job_id"], state, reason="because")
    before = control.jobs()
    control.clear_counters()

    (stack.folder / "__main__.py").unlink()
    stack.run("adopt", "--tag", "handmade", "--out", str(stack.folder)).ok()
    program = (stack.folder / "__main__.py").read_text()
    assert "13800138000" not in program
    stack.run("config", "set", "--secret", "contact", "13800138000").ok()
    up = stack.run("up").ok()
    assert len(stack.state()) == 4, up.text
    stack.run("preview", "--expect-no-changes").ok()
    stack.run("preview", "--refresh", "--expect-no-changes").ok()
    assert _writes(emulator) == {}
    assert control.jobs() == before


def test_drift_of_an_adopted_job_shows_at_once(stack: Any, emulator: Emulator) -> None:
    job = emulator.control.add_job(name="by hand")
    emulator.control.set_state(job["job_id"], "MANUAL_VERIFY_FAILED", reason="because")
    emulator.control.clear_counters()
    stack.declare(anna={"existing_job_id": job["job_id"], "name": "Anna", "submit": False})
    stack.run("up").ok()
    assert _writes(emulator) == {}
    assert stack.steps() == {"anna": "update"}
    assert emulator.control.job(job["job_id"])["fields"]["name"] == "by hand"
    stack.run("up").ok()
    assert emulator.control.job(job["job_id"])["fields"]["name"] == "Anna"


def test_what_the_service_has_is_not_uploaded(
    stack: Any, emulator: Emulator, material: dict[str, Path]
) -> None:
    names = ("training_video", "id_card_image1", "id_card_image2", "grant_file")
    files = {name: material[name] for name in names}
    stack.declare(anna={"name": "Anna", "deletion_policy": "retain", **files})
    stack.run("up").ok()
    (job,) = emulator.control.jobs()
    stack.run("destroy").ok()
    emulator.control.set_state(job["job_id"], "JOB_SUCCESS")
    emulator.control.clear_counters()
    stack.declare(anna={"existing_job_id": job["job_id"], "name": "Anna", **files})
    stack.run("up").ok()
    stack.run("preview", "--refresh", "--expect-no-changes").ok()
    assert _writes(emulator) == {}
    # other content, declared: the next preview says what it means
    files["id_card_image1"] = material["id_card_image2"]
    stack.declare(anna={"existing_job_id": job["job_id"], "name": "Anna", **files})
    assert "trains again and is billed again" in stack.run("preview").ok().text
