"""Project files and names are read as the CLI reads them; what is not honoured is refused."""

from __future__ import annotations

import shutil
import sys

import pytest

import pulumi_embedded
from pulumi_embedded.errors import EngineError
from pulumi_embedded.project.versions import require

from .conftest import Workspace

PROJECT = "name: proj\nruntime:\n  name: python\n"


@pytest.fixture
def made(workspace: Workspace) -> Workspace:
    """A project with an empty stack, which is no part of what is tried."""
    workspace.program("")
    pulumi_embedded.create_stack(workspace.folder, "dev")
    return workspace


@pytest.mark.parametrize("name", ["../evil", "a/b", "a b", "x" * 101, "é"])
def test_a_project_name_is_the_name_of_a_folder(made: Workspace, name: str) -> None:
    before = {*made.backend.rglob("*")}
    made.settings(PROJECT.replace("proj", f'"{name}"'))
    made.refused("project name", theirs="project names")
    assert made.run("up").code == 1
    assert {*made.backend.rglob("*")} == before


def test_dots_are_no_project_name(made: Workspace) -> None:
    made.settings(PROJECT.replace("proj", "'..'"))  # the CLI takes it, and writes elsewhere
    assert "is not a project name" in made.run("up").err


@pytest.mark.parametrize("written", ["dev", "organization/dev", "organization/proj/dev"])
def test_a_stack_may_be_written_in_full(made: Workspace, written: str) -> None:
    assert pulumi_embedded.stack_exists(made.folder, written)
    pulumi_embedded.config_set(made.folder, written, "a", "b")
    assert "proj:a" in (made.folder / "Pulumi.dev.yaml").read_text()
    if shutil.which("pulumi"):
        made.cli("stack", "--stack", written)
    pulumi_embedded.remove_stack(made.folder, written)
    assert pulumi_embedded.stacks(made.folder) == []


@pytest.mark.parametrize(
    "written", ["proj/dev", "organization/other/dev", "acme/proj/dev", "a/b/c/dev", "a b", "../dev"]
)
def test_a_stack_of_another_project_is_refused(made: Workspace, written: str) -> None:
    with pytest.raises(EngineError, match=r"is not a stack (of this project|name)"):
        pulumi_embedded.stack_exists(made.folder, written)
    if shutil.which("pulumi"):
        assert made.pulumi("stack", "--stack", written).code != 0


def test_refresh_always(workspace: Workspace) -> None:
    workspace.settings(f"{PROJECT}options: {{refresh: always}}\n")
    workspace.program('Thing("b", opts=Opts(ignore_changes=["extra"]))\nThing("c")')
    workspace.up()
    workspace.meddle()
    text = workspace.run("preview").out
    assert "1 to create" in text, "c is gone, which only a refresh sees"
    if shutil.which("pulumi"):
        assert "1 to create" in workspace.cli("preview")
    workspace.up()
    assert workspace.things().keys() == {"b", "c"}
    workspace.meddle()
    assert workspace.run("destroy").code == 0, "without a refresh the deletion of c fails"
    assert workspace.things() == {}


@pytest.mark.parametrize(
    ("setting", "words", "theirs"),
    [
        ("options: {refresh: never}", "refresh: always", "#/options/refresh"),
        ("options: {other: 1}", "refresh: always", "#/options"),
        ("requiredPulumiVersion: '>=4.0.0'", "does not satisfy the version range", None),
        ("requiredPulumiVersion: '^3.0.0'", "cannot be read", "parsing CLI version range"),
        ("main: nope", "project 'main' could not be read", None),
        ("    toolchain: bogus", "unsupported toolchain option: bogus", None),
        ("plugins: {providers: [{name: x, path: ./x}]}", "does not know 'plugins'", ""),
        ("config: x\nstackConfigDir: y", "stackConfigDir", None),
    ],
)
def test_what_both_refuse(made: Workspace, setting: str, words: str, theirs: str | None) -> None:
    options = "  options:\n" if setting.startswith(" ") else ""
    made.settings(f"{PROJECT}{'' if options else setting}\n")
    if options:
        file = made.folder / "Pulumi.yaml"
        file.write_text(f"{file.read_text()}{setting}\n".replace("\n\n", "\n"))
    made.refused(words, theirs)


def test_a_type_checker_is_refused(made: Workspace) -> None:
    file = made.folder / "Pulumi.yaml"
    file.write_text(f"{file.read_text()}    typechecker: mypy\n")
    result = made.run("up")
    assert result.code == 1
    assert result.err.endswith(
        "does not know 'runtime.options.typechecker'; install the Pulumi CLI\n"
    )


def test_what_says_nothing_to_a_run_is_accepted(made: Workspace) -> None:
    made.settings(
        f"{PROJECT}    toolchain: pip\ndescription: d\ntemplate: {{description: t}}\n"
        "packages: {aws: aws@6.0.0}\noptions: null\nrequiredPulumiVersion: '>=3.200.0 <4.0.0'\n"
    )
    assert made.run("preview").code == 0
    if shutil.which("pulumi"):
        made.cli("preview")


RANGES = {
    ">=3.0.0": True,
    ">3.260.0": False,
    ">=3.260.0 <3.261.0": True,
    "<= 3.260.0": True,
    "3.260.0": True,
    "=3.260.0": True,
    "==3.259.0": False,
    "!3.260.0": False,
    "!=3.259.9": True,
    "3.x": True,
    "3.260.x": True,
    ">3.x": False,
    "<3.x": False,
    "<=3.x": True,
    "!3.x": False,
    "<3.0.0 || >3.1.0": True,
    "<3.0.0 || 3.1.0": False,
    "3": None,
    "3.260": None,
    "~3.260.0": None,
    "": None,
    ">=3.0.0,<4.0.0": None,
}


@pytest.mark.parametrize(("wanted", "holds"), RANGES.items())
def test_version_ranges(wanted: str, holds: bool | None) -> None:
    if holds:
        require(wanted)
    else:
        with pytest.raises(EngineError, match="satisfy" if holds is False else "cannot be read"):
            require(wanted)


def test_version_ranges_are_the_clis(cli: Workspace) -> None:
    cli.program("")
    pulumi_embedded.create_stack(cli.folder, "dev")
    for wanted, holds in RANGES.items():
        if not wanted or holds:
            continue  # refusals are quick, and what is not given is not looked at
        cli.settings(f"{PROJECT}requiredPulumiVersion: '{wanted}'\n")
        result = cli.pulumi("preview")
        assert result.code == 1, wanted
        assert ("satisfy" if holds is False else "parsing CLI version range") in result.err, wanted
    cli.settings(
        f"{PROJECT}requiredPulumiVersion: '{' || '.join(k for k in RANGES if RANGES[k])}'\n"
    )
    cli.cli("preview")


def test_a_program_may_ask_for_a_version(workspace: Workspace) -> None:
    workspace.program("pulumi.runtime.require_pulumi_version('>=3.0.0')")
    workspace.up()
    workspace.program("pulumi.runtime.require_pulumi_version('>=4.0.0')")
    result = workspace.run("up", skip_preview=True)
    assert result.code == 1
    assert "does not satisfy the version range" in result.text
    if shutil.which("pulumi"):
        assert "does not satisfy the version range" in workspace.cli("preview", code=1)


@pytest.mark.parametrize("main", ["app", "app/start.py"])
def test_the_program_may_live_elsewhere(workspace: Workspace, main: str) -> None:
    app = workspace.folder / "app"
    app.mkdir()
    workspace.settings(f"{PROJECT}main: {main}\n")
    (app / "neighbour.py").write_text("found = True\n")
    name = "__main__.py" if main == "app" else "start.py"
    (app / name).write_text("""
import os, sys, pulumi
try:
    import neighbour
except ImportError:
    neighbour = None
pulumi.export("seen", [os.getcwd(), sys.argv, neighbour is not None])
""")
    # The folder of a program that is a file is not searched for modules.
    seen = [str(app), ["." if main == "app" else name], main == "app"]
    workspace.up()
    assert workspace.checkpoint()["resources"][0]["outputs"]["seen"] == seen
    if shutil.which("pulumi"):
        workspace.cli("up", "--yes", "--skip-preview")
        assert workspace.checkpoint()["resources"][0]["outputs"]["seen"] == seen


def test_the_environment_of_uv_is_found(made: Workspace) -> None:
    made.settings(f"{PROJECT}")
    (made.folder / "Pulumi.yaml").write_text(f"{PROJECT}  options:\n    toolchain: uv\n")
    venv = made.folder / ".venv" / "bin"
    venv.mkdir(parents=True)
    (venv / "python").write_text(
        f'#!/bin/sh\necho used >> {made.service}/python\nexec {sys.executable} "$@"\n'
    )
    (venv / "python").chmod(0o755)
    assert made.run("preview").code == 0
    assert (made.service / "python").exists()
