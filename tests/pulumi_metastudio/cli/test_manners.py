"""Help, versions, mistakes on the command line, completion, and Ctrl-C at any moment."""

from __future__ import annotations

import inspect
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from metastudio_emulator import Emulator
from pulumi_metastudio.cli.main import main

COMMAND = [sys.executable, "-m", "pulumi_metastudio.cli"]
HEAVY = {"pulumi", "grpc", "requests", "pydantic", "rich", "fastapi", "uvicorn", "cryptography"}


def _commands(
    command: click.Command = main, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        with click.Context(command, **main.context_settings) as context:
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner
                yield from _commands(inner, (*path, name))


def _help(*path: str, flag: str = "--help") -> str:
    shown = CliRunner().invoke(main, [*path, flag], terminal_width=80)
    assert shown.exit_code == 0
    return shown.output


def test_no_summary_is_cut() -> None:
    for path, command in _commands():
        text = _help(*path)
        assert max(map(len, text.splitlines())) <= 80, path
        assert _help(*path, flag="-h") == text
        if not isinstance(command, click.Group):
            continue
        rows = text.partition("Commands:\n")[2].splitlines()
        with click.Context(command, **main.context_settings) as context:
            names = command.list_commands(context)
            inner = [command.get_command(context, name) for name in names]
        for name, row, each in zip(names, rows, inner, strict=True):
            assert each
            first = inspect.cleandoc(each.help or "").splitlines()[0]
            assert row.split(maxsplit=1) == [name, first.partition(". ")[0].rstrip(".") + "."]


@pytest.mark.parametrize("found", [True, False])
def test_the_version_tells_the_engine(tmp_path: Path, found: bool) -> None:
    program = tmp_path / "pulumi"
    if found:
        program.write_text("#!/bin/sh\nexit 1\n")  # it is not run for this
        program.chmod(0o755)
    shown = CliRunner().invoke(main, ["--version"], env={"PATH": str(tmp_path)})
    assert shown.output.splitlines() == [
        f"metastudio {version('pulumi-metastudio')}",
        f"Pulumi SDK {version('pulumi')}",
        f"engine: pulumi ({program})" if found else "engine: embedded (no pulumi on PATH)",
    ]


@pytest.mark.parametrize(
    ("words", "said", "where"),
    [
        ("jobs show", "Missing argument 'JOB_ID'.", "metastudio jobs show"),
        ("jobs wait x --target y", "Invalid value for '--target' / '-t'", "metastudio jobs wait"),
        ("--nothing", "--nothing", "metastudio"),
        ("jobs nothing", "No such command 'nothing'.", "metastudio jobs"),
        ("upload x y", "'y': write INPUT=FILE", "metastudio upload"),
        ("fingerprint", "name the files", "metastudio fingerprint"),
    ],
)
def test_a_mistake_is_one_line(words: str, said: str, where: str) -> None:
    done = CliRunner().invoke(main, words.split())
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    assert said in line
    assert line.endswith(f" See '{where} --help'")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two stacks, and a program ``metastudio``."""
    folder, states = tmp_path / "project", tmp_path / "states"
    (folder / "below").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: avatars\nruntime: python\n")
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{states}")
    stacks = states / ".pulumi" / "stacks" / "avatars"
    stacks.mkdir(parents=True)
    for name in ("prod", "preview"):
        (stacks / f"{name}.json").write_text("{}")
    (folder / "Pulumi.prod.yaml").write_text(
        "config:\n  avatars:colour: blue\n  metastudio:region: cn-north-4\n"
    )
    script = tmp_path / "bin" / "metastudio"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {shlex.join(COMMAND)} "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")
    return folder


def _completed(folder: Path, line: str, *options: str) -> subprocess.CompletedProcess[str]:
    """What click gives to bash at the end of a line."""
    words = line.split(" ")
    return subprocess.run(
        [sys.executable, *options, "-m", "pulumi_metastudio.cli"],
        cwd=folder,
        env={
            **os.environ,
            "_METASTUDIO_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(words),
            "COMP_CWORD": str(len(words) - 1),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_bash_completes(project: Path) -> None:
    """As a user's shell has it: the script that click writes, sourced, and its function called."""
    lines = ("fin", "jobs l", "up --stack p", "config get c", "config set metastudio:reg")
    calls = "\n".join(
        f"COMP_WORDS=(metastudio {line}); COMP_CWORD={len(line.split())}; COMPREPLY=()\n"
        '_metastudio_completion metastudio; echo "${COMPREPLY[@]}"'
        for line in lines
    )
    done = subprocess.run(
        ["bash", "-c", f'eval "$(_METASTUDIO_COMPLETE=bash_source metastudio)"\n{calls}'],
        cwd=project / "below",
        capture_output=True,
        text=True,
        check=False,
    )
    if "Bash version" in done.stderr:
        pytest.skip(done.stderr)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "fingerprint",
        "list",
        "preview prod",
        "colour",
        "metastudio:region",
    ]


def test_completion_imports_nothing_heavy(project: Path) -> None:
    done = _completed(project, "metastudio up --stack ", "-X", "importtime")
    assert done.stdout == "plain,preview\nplain,prod\n"
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "click" in imported
    assert imported & HEAVY == set()


def test_completion_is_silent_about_what_is_wrong(project: Path) -> None:
    (project / "Pulumi.yaml").write_text("- no project\n")
    for line in ("metastudio up --stack ", "metastudio config get "):
        done = _completed(project, line)
        assert (done.stdout.strip(), done.stderr) == ("", "")


# Python runs a module of this name before anything else: it presses Ctrl-C at a chosen moment.
PRESS = """
import atexit, importlib.abc, os, signal, sys

def press(*_):
    os.kill(os.getpid(), signal.SIGINT)

class Watch(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == os.environ["MOMENT"]:
            press()

sys.meta_path.insert(0, Watch())
sys.addaudithook(lambda event, _: press() if event == os.environ["MOMENT"] else None)
if os.environ["MOMENT"] == "the end":
    atexit.register(press)
"""


def _pressed(tmp_path: Path, moment: str, *words: str, **variables: str) -> tuple[int, str]:
    (tmp_path / "sitecustomize.py").write_text(PRESS)
    done = subprocess.run(
        [*COMMAND, *words],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ["PYTHONPATH"]]),
            "MOMENT": moment,
            **variables,
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr.strip()


@pytest.mark.parametrize(
    "moment",
    [
        "pulumi_metastudio.cli.main",
        "click",
        "pulumi_metastudio.cli.jobs",
        "pulumi_metastudio.lifecycle",
        "requests",
    ],
)
def test_ctrl_c_while_python_imports(tmp_path: Path, moment: str) -> None:
    code, said = _pressed(tmp_path, moment, "jobs", "list")
    assert code == 130
    assert said in ("", "Aborted!")


def test_ctrl_c_while_a_word_is_completed(tmp_path: Path) -> None:
    for moment in ("click.shell_completion", "pulumi_metastudio.cli.jobs"):
        words = {"COMP_WORDS": "metastudio jobs ", "COMP_CWORD": "2"}
        done = _pressed(tmp_path, moment, _METASTUDIO_COMPLETE="bash_complete", **words)
        assert done == (130, "")


def test_ctrl_c_while_python_ends(tmp_path: Path) -> None:
    assert _pressed(tmp_path, "the end", "--version") == (-signal.SIGINT, "")


def test_ctrl_c_at_a_question(empty: Path, emulator: Emulator) -> None:
    job = emulator.control.add_job(name="Anna")["job_id"]
    code, said = _pressed(empty, "builtins.input", "jobs", "delete", job)
    assert code == 130
    assert "what is lost" in said
    assert said.endswith("\nAborted!")
    assert len(emulator.control.jobs()) == 1
