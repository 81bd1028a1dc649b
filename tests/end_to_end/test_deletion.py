"""``metastudio jobs delete`` of a job that a stack records."""

from __future__ import annotations

from typing import Any

from metastudio_emulator import Emulator


def test_stacks_that_record_the_job_are_named(stack: Any, emulator: Emulator) -> None:
    stack.declare(anna={"name": "Anna", "submit": False})
    stack.run("up").ok()
    (job,) = emulator.control.jobs()
    (resource,) = stack.state()
    stack.init("other")
    asked = stack.type("jobs", "delete", job["job_id"], "--stack", "other", stdin="n\n")
    assert asked.code == 1
    assert f"stack test records it as {resource['urn']}" in asked.stderr
    assert "[y/N]" in asked.stderr
    assert len(emulator.control.jobs()) == 1

    folder = stack.folder.parent / "backend" / ".pulumi" / "stacks" / "storytelling"
    (folder / "broken.json").write_text("{")
    asked = stack.type("jobs", "delete", job["job_id"], "--stack", "other", stdin="n\n")
    assert "whether a stack records" in asked.stderr
    assert "broken.json cannot be read" in asked.stderr
    (folder / "broken.json").unlink()

    deleted = stack.run("jobs", "delete", job["job_id"], "-y").ok()
    assert "stack test records it" in deleted.stderr
    assert emulator.control.jobs() == []
    # as the warning says
    stack.run("refresh").ok()
    assert stack.state() == []
