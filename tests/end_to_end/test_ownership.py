"""Whose a job is: two people, two backends, renames, replacements, on a real engine.

Jobs here have no files and are not submitted, so that a run is short; what the service has done
with them meanwhile is set through its control interface.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.backend import Backend
from pulumi_metastudio.lifecycle.ownership import Identity

PLAIN: dict[str, Any] = {"name": "Anna", "submit": False}
WRITES = ("create", "update", "delete", "command", "upload")


def writes(emulator: Emulator) -> dict[str, Any]:
    return {name: n for name, n in emulator.control.counters().items() if name in WRITES}


def job_ids(emulator: Emulator) -> set[str]:
    return {job["job_id"] for job in emulator.control.jobs()}


def identity(stack: Any, resource: str = "anna", name: str = "test") -> Identity:
    kind = "pulumi-python:dynamic/metastudio:TrainingJob"
    urn = f"urn:pulumi:{name}::storytelling::{kind}::{resource}"
    url = stack.environment["PULUMI_BACKEND_URL"]
    return Identity(urn, Backend(url, stack.folder).owner)


@pytest.fixture
def trained(stack: Any, emulator: Emulator) -> str:
    """A job that somebody made at the console, trained and paid for."""
    job_id: str = emulator.control.add_job(name="Anna")["job_id"]
    emulator.control.set_state(job_id, "JOB_SUCCESS")
    return job_id


# --------------------------------------------------------------------------- adopted jobs


@pytest.mark.parametrize("state", ["JOB_SUCCESS", "WAIT_FILE_UPLOAD", "MANUAL_VERIFYING"])
def test_an_adopted_job_outlives_a_rename(
    state: str, stack: Any, emulator: Emulator, trained: str
) -> None:
    emulator.control.set_state(trained, state)
    adopted = {**PLAIN, "existing_job_id": trained, "deletion_policy": "delete"}
    stack.declare(anna=adopted)
    stack.run("up").ok()
    emulator.control.clear_counters()
    stack.declare(berta=adopted)
    result = stack.run("up").ok()
    assert f"job {trained} is kept: this run has just taken it over" in result.text
    assert [r["id"] for r in stack.state()] == [trained]
    assert writes(emulator) == {}


def test_a_rename_that_was_cut_short_spares_the_job(
    stack: Any, emulator: Emulator, trained: str
) -> None:
    """Killed between the adoption and the delete: two resources record the job."""
    adopted = {**PLAIN, "existing_job_id": trained, "deletion_policy": "delete"}
    stack.declare(anna=adopted, berta=adopted)
    stack.run("up").ok()
    stack.declare(berta=adopted)
    assert f"job {trained} is kept: urn:" in stack.run("up").ok().text
    assert job_ids(emulator) == {trained}
    stack.run("destroy").ok()
    assert job_ids(emulator) == set()  # its policy says so


@pytest.mark.parametrize("policy", ["retain-trained", "delete"])
def test_an_adopted_job_does_not_replace_itself(
    policy: str, stack: Any, emulator: Emulator, trained: str
) -> None:
    adopted = {**PLAIN, "existing_job_id": trained, "deletion_policy": policy}
    stack.declare(anna=adopted)
    stack.run("up").ok()
    emulator.control.clear_counters()
    stack.declare(anna={**adopted, "is_flexus": True})
    assert "cannot replace itself" in stack.run("preview").ok().text
    refused = stack.run("up")
    assert refused.code != 0
    assert f"job {trained} is the one that existing_job_id names" in refused.text
    assert "Traceback" not in refused.text
    assert (job_ids(emulator), writes(emulator)) == ({trained}, {})
    assert [r["id"] for r in stack.state()] == [trained]
    # The way out that the message names.
    stack.declare(anna={**PLAIN, "deletion_policy": policy, "is_flexus": True})
    stack.run("up").ok()
    (job,) = stack.state()
    assert job["id"] != trained
    assert (trained in job_ids(emulator)) is (policy == "retain-trained")
    stack.run("preview", "--expect-no-changes").ok()


def test_an_adopted_job_takes_no_other_file_for_its_own(
    stack: Any, emulator: Emulator, material: dict[str, Path]
) -> None:
    made = {**PLAIN, "cover": material["cover"], "deletion_policy": "retain"}
    stack.declare(anna=made)
    stack.run("up").ok()
    (job_id,) = job_ids(emulator)
    stack.run("destroy").ok()
    emulator.control.set_state(job_id, "JOB_SUCCESS")
    adopted = {**made, "existing_job_id": job_id}
    stack.declare(anna=adopted)
    stack.run("up").ok()
    before = stack.recorded("anna")["fingerprints"]
    assert before["cover"]
    stack.declare(anna={**adopted, "cover": material["id_card_image1"]})
    refused = stack.run("up")
    assert refused.code != 0
    assert "cannot replace itself" in refused.text
    assert stack.recorded("anna")["fingerprints"] == before
    assert job_ids(emulator) == {job_id}


# ------------------------------------------------------------------- two people, two backends


def test_a_colleagues_stack_of_the_same_name_is_not_touched(
    stack: Any, emulator: Emulator, tmp_path: Path
) -> None:
    """With a home folder, and so a journal, of its own or shared."""
    stack.declare(anna=PLAIN)
    stack.run("up").ok()
    (first,) = job_ids(emulator)
    for number, shared in enumerate((False, True)):
        before = emulator.control.job(first)
        home = {"HOME": stack.environment["HOME"]} if shared else {}
        colleague = stack.of_a_colleague(tmp_path / str(number), **home)
        run = colleague.run("up").ok()
        assert f"job {first} (WAIT_FILE_UPLOAD) was made for a resource of this name" in run.text
        assert emulator.control.job(first) == before
        emulator.control.set_state(first, "JOB_SUCCESS")
        colleague.run("up", "--expect-no-changes").ok()
        colleague.run("destroy").ok()
        emulator.control.set_state(first, "WAIT_FILE_UPLOAD")
        assert job_ids(emulator) == {first}
    stack.run("up", "--expect-no-changes").ok()


def test_a_new_resource_of_an_old_name_leaves_the_renamed_one_its_job(
    stack: Any, emulator: Emulator
) -> None:
    stack.declare(anna=PLAIN)
    stack.run("up").ok()
    (first,) = job_ids(emulator)
    renamed = {**PLAIN, "opts": {"aliases": ["anna"]}}
    stack.declare(berta=renamed)
    stack.run("up", "--expect-no-changes").ok()
    stack.declare(berta=renamed, anna=PLAIN)
    stack.run("up").ok()
    found = {r["urn"].rpartition("::")[2]: r["id"] for r in stack.state()}
    assert found["berta"] == first != found["anna"]
    assert job_ids(emulator) == set(found.values())
    stack.run("up", "--expect-no-changes").ok()


def test_a_new_stack_of_an_old_name_leaves_the_renamed_one_its_job(
    stack: Any, emulator: Emulator
) -> None:
    if shutil.which("pulumi") is None:
        pytest.skip("pulumi stack rename needs the Pulumi CLI, which is not on PATH")
    stack.declare(anna=PLAIN)
    stack.run("up").ok()
    (first,) = job_ids(emulator)
    before = emulator.control.job(first)
    renamed = stack.pulumi("stack", "rename", "prod")
    assert renamed.code == 0, renamed.text
    stack.run("up").ok()
    (now,) = stack.state()
    assert now["id"] != first
    assert emulator.control.job(first) == before


# --------------------------------------------------------------------- submitted, unrecorded


def test_what_was_submitted_and_is_recorded_nowhere_stops_up(
    stack: Any, emulator: Emulator
) -> None:
    """Killed between the submission and the state, found on a machine without its journal."""
    tags = list(identity(stack).tags)
    lost = emulator.control.add_job(name="Anna", tags=tags, state="AUTO_VERIFYING")["job_id"]
    stack.declare(anna=PLAIN)
    refused = stack.run("up")
    assert refused.code != 0
    assert f"Take it over with existing_job_id='{lost}'" in refused.text
    assert "Traceback" not in refused.text
    assert job_ids(emulator) == {lost}
    stack.declare(anna={**PLAIN, "existing_job_id": lost})
    stack.run("up").ok()
    stack.declare(anna=PLAIN)  # needed once only
    stack.run("up").ok()
    stack.run("up", "--expect-no-changes").ok()
    assert [r["id"] for r in stack.state()] == [lost]
    assert job_ids(emulator) == {lost}


def test_a_job_that_was_kept_on_purpose_is_not_a_lost_one(stack: Any, emulator: Emulator) -> None:
    stack.declare(anna=PLAIN)
    stack.run("up").ok()
    (kept,) = job_ids(emulator)
    emulator.control.set_state(kept, "JOB_SUCCESS")
    run = stack.run("destroy").ok()
    assert f"metastudio jobs delete {kept}" in run.text
    assert "then destroy" not in run.text
    again = stack.run("up").ok()
    assert f"job {kept} (JOB_SUCCESS) was kept at the service on purpose" in again.text
    (job,) = stack.state()
    assert job["id"] != kept
    assert job_ids(emulator) == {kept, job["id"]}


def test_each_retraining_leaves_the_model_before_it(stack: Any, emulator: Emulator) -> None:
    """Without a journal too, as on a CI machine: what the state records is newer."""
    made: list[str] = []
    for number in range(3):
        stack.declare(anna={**PLAIN, "triggers": [number]})
        fresh = str(stack.folder.parent / f"machine{number}")
        stack.run("up", METASTUDIO_STATE_DIR=fresh).ok()
        (job,) = stack.state()
        made.append(job["id"])
        emulator.control.set_state(job["id"], "JOB_SUCCESS")
        created = f"2026-01-0{number + 1}T00:00:00Z"
        emulator.control.set_fields(job["id"], create_time=created)
        stack.run("refresh", METASTUDIO_STATE_DIR=fresh).ok()
    assert len(set(made)) == 3
    assert job_ids(emulator) == set(made)


# -------------------------------------------------------------------------- replacements


@pytest.mark.parametrize("how", ["--replace", "taint"])
@pytest.mark.parametrize("state", ["WAIT_FILE_UPLOAD", "JOB_SUCCESS", "TRAINING"])
def test_a_replacement_that_no_plan_decided_is_one(
    how: str, state: str, stack: Any, emulator: Emulator
) -> None:
    if stack.engine == "embedded":
        pytest.skip("the embedded engine has neither --replace nor taint")
    stack.declare(anna=PLAIN)
    stack.run("up").ok()
    (first,) = job_ids(emulator)
    emulator.control.set_state(first, state)
    urn = stack.state()[0]["urn"]
    if how == "taint":
        assert stack.pulumi("state", "taint", urn, "--yes").code == 0
        result = stack.run("up").ok()
    else:
        result = stack.pulumi("up", "--yes", "--skip-preview", "--replace", urn).ok()
    (job,) = stack.state()
    assert job["id"] != first
    kept = {first} if state != "WAIT_FILE_UPLOAD" else set()
    assert job_ids(emulator) == {job["id"], *kept}
    if state == "TRAINING":
        assert "it is kept at the service, beside the job that replaces it" in result.text
    stack.run("up", "--expect-no-changes").ok()


def test_nothing_is_made_in_the_place_of_a_job_that_cannot_be_deleted(
    stack: Any, emulator: Emulator
) -> None:
    stack.declare(anna=PLAIN)
    stack.run("up").ok()
    (first,) = job_ids(emulator)
    emulator.control.set_state(first, "TRAINING")
    emulator.control.clear_counters()
    stack.declare(anna={**PLAIN, "is_live_copy": True})
    assert "up will refuse the replacement" in stack.run("preview").ok().text
    for _ in range(2):
        refused = stack.run("up")
        assert refused.code != 0
        assert f"job {first} is in state TRAINING, in which the service deletes no job" in (
            refused.text
        )
    assert (job_ids(emulator), writes(emulator)) == ({first}, {})
    # The way out that the message names.
    stack.declare(anna={**PLAIN, "deletion_policy": "retain"})
    stack.run("up").ok()
    stack.declare(anna={**PLAIN, "deletion_policy": "retain", "is_live_copy": True})
    stack.run("up").ok()
    (job,) = stack.state()
    assert job_ids(emulator) == {first, job["id"]}


def test_an_ignored_file_is_ignored_with_its_content(
    stack: Any, emulator: Emulator, material: dict[str, Path], tmp_path: Path
) -> None:
    cover = tmp_path / "cover.png"
    shutil.copy(material["cover"], cover)
    job = {**PLAIN, "cover": cover, "opts": {"ignore_changes": ["cover"]}}
    stack.declare(anna=job)
    stack.run("up").ok()
    shutil.copy(material["id_card_image1"], cover)
    stack.run("up", "--expect-no-changes").ok()
    emulator.control.set_state(next(iter(job_ids(emulator))), "JOB_SUCCESS")
    stack.run("refresh").ok()
    stack.run("up", "--expect-no-changes").ok()
    stack.declare(anna={n: v for n, v in job.items() if n != "opts"})
    assert stack.steps() == {"anna": "replace"}


# -------------------------------------------------------------------- what the look tells


def test_a_failed_review_is_seen_without_a_refresh(
    stack: Any, emulator: Emulator, material: dict[str, Path]
) -> None:
    names = ("training_video", "id_card_image1", "id_card_image2", "grant_file")
    job = {"name": "Anna", **{name: material[name] for name in names}}
    stack.declare(anna=job)
    stack.run("up").ok()
    (first,) = job_ids(emulator)
    assert stack.recorded("anna")["state"] == "AUTO_VERIFYING"
    emulator.control.set_state(first, "MANUAL_VERIFY_FAILED", reason="blurred")
    stack.declare(anna={**job, "id_card_image1": material["cover"]})
    assert stack.steps() == {"anna": "update"}
    stack.run("up").ok()
    assert job_ids(emulator) == {first}
    stack.run("preview", "--refresh", "--expect-no-changes").ok()


def test_a_refusal_is_told_by_the_preview(stack: Any, emulator: Emulator) -> None:
    stack.declare(anna=PLAIN)
    stack.run("up").ok()
    (first,) = job_ids(emulator)
    emulator.control.set_state(first, "JOB_SUCCESS")
    stack.declare(anna={**PLAIN, "name": "Berta"})
    assert "will be refused: name in state JOB_SUCCESS" in stack.run("preview").text
    refused = stack.run("up")
    assert refused.code != 0
    assert "--replace" not in refused.text
    assert "Traceback" not in refused.text


def test_drift_that_nobody_can_mend_fails_no_up(stack: Any, emulator: Emulator) -> None:
    stack.declare(anna=PLAIN)
    stack.run("up").ok()
    (first,) = job_ids(emulator)
    emulator.control.set_state(first, "JOB_SUCCESS")
    emulator.control.set_fields(first, name="Somebody else")
    for flags in (["--refresh"], [], ["--refresh"]):
        run = stack.run("up", *flags).ok()
        assert "name of job" in run.text
        assert "changes no job in state JOB_SUCCESS" in run.text
    assert json.loads(stack.run("preview", "--json").ok().stdout)
    # Once the service takes updates again, it is mended.
    emulator.control.set_state(first, "MANUAL_VERIFY_FAILED", reason="because")
    stack.run("up", "--refresh").ok()
    assert emulator.control.job(first)["fields"]["name"] == "Anna"


def test_a_renamed_resource_is_told_by_its_new_name(stack: Any, emulator: Emulator) -> None:
    stack.declare(anna=PLAIN)
    stack.run("up").ok()
    (first,) = job_ids(emulator)
    stack.declare(berta={**PLAIN, "opts": {"aliases": ["anna"]}})
    stack.run("up", "--expect-no-changes").ok()
    emulator.control.set_state(first, "JOB_SUCCESS")
    text = stack.run("destroy").ok().text
    assert f"job {first} is kept" in text
    assert "(anna)" not in text
    assert "berta" in text
