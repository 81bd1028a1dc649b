"""Functions and waiting in a program, on both engines: what a user's terminal sees."""

from __future__ import annotations

import json
from typing import Any

import pytest

from metastudio_emulator import Emulator

PROGRAM = """
import json, os, pathlib, pulumi
from pulumi_metastudio import (TrainingJob, get_training_job_output, list_training_jobs,
                               list_training_jobs_output, wait_for)

jobs = [TrainingJob(resource, **inputs)
        for resource, inputs in json.loads(pathlib.Path("jobs.json").read_text()).items()]
target, timeout = os.environ.get("WAIT_TARGET"), os.environ.get("WAIT_TIMEOUT", "60s")
if target:
    done = wait_for(jobs[0], target=target, timeout=timeout, poll=0.2)
    rest = wait_for(jobs[1:], target=target, timeout=timeout, poll=0.2)
    pulumi.export("waited", done.state)
    pulumi.export("contact", done.contact)
    pulumi.export("others", pulumi.Output.unsecret(rest.apply(lambda all: [j.state for j in all])))
if not pulumi.runtime.is_dry_run():
    found = get_training_job_output(jobs[0].job_id)
    pulumi.export("found", found.name)
    pulumi.export("found_contact", found.contact)
    pulumi.export("cover", found.cover_download_url)
    listed = list_training_jobs_output(
        batch_name="autumn", opts=pulumi.InvokeOutputOptions(depends_on=jobs))
    pulumi.export("listed", pulumi.Output.unsecret(listed.apply(len)))
pulumi.export("before", [job.name for job in list_training_jobs(tag="handmade", limit=2)])
"""


@pytest.fixture
def program(stack: Any, material: dict[str, Any]) -> Any:
    """A stack that makes three jobs."""
    (stack.folder / "__main__.py").write_text(PROGRAM)
    files = {n: material[n] for n in ("training_video", "id_card_image1", "id_card_image2")}
    job = {"contact": "13800138000", "batch_name": "autumn", "cover": material["cover"], **files}
    job["grant_file"] = material["grant_file"]
    stack.declare(**{name: {**job, "name": name} for name in ("anna", "ben", "carla")})
    return stack


def test_a_program_asks_and_lists(program: Any, emulator: Emulator) -> None:
    for number in range(3):
        emulator.control.add_job(name=f"old {number}", tags=["handmade"])
    program.run("up").ok()
    outputs = program.outputs()
    assert outputs["found"] == "anna"
    assert outputs["listed"] == 3
    assert outputs["before"] == ["old 0", "old 1"]
    # personal data and URLs are secret wherever they flow
    assert outputs["found_contact"] == outputs["cover"] == "[secret]"
    assert "13800138000" not in program.checkpoint() + "".join(program.transcript)
    assert "ticket" not in program.checkpoint()


def test_an_unknown_job_is_one_line(stack: Any) -> None:
    (stack.folder / "__main__.py").write_text(
        "from pulumi_metastudio import get_training_job\nget_training_job('nobody')\n"
    )
    failed = stack.run("up")
    assert failed.code != 0
    assert "the service has no training job nobody in this project" in failed.text
    assert "Traceback" not in failed.text


def test_up_waits_for_all_jobs_together(program: Any, emulator: Emulator) -> None:
    control = emulator.control
    assert set(program.steps()) == {"anna", "ben", "carla"}
    program.run("up").ok()
    for job in control.jobs():
        control.set_state(job["job_id"], "SOMETHING_NEW")

    # in a preview nothing waits, and one list request tells that nothing is at its target
    control.clear_counters()
    program.run("preview", WAIT_TARGET="trained").ok()
    assert sum(control.counters()["list"].values()) <= 2  # the program's own, and one for all

    # too late, with the state and the way out
    late = program.run("up", WAIT_TARGET="trained", WAIT_TIMEOUT="0.3")
    assert late.code != 0
    assert "is not trained after 0.3 s, it is in state SOMETHING_NEW" in late.text
    assert "run up again to wait on" in late.text
    assert "Traceback" not in late.text

    for job, state in zip(
        control.jobs(), ("JOB_SUCCESS", "JOB_FINISH", "WAIT_USER_CONFIRM"), strict=True
    ):
        control.set_state(job["job_id"], state)
    program.run("up", WAIT_TARGET="trained").ok()
    outputs = program.outputs()
    seen = [outputs["waited"], *outputs["others"]]
    assert sorted(seen) == ["JOB_FINISH", "JOB_SUCCESS", "WAIT_USER_CONFIRM"]
    assert outputs["contact"] == "[secret]"
    # at their targets, the jobs are known in a preview too
    control.clear_counters()
    program.run("preview", "--expect-no-changes", WAIT_TARGET="trained").ok()
    assert sum(control.counters()["show"].values()) == 3


def test_a_failed_review_fails_up_with_the_reviewers_words(
    program: Any, emulator: Emulator
) -> None:
    program.run("up").ok()
    for job in emulator.control.jobs():
        emulator.control.set_state(
            job["job_id"], "MANUAL_VERIFY_FAILED", reason="the letter is unsigned"
        )
    failed = program.run("up", WAIT_TARGET="approved")
    assert failed.code != 0
    assert "the review of this job failed: the letter is unsigned" in failed.text
    assert "Traceback" not in failed.text
    assert len(json.loads(program.checkpoint())["checkpoint"]["latest"]["resources"]) >= 3
