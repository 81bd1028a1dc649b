"""Jobs of two accounts in one program: each is a project at a service of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

import pulumi_embedded
from metastudio_emulator import Emulator

PROGRAM = """
import json, os, pathlib, pulumi
from pulumi_metastudio import TrainingJob, list_training_jobs, wait_for

for resource, inputs in json.loads(pathlib.Path("jobs.json").read_text()).items():
    job = TrainingJob(resource, **inputs)
    if resource == os.environ.get("WAIT_FOR"):
        done = wait_for(job, target="trained", timeout="60s", poll=0.2)
        pulumi.export("waited", done.state)
pulumi.export("before", [job.name for job in list_training_jobs(account="studio-b")])
"""


@pytest.fixture
def other(tmp_path: Path, stop_meanwhile: Callable[[Emulator], None]) -> Iterator[Emulator]:
    """The service of the second account."""
    service = Emulator(tmp_path / "other", transitions="manual").start()
    yield service
    stop_meanwhile(service)


def configure(stack: Any, account: str, service: Emulator) -> None:
    """What ``metastudio config set`` leaves in the stack's file, by one process for all keys."""
    settings = {
        "endpoint": service.endpoint,
        "projectId": service.project_id,
        "accessKey": service.access_key,
        "secretKey": service.secret_key,
    }
    with mock.patch.dict(os.environ, stack.environment, clear=True):
        for key, value in settings.items():
            name = f"metastudio-{account}:{key}"
            secret = key.endswith("Key")
            pulumi_embedded.config_set(stack.folder, "test", name, value, secret=secret)


def names(service: Emulator) -> set[str]:
    return {job["fields"]["name"] for job in service.control.jobs()}


def test_two_accounts(stack: Any, emulator: Emulator, other: Emulator) -> None:
    (stack.folder / "__main__.py").write_text(PROGRAM)
    configure(stack, "studio-b", other)
    anna, berta = ({"name": name, "submit": False} for name in ("Anna", "Berta"))
    stack.declare(anna=anna, berta={**berta, "account": "studio-b"})
    stack.run("up").ok()
    assert (names(emulator), names(other)) == ({"Anna"}, {"Berta"})
    (job,) = other.control.jobs()
    other.control.set_fields(job["job_id"], name="Bertha")
    other.control.set_state(job["job_id"], "JOB_SUCCESS")

    # Each job is read, listed and waited for through its own account. Another name for the same
    # project is no new job; another project is one, and the old job is deleted through the account
    # that the state records.
    configure(stack, "studio-c", other)
    stack.declare(
        anna={**anna, "account": "studio-c"},
        berta={**berta, "name": "Bertha", "account": "studio-c"},
    )
    told = stack.run("up", "--refresh", WAIT_FOR="berta").ok().text
    assert "account 'studio-c' is of another project: a new job trains there" in told
    assert "account 'studio-c' is of the same project: only noted" in told
    assert (names(emulator), names(other)) == (set(), {"Anna", "Bertha"})
    recorded = stack.recorded("berta")
    assert (recorded["job_id"], recorded["account"]) == (job["job_id"], "studio-c")
    assert '"JOB_SUCCESS"' in told  # what was waited for

    stack.declare(carla={**anna, "account": "nobody"})
    refused = stack.run("up")
    assert refused.code != 0
    assert "account 'nobody': metastudio-nobody:accessKey is missing" in refused.text
    assert "'pulumi config set --secret metastudio-nobody:accessKey'" in refused.text
    assert "Traceback" not in refused.text
    assert len(other.control.jobs()) == 2

    destroyed = stack.run("destroy").ok()
    assert f"metastudio jobs delete {job['job_id']} --account studio-c" in destroyed.text
    left = stack.run("jobs", "list", "--json", "--account", "studio-b").ok()
    assert [each["job_id"] for each in json.loads(left.stdout)] == [job["job_id"]]
    kept = "".join([*stack.transcript, stack.checkpoint()])
    assert [key for key in (other.access_key, other.secret_key) if key in kept] == []
