"""A passphrase that is typed: twice when it is new, once when it is not, never without a terminal.

The questions are those of the CLI (``pkg/secrets/passphrase`` in pulumi/pulumi).
"""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

import pulumi_embedded

from .conftest import Workspace

NEW = "Enter your passphrase to protect config/secrets: "
AGAIN = "Re-enter your passphrase to confirm: "
UNLOCK = (
    "Enter your passphrase to unlock config/secrets\r\n"
    "    (set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to remember): "
)

# Makes the stack, and opens it anew as an operation after that does.
MAKE = """
import pathlib, sys, pulumi_embedded as engine
folder = pathlib.Path(sys.argv[1])
engine.create_stack(folder, "new")
engine.config_set(folder, "new", "token", "s3cret", secret=True)
print(engine.config_get(folder, "new", "token").text)
"""
READ = """
import pathlib, sys, pulumi_embedded as engine
print(engine.config_get(pathlib.Path(sys.argv[1]), "dev", "token").text)
"""


def typed(workspace: Workspace, script: str, *dialogue: tuple[str, str]) -> tuple[int, str]:
    """Run a script at a terminal of its own; each question is waited for, and answered."""
    environment = {**os.environ, **workspace.environment}
    del environment["PULUMI_CONFIG_PASSPHRASE"]
    environment.pop("PULUMI_CONFIG_PASSPHRASE_FILE", None)
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(
            sys.executable, [sys.executable, "-c", script, str(workspace.folder)], environment
        )
    seen = ""
    answers = list(dialogue)
    while True:
        try:
            chunk = os.read(terminal, 4096).decode()
        except OSError:  # the other end is closed
            chunk = ""
        if not chunk:
            break
        seen += chunk
        if answers and seen.endswith(answers[0][0]):
            os.write(terminal, answers.pop(0)[1].encode())
    os.close(terminal)
    assert answers == [], seen
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen


def test_a_new_one_is_typed_twice(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    code, seen = typed(
        workspace, MAKE, (NEW, "one\r"), (AGAIN, "another\r"), (NEW, "right\r"), (AGAIN, "right\r")
    )
    assert code == 0, seen
    assert seen.split("\r\n") == [
        NEW,
        AGAIN,
        "error: passphrases do not match",
        NEW,
        AGAIN,  # and is not asked for again by what comes next
        "s3cret",
        "",
    ]
    environment = {**workspace.environment, "PULUMI_CONFIG_PASSPHRASE": "right"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        found = pulumi_embedded.config_get(workspace.folder, "new", "token")
    assert found
    assert found.text == "s3cret"


def test_an_existing_one_is_typed_once_and_again_when_it_is_wrong(workspace: Workspace) -> None:
    pulumi_embedded.create_stack(workspace.folder, "dev")
    pulumi_embedded.config_set(workspace.folder, "dev", "token", "s3cret", secret=True)
    right = f"{workspace.environment['PULUMI_CONFIG_PASSPHRASE']}\r"
    code, seen = typed(workspace, READ, (UNLOCK, "wrong\r"), (UNLOCK, right))
    assert code == 0, seen
    assert seen == f"{UNLOCK}\r\nerror: incorrect passphrase\r\n{UNLOCK}\r\ns3cret\r\n"


def test_without_a_terminal_one_line_tells_the_ways_out(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    environment = {**os.environ, **workspace.environment}
    del environment["PULUMI_CONFIG_PASSPHRASE"]
    environment.pop("PULUMI_CONFIG_PASSPHRASE_FILE", None)
    done = subprocess.run(
        [sys.executable, "-c", MAKE, str(workspace.folder)],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(
        "EngineError: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or "
        "PULUMI_CONFIG_PASSPHRASE_FILE environment variables"
    )
    assert list(workspace.folder.glob("Pulumi.*.yaml")) == []
