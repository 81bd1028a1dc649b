"""Outputs that a job does not declare are read back from the engine when a program asks."""

from __future__ import annotations

from typing import Any

import pytest

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


PARTLY = """
import pathlib, pulumi
from pulumi_metastudio import TrainingJob, get_training_job_output, wait_for

anna = TrainingJob("anna", name="Anna", submit=False)
ben = TrainingJob("ben", name="Ben", submit=False)
seen = pathlib.Path("seen")
for output in ("job_id", "model_version", "asset_id"):
    getattr(ben, output).apply(lambda value, output=output: seen.write_text(f"{output} {value}"))
looked_up = get_training_job_output(ben.job_id).state
waited = wait_for([ben], target="submitted", timeout="1s", poll=0.2)

async def known():
    found = [await each.is_known() for each in (ben.id, ben.model_version, looked_up, waited)]
    pathlib.Path("known").write_text(str(found))

pulumi.export("known", known())
"""


@pytest.mark.parametrize("left_out", ["preview", "failure", "--continue-on-error", "--target"])
def test_outputs_of_a_job_that_is_not_made_are_unknown(
    stack: Any, engine: str, emulator: Emulator, left_out: str
) -> None:
    """Neither engine tells anything of such a job, which is no reason to call it None."""
    if left_out[0] == "-" and engine == "embedded":
        pytest.skip("the embedded engine has no such option")
    (stack.folder / "__main__.py").write_text("")
    stack.run("up").ok()
    (stack.folder / "__main__.py").write_text(PARTLY)
    emulator.control.add_fault("create", "status", status=400)
    if left_out == "preview":
        ended = stack.run("preview").ok()
    elif left_out == "failure":
        ended = stack.run("up")
        assert "HTTP 400" in ended.text
    else:
        prefix = "urn:pulumi:test::storytelling::pulumi-python:dynamic/metastudio:TrainingJob"
        flags = [left_out, *([f"{prefix}::anna"] if left_out == "--target" else [])]
        if left_out == "--target":
            emulator.control.clear_faults()
        ended = stack.pulumi("up", "--yes", "--skip-preview", *flags)
        assert (ended.code == 0) == (left_out == "--target"), ended.text
    assert not (stack.folder / "seen").exists(), (stack.folder / "seen").read_text()
    assert "Traceback" not in ended.text
    assert "None" not in ended.text
    if left_out != "failure":  # which ends the program at once
        assert (stack.folder / "known").read_text() == "[False, False, False, False]"
    assert [job["fields"]["name"] for job in emulator.control.jobs()] == (
        ["Anna"] if left_out == "--target" else []
    )
