"""Which stack a command is for, and that none acts on another one, or on none."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator


def _error(result: Any, code: int | None = None) -> str:
    """The one line of a command that ended for a reason."""
    assert result.code != 0 if code is None else result.code == code, result.text
    assert "Traceback" not in result.text
    lines = [line for line in result.stderr.splitlines() if not line.startswith("engine: ")]
    assert result.stdout == ""
    (line,) = lines
    return str(line)


def _select(stack: Any, name: str, backend: str | None = None) -> None:
    """What ``pulumi stack select`` writes (pkg/workspace/workspace.go in pulumi/pulumi)."""
    digest = hashlib.sha1(str(stack.folder / "Pulumi.yaml").encode()).hexdigest()
    folder = Path(stack.environment["PULUMI_HOME"]) / "workspaces"
    folder.mkdir(parents=True, exist_ok=True)
    url = backend or stack.environment["PULUMI_BACKEND_URL"]
    selection = {"stacks": {url: f"organization/storytelling/{name}"}}
    (folder / f"storytelling-{digest}-workspace.json").write_text(json.dumps(selection))


def _stacks(stack: Any) -> list[str]:
    files = (stack.folder.parent / "backend" / ".pulumi" / "stacks").rglob("*.json")
    return sorted(file.stem for file in files)


def _commands(job: str) -> list[list[str]]:
    return [
        ["jobs", "list"],
        ["jobs", "show", job],
        ["jobs", "wait", job],
        ["jobs", "accept", job, "-y"],
        ["jobs", "delete", job, "-y"],
        ["upload", job, "cover=cover.png"],
        ["sweep", "--delete", "-y"],
        ["adopt"],
    ]


def _waiting_job(emulator: Emulator) -> str:
    job: str = emulator.control.add_job(name="Anna")["job_id"]
    emulator.control.set_state(job, "WAIT_USER_CONFIRM")
    emulator.control.clear_counters()
    return job


def test_nothing_is_done_when_the_configuration_cannot_be_read(
    stack: Any, emulator: Emulator
) -> None:
    stack.run("config", "set", "--secret", "metastudio:region", "cn-north-4").ok()
    job = _waiting_job(emulator)
    for words in _commands(job):
        wrong = stack.type(*words, "--stack", "test", PULUMI_CONFIG_PASSPHRASE="wrong")
        assert "passphrase" in _error(wrong), words
        misspelt = stack.type(*words, "--stack", "tets")
        assert "no stack named 'tets'" in _error(misspelt), words
    assert emulator.control.counters() == {}
    assert emulator.control.job(job)["state"] == "WAIT_USER_CONFIRM"


def test_a_project_file_above_counts(stack: Any, emulator: Emulator) -> None:
    below = stack.folder / "a" / "b"
    below.mkdir(parents=True)
    emulator.control.clear_counters()
    for where in ("a", "a/b"):
        assert "no stack named 'tets'" in _error(
            stack.type("jobs", "list", "-C", where, "--stack", "tets")
        )
    assert emulator.control.counters() == {}


def test_without_a_project_there_is_no_stack_to_name(
    stack: Any, emulator: Emulator, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    where = ("-C", str(tmp_path / "empty"))
    assert stack.type("jobs", "list", *where).ok().stdout == "no job\n"
    assert stack.type("jobs", "list", *where, PULUMI_STACK="prod").ok().stdout == "no job\n"
    error = _error(stack.type("jobs", "list", *where, "--stack", "prod"))
    assert "no Pulumi.yaml in" in error


OPERATIONS = [
    ["up", "--yes"],
    ["preview"],
    ["refresh", "--yes"],
    ["destroy", "--yes"],
    ["outputs"],
    ["cancel"],
    ["config", "set", "a", "b"],
    ["sweep"],
    ["jobs", "list"],
    ["adopt"],
]


def test_without_a_selection_one_line_says_how_to_choose(stack: Any) -> None:
    for words in OPERATIONS:
        for environment in ({}, {"PULUMI_STACK": ""}):
            error = _error(stack.type(*words, **environment))
            for way in ("--stack NAME", "pulumi stack select", "PULUMI_STACK"):
                assert way in error, words
    assert _stacks(stack) == ["test"]


def test_the_selected_stack(stack: Any, emulator: Emulator) -> None:
    stack.declare(anna={"name": "Anna", "submit": False})
    for name in ("chosen", "named", "given"):
        stack.init(name)

    def resources() -> set[str]:
        folder = stack.folder.parent / "backend" / ".pulumi" / "stacks" / "storytelling"
        return {f.stem for f in folder.glob("*.json") if "TrainingJob" in f.read_text()}

    _select(stack, "chosen")
    stack.type("up", "--yes").ok()
    assert resources() == {"chosen"}
    assert '"job_id"' in stack.type("outputs", "--json").ok().stdout
    stack.type("preview", "--expect-no-changes").ok()
    stack.type("up", "--yes", PULUMI_STACK="named").ok()
    assert resources() == {"chosen", "named"}
    stack.type("up", "--yes", "--stack", "given", PULUMI_STACK="named").ok()
    assert resources() == {"chosen", "named", "given"}
    stack.type("config", "set", "metastudio:region", "cn-east-3").ok()
    assert "cn-east-3" in (stack.folder / "Pulumi.chosen.yaml").read_text()
    stack.type("jobs", "list").ok()
    stack.type("destroy", "--yes").ok()
    assert resources() == {"named", "given"}
    assert _stacks(stack) == ["chosen", "given", "named", "test"]

    # a selection in another backend is none here
    _select(stack, "chosen", "file:///somewhere/else")
    assert "no stack is selected" in _error(stack.type("preview"))
    # one that was removed since
    _select(stack, "gone")
    assert "no stack named 'gone'" in _error(stack.type("up", "--yes"))
    assert "gone" not in _stacks(stack)


def test_what_the_cli_selected(stack: Any) -> None:
    """By a folder's own path and through a link, which are two projects to the CLI."""
    if stack.engine != "pulumi":
        pytest.skip("needs the Pulumi CLI")
    link = stack.folder.parent / "link"
    link.symlink_to(stack.folder)
    for folder, name in ((stack.folder, "real"), (link, "linked")):
        environment = {**stack.environment, "PWD": str(folder)}
        subprocess.run(["pulumi", "stack", "init", name], cwd=folder, env=environment, check=True)
    for engine in ("pulumi", "embedded"):
        stack.engine = engine
        for folder, name in ((stack.folder, "real"), (link, "linked")):
            stack.type("config", "set", engine, "set", PWD=str(folder)).ok()
            written = (stack.folder / f"Pulumi.{name}.yaml").read_text()
            assert f"storytelling:{engine}: set" in written


def test_a_relative_backend_counts_from_the_folder(stack: Any, emulator: Emulator) -> None:
    """For the engine, the command and the provider alike."""
    (stack.folder / "below").mkdir()
    stack.declare(anna={"name": "Anna", "submit": False})
    where = ("-C", "below", "--stack", "test")
    stack.type("up", "--yes", *where, PULUMI_BACKEND_URL="file://../../backend").ok()
    assert [each["id"] for each in stack.state()] == [
        job["job_id"] for job in emulator.control.jobs()
    ]
    stack.type("sweep", *where, PULUMI_BACKEND_URL="file://../../backend").ok()


def test_a_preview_makes_no_stack(stack: Any, emulator: Emulator) -> None:
    stack.declare(anna={"name": "Anna", "submit": False})
    for words, environment in (
        (("--stack", "new"), {}),
        ((), {"PULUMI_STACK": "new"}),
    ):
        error = _error(stack.type("preview", *words, **environment), 6)
        assert "no stack named 'new'" in error
        assert "metastudio up --stack new" in error
        assert "pulumi stack init new" in error
    for operation in ("refresh --yes", "destroy --yes", "outputs", "cancel", "sweep"):
        run = stack.type(*operation.split(), "--stack", "new")
        assert "no stack named 'new'" in _error(run, 6), operation
    assert _stacks(stack) == ["test"]
    assert not (stack.folder / "Pulumi.new.yaml").exists()
    # named for this very run, up makes it
    stack.type("up", "--yes", "--stack", "new").ok()
    stack.type("up", "--yes", PULUMI_STACK="newer").ok()
    assert _stacks(stack) == ["new", "newer", "test"]
