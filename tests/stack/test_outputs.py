"""Outputs that a job does not declare are read back from the engine when a program asks."""

from __future__ import annotations

from typing import Any

from metastudio_emulator import Emulator

PROGRAM = """
import pathlib, pulumi
from pulumi_metastudio import TrainingJob

job = TrainingJob("anna", name="Anna", contact="13800138000", submit=False)
found = TrainingJob.get("found", job.job_id)
beside = TrainingJob("ben", name="Ben", batch_name=job.model_version, submit=False)
seen = pathlib.Path("seen")
job.state.apply(lambda state: seen.write_text(state))
pulumi.export("job", {
    "name": job.name, "declared later": job.model_version, "none": job.asset_id,
    "contact": job.contact, "pending": job.pending, "services": job.supported_service,
})
pulumi.export("found", {
    "name": found.name, "state": found.state, "contact": found.contact,
})
pulumi.export("batch", beside.batch_name)
"""


def test_outputs_are_known_when_they_are_asked_for(stack: Any, emulator: Emulator) -> None:
    (stack.folder / "__main__.py").write_text(PROGRAM)
    seen = stack.folder / "seen"
    stack.run("preview").ok()
    assert not seen.exists()  # a job that is not there yet has no state

    stack.run("up").ok()
    assert seen.read_text() == "WAIT_FILE_UPLOAD"
    shown = stack.outputs()
    job, found = shown["job"], shown["found"]
    assert job["name"] == found["name"] == "Anna"
    assert job["declared later"] == shown["batch"] == "V3.2"
    assert job.get("none") is None
    assert job["pending"] == []
    assert job["services"] == ["VIDEO_2D", "LIVE_2D"]
    assert found["state"] == "WAIT_FILE_UPLOAD"
    assert job["contact"] == found["contact"] == "[secret]"
    assert "13800138000" not in stack.checkpoint()

    anna, ben = (
        next(r for r in stack.state() if r["urn"].endswith(f"::{name}")) for name in ("anna", "ben")
    )
    assert ben["dependencies"] == [anna["urn"]]
    assert ben["propertyDependencies"]["batch_name"] == [anna["urn"]]

    seen.unlink()
    stack.run("preview", "--expect-no-changes").ok()
    assert seen.read_text() == "WAIT_FILE_UPLOAD"
    stack.run("destroy").ok()
    assert emulator.control.jobs() == []
