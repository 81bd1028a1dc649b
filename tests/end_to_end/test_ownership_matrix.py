"""The table of docs/ownership.md, case by case: where a job comes from x its state x what is done.

One stack holds a job of each origin in each state, so that an action takes one run for all of
them; what the action must refuse is tried in a run of its own, where nothing at all may change.
"""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import pulumi_metastudio
from metastudio_emulator import Emulator
from pulumi_metastudio.backend import Backend
from pulumi_metastudio.lifecycle import Journal
from pulumi_metastudio.lifecycle.ownership import Identity

from .conftest import Stack, make_stack

ORIGINS = ("adopted", "created", "recovered", "found")
DELETED = ("WAIT_FILE_UPLOAD", "MANUAL_VERIFY_FAILED")
STUCK = ("AUTO_VERIFYING", "TRAINING", "NEVER_HEARD_OF")
TRAINED = ("JOB_SUCCESS",)
STATES = (*DELETED, *STUCK, *TRAINED)
KIND = "pulumi-python:dynamic/metastudio:TrainingJob"

PARTS = pytest.mark.parametrize("part", ["done", "refused"])
CASES = [(origin, state) for origin in ORIGINS for state in STATES]
Case = tuple[str, str]


@dataclass
class Scene:
    """A stack with a job for each case, all recorded; jobs by the names of their resources."""

    stack: Stack
    emulator: Emulator
    jobs: dict[str, str]
    declared: dict[str, dict[str, Any]]

    def at_the_service(self) -> dict[str, dict[str, Any]]:
        return {job["job_id"]: job for job in self.emulator.control.jobs()}

    def recorded(self) -> dict[str, str]:
        return {r["urn"].rpartition("::")[2]: r["id"] for r in self.stack.state()}

    def urn(self, name: str) -> str:
        return f"urn:pulumi:test::storytelling::{KIND}::{name}"

    def drop_from_state(self, names: set[str]) -> None:
        """As if the runs that made them had been killed before the engine recorded them."""
        (file,) = [
            f
            for f in (self.stack.folder.parent / "backend").rglob("test.json")
            if "stacks" in f.parts
        ]
        state = json.loads(file.read_text())
        latest = state["checkpoint"]["latest"]
        latest["resources"] = [
            r for r in latest["resources"] if r["urn"].rpartition("::")[2] not in names
        ]
        file.write_text(json.dumps(state))

    def untouched(self, names: set[str], before: dict[str, dict[str, Any]]) -> None:
        after, recorded = self.at_the_service(), self.recorded()
        for name in names:
            job_id = self.jobs[name]
            assert recorded[name] == job_id, name
            assert after[job_id] == before[job_id], name


def named(case: Case) -> str:
    return f"{case[0]}-{case[1].lower().replace('_', '-')}"


def cases(*, origins: tuple[str, ...] = ORIGINS, states: tuple[str, ...] = STATES) -> set[str]:
    return {named(case) for case in itertools.product(origins, states)}


@pytest.fixture(scope="module", params=["embedded", "pulumi"])
def prepared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Stack, dict[str, str]]:
    """A folder in which everything was made once: adopted, created, recovered by the journal,
    and found by the tags; and then came into its state."""
    if request.param == "pulumi" and shutil.which("pulumi") is None:
        pytest.skip("the Pulumi CLI is not on PATH")
    folder = tmp_path_factory.mktemp(request.param) / "scene"
    folder.mkdir()
    with Emulator(folder / "emulator", transitions="manual") as emulator:
        stack = make_stack(folder, request.param, emulator)
        control = emulator.control
        declared: dict[str, dict[str, Any]] = {}
        for case in CASES:
            declared[named(case)] = {"name": named(case), "submit": False}
            if case[0] == "adopted":
                made = control.add_job(name=named(case))
                declared[named(case)]["existing_job_id"] = made["job_id"]
        scene = Scene(stack, emulator, {}, declared)
        stack.declare(**declared)
        stack.run("up").ok()
        first = scene.recorded()
        scene.drop_from_state(cases(origins=("recovered", "found")))
        journal = Journal(folder / "home" / ".local/state/pulumi-metastudio/journal")
        owner = Backend(stack.environment["PULUMI_BACKEND_URL"], stack.folder).owner
        for name in cases(origins=("found",)):
            journal.forget(Identity(scene.urn(name), owner), first[name])
        stack.run("up").ok()
        assert scene.recorded() == first
        for case in CASES:
            control.set_state(first[named(case)], case[1], reason="because")
    shutil.copytree(folder, folder.with_name("kept"))
    return folder, stack, first


@pytest.fixture
def scene(prepared: tuple[Path, Stack, dict[str, str]]) -> Iterator[Scene]:
    """The folder as it was prepared, at its own place: a backend is known by its path."""
    folder, stack, jobs = prepared
    shutil.rmtree(folder)
    shutil.copytree(folder.with_name("kept"), folder)
    with Emulator(folder / "emulator", transitions="manual") as emulator:
        moved = {"METASTUDIO_ENDPOINT": emulator.endpoint}
        moved["METASTUDIO_IAM_ENDPOINT"] = emulator.iam_endpoint
        here = Stack(stack.folder, stack.engine, {**stack.environment, **moved})
        declared = json.loads((here.folder / "jobs.json").read_text())
        yield Scene(here, emulator, dict(jobs), declared)


def keep_only(scene: Scene, names: set[str]) -> None:
    """Let go of all other jobs, so that a run is about these alone."""
    scene.drop_from_state(scene.jobs.keys() - names)
    for name in scene.jobs.keys() - names:
        scene.emulator.control.delete_job(scene.jobs[name])
    scene.declared = {n: v for n, v in scene.declared.items() if n in names}
    scene.jobs = {n: v for n, v in scene.jobs.items() if n in names}


def refused(scene: Scene, names: set[str], result: Any) -> None:
    """An error of one line for a job, and nothing has changed."""
    assert result.code != 0
    # The CLI interrupts a program whose resource failed, and one without a job says where it was.
    assert str(Path(pulumi_metastudio.__file__).parent) not in result.text
    assert scene.recorded().keys() >= names


def replaced_or_refused(
    part: str, scene: Scene, result: Any, before: dict[str, Any], gone: set[str], kept: set[str]
) -> None:
    """Each has another job now, and the old one is gone, or as it was; or nothing has changed."""
    if part == "refused":
        refused(scene, set(scene.jobs), result)
        scene.untouched(set(scene.jobs), before)
        assert scene.at_the_service() == before
        return
    result.ok()
    after, recorded = scene.at_the_service(), scene.recorded()
    for name in gone | kept:
        assert recorded[name] != scene.jobs[name], name
        assert recorded[name] in after, name
        assert (scene.jobs[name] in after) is (name in kept), name
    assert len(after) == len(scene.declared) + len(kept)


MADE = ("created", "recovered", "found")


@PARTS
def test_replace(part: str, scene: Scene) -> None:
    gone, kept = cases(origins=MADE, states=DELETED), cases(origins=MADE, states=TRAINED)
    names = gone | kept if part == "done" else set(scene.jobs) - gone - kept
    keep_only(scene, names)
    before = scene.at_the_service()
    scene.stack.declare(**{n: {**v, "is_live_copy": True} for n, v in scene.declared.items()})
    result = scene.stack.run("up")
    replaced_or_refused(part, scene, result, before, gone, kept)


@pytest.mark.parametrize("how", ["--replace", "taint"])
@PARTS
def test_replace_without_a_plan(how: str, part: str, scene: Scene) -> None:
    if scene.stack.engine == "embedded":
        pytest.skip("the embedded engine has neither --replace nor a command that taints")
    gone = cases(origins=MADE, states=DELETED)
    kept = cases(origins=MADE) - gone
    names = gone | kept if part == "done" else cases(origins=("adopted",))
    keep_only(scene, names)
    before = scene.at_the_service()
    scene.stack.declare(**scene.declared)
    urns = [scene.urn(name) for name in sorted(names)]
    if how == "taint":
        assert scene.stack.pulumi("state", "taint", "--yes", *urns).code == 0
        result = scene.stack.run("up")
    else:
        words = [word for urn in urns for word in ("--replace", urn)]
        result = scene.stack.pulumi("up", "--yes", "--skip-preview", *words)
    replaced_or_refused(part, scene, result, before, gone, kept)


@PARTS
@pytest.mark.parametrize("action", ["remove", "destroy", "destroy and up again"])
def test_leave_the_stack(action: str, part: str, scene: Scene) -> None:
    gone, kept = cases(states=DELETED), cases(states=TRAINED)
    keep_only(scene, gone | kept if part == "done" else cases(states=STUCK))
    before, names = scene.at_the_service(), set(scene.jobs)
    scene.stack.declare()
    result = scene.stack.run("up" if action == "remove" else "destroy")
    if part == "refused":
        refused(scene, names, result)
        assert "in which the service deletes no job" in result.text
        scene.untouched(names, before)
        if action == "destroy and up again":
            scene.stack.declare(**scene.declared)
            scene.stack.run("up").ok()
            scene.untouched(names, before)
        return
    result.ok()
    assert scene.recorded() == {}
    assert scene.at_the_service() == {scene.jobs[n]: before[scene.jobs[n]] for n in kept}
    if action == "destroy and up again":
        # An adopted job that is gone cannot be adopted again; that is an error before anything.
        again = {n: v for n, v in scene.declared.items() if n in kept or "existing_job_id" not in v}
        scene.stack.declare(**again)
        result = scene.stack.run("up").ok()
        recorded, after = scene.recorded(), scene.at_the_service()
        assert recorded.keys() == again.keys()
        for name in kept:
            adopted = name in cases(origins=("adopted",))
            assert (recorded[name] == scene.jobs[name]) is adopted, name
            assert after[scene.jobs[name]] == before[scene.jobs[name]], name
            assert (f"job {scene.jobs[name]} (JOB_SUCCESS) was kept" in result.text) is not adopted
        assert set(after) == {scene.jobs[n] for n in kept} | set(recorded.values())


@PARTS
def test_rename(part: str, scene: Scene) -> None:
    """Without an alias: a new resource, and the old one leaves the stack."""
    keep_only(scene, cases(states=(*DELETED, *TRAINED) if part == "done" else STUCK))
    before = scene.at_the_service()
    scene.stack.declare(**{f"{name}-new": inputs for name, inputs in scene.declared.items()})
    result = scene.stack.run("up")
    after, recorded = scene.at_the_service(), scene.recorded()
    adopted = cases(origins=("adopted",)) & set(scene.jobs)
    for name in adopted:
        assert recorded[f"{name}-new"] == scene.jobs[name], name
        assert after[scene.jobs[name]] == before[scene.jobs[name]], name
    made = set(scene.jobs) - adopted
    assert not {recorded[f"{name}-new"] for name in made} & set(scene.jobs.values())
    if part == "refused":
        assert "in which the service deletes no job" in result.text
        scene.untouched(made, before)
        return
    result.ok()
    kept = cases(origins=MADE, states=TRAINED)
    assert set(after) == set(recorded.values()) | {scene.jobs[name] for name in kept}


@pytest.mark.parametrize("lost", [False, True])
def test_sweep(lost: bool, scene: Scene) -> None:
    """Nothing that a state records; of what was lost, what waits for its files and is proven."""
    before = scene.at_the_service()
    if lost:
        scene.drop_from_state(set(scene.jobs))
    scene.stack.run("sweep", "--delete", "--yes").ok()
    swept = cases(origins=MADE, states=("WAIT_FILE_UPLOAD",)) if lost else set()
    assert scene.at_the_service() == {
        job_id: before[job_id] for name, job_id in scene.jobs.items() if name not in swept
    }


@PARTS
def test_lost_and_up_again(part: str, scene: Scene) -> None:
    """What no state records any more: gone on with, or not doubled."""
    waiting, stuck = ("WAIT_FILE_UPLOAD",), tuple(s for s in STATES if s != "WAIT_FILE_UPLOAD")
    keep_only(scene, cases(origins=MADE, states=waiting if part == "done" else stuck))
    before = scene.at_the_service()
    scene.drop_from_state(set(scene.jobs))
    shutil.rmtree(scene.stack.folder.parent / "home" / ".local")  # as on another machine
    scene.stack.declare(**scene.declared)
    result = scene.stack.run("up")
    if part == "done":
        result.ok()
        assert scene.recorded() == scene.jobs
    else:
        refused(scene, set(), result)
        assert "a second one would be billed again" in result.text
        assert scene.recorded() == {}
    assert set(scene.at_the_service()) == set(before)


def test_the_matrix_is_large_enough() -> None:
    """Cases that are checked on each engine, the CLI's two more actions left out."""
    actions = ("replace", "remove", "destroy", "destroy and up again", "rename", "sweep")
    assert len(actions) * len(CASES) >= 120
