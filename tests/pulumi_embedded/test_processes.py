"""What the program's process gets and leaves: standard input, children, long configuration."""

from __future__ import annotations

import os
import signal

import pytest

from pulumi_embedded import config_set

from .conftest import Workspace

# Stays behind with the program's standard output open; its number is kept so that it can be ended.
LEAVE_A_CHILD = """
import os, pathlib, subprocess
child = subprocess.Popen(["sleep", "60"])
(pathlib.Path(os.environ["SERVICE"]) / "child").write_text(str(child.pid))
print("it goes on without me")
"""


@pytest.mark.timeout(60)
def test_there_is_nothing_on_standard_input(workspace: Workspace) -> None:
    workspace.program('import sys\nprint("read", repr(sys.stdin.read()))')
    assert "read ''" in workspace.up().out


@pytest.mark.timeout(60)
def test_a_provider_finds_nothing_on_standard_input_either(workspace: Workspace) -> None:
    provider = (workspace.folder / "thing.py").read_text()
    reading = provider.replace('props["label"] == "broken"', "__import__('sys').stdin.read()")
    assert reading != provider
    (workspace.folder / "thing.py").write_text(reading)
    workspace.program('Thing("a")')
    workspace.up()
    assert workspace.things().keys() == {"a"}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("body", ["", 'raise Exception("and fails")'])
def test_a_child_that_is_left_behind_is_not_waited_for(workspace: Workspace, body: str) -> None:
    workspace.program(LEAVE_A_CHILD + body)
    result = workspace.run("up", skip_preview=True)
    os.kill(int((workspace.service / "child").read_text()), signal.SIGKILL)
    assert result.code == (1 if body else 0)
    assert "it goes on without me" in result.out


@pytest.mark.timeout(30)
def test_a_child_that_a_provider_leaves_behind_is_not_waited_for(workspace: Workspace) -> None:
    provider = (workspace.folder / "thing.py").read_text()
    leaving = LEAVE_A_CHILD.strip().replace("\n", "\n        ")
    (workspace.folder / "thing.py").write_text(
        provider.replace('note("create"', f'{leaving}\n        note("create"')
    )
    workspace.program('Thing("a")')
    workspace.up()
    os.kill(int((workspace.service / "child").read_text()), signal.SIGKILL)


def test_the_last_lines_of_a_program_are_shown(workspace: Workspace) -> None:
    workspace.program("for i in range(20000):\n    print('line', i)")
    assert "line 19999" in workspace.up().out


def test_long_configuration_reaches_program_and_provider(workspace: Workspace) -> None:
    config_set(workspace.folder, "dev", "text", "x" * 200_000)
    config_set(workspace.folder, "dev", "token", "y" * 200_000, secret=True)
    workspace.program("""
        config = pulumi.Config()
        pulumi.export("length", len(config.require("text")))
        Thing("a")
    """)
    workspace.up()
    assert '"length":200000' in str(workspace.checkpoint()).replace("'", '"').replace(" ", "")
    (call,) = workspace.calls()
    assert len(call) > 200_000
