"""The stack tests that a real account can pass, for nothing: no job of theirs is submitted."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pulumi_metastudio.probe.own_jobs import MOST_JOBS

from .lane import Lane, LiveStack

pytestmark = pytest.mark.live
FILES = ("training_video", "id_card_image1", "id_card_image2", "grant_file")


def _job(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "submit": False, "deletion_policy": "delete", **more}


def test_the_probe_leaves_nothing(stack: LiveStack, lane: Lane) -> None:
    lane.spend(stack.folder, {f"probe {n}": {"submit": False} for n in range(MOST_JOBS)})
    told = json.loads(stack.type("probe", "--yes", "--json", "--stack", "test").ok().stdout)
    assert told["jobs_left"] == []
    assert told["jobs_made"] <= MOST_JOBS


def test_the_whole_story(stack: LiveStack, material: dict[str, Path]) -> None:
    """Up with files, nothing to do, an edit, destroy."""
    files = {name: material[name] for name in FILES}
    stack.declare(anna=_job("Anna", tags=["live"], **files))
    assert stack.steps() == {"anna": "create"}
    assert stack.left() == []
    stack.run("up").ok()
    (job,) = stack.left()
    assert job["state"] == "WAIT_FILE_UPLOAD"
    assert stack.outputs()["anna"]["job_id"] == job["job_id"]
    stack.run("preview", "--expect-no-changes").ok()
    stack.run("refresh", "--expect-no-changes").ok()
    stack.run("up", "--expect-no-changes").ok()
    stack.run("destroy").ok()
    assert stack.left() == []


def test_a_lost_state_is_swept(stack: LiveStack) -> None:
    stack.declare(bert=_job("Bert"))
    stack.run("up").ok()
    (job,) = stack.left()
    stack.lose_the_state()
    swept = json.loads(stack.run("sweep", "--json").ok().stdout)
    assert [each["job_id"] for each in swept] == [job["job_id"]]
    stack.run("sweep", "--delete", "--yes").ok()
    assert stack.left() == []


@pytest.mark.skipif(
    not Lane.of(os.environ).billable,
    reason="METASTUDIO_LIVE_BILLABLE is not 1: nothing is submitted",
)
def test_a_submission(stack: LiveStack, material: dict[str, Path]) -> None:
    """It is billed, and may stay: a job that is under review cannot be deleted."""
    stack.declare(cora={"name": "Cora", **{name: material[name] for name in FILES}})
    stack.run("up").ok()
    (job,) = stack.left()
    assert job["state"] != "WAIT_FILE_UPLOAD"
