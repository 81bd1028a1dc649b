"""Ctrl-C at any moment: a run ends, its stack can be read, and its lock is gone.

Whoever types Ctrl-C at an awkward moment is, where the moment must be exact, the process itself:
it signals itself when it writes a text, or when a file is put into its place.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from .conftest import Workspace

# One run for each line of input, all in one process, so that little but runs is interrupted.
SCRIPT = """
import os, pathlib, signal, sys, threading
import pulumi_embedded

ours = threading.main_thread()

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)

class Terminal:
    '''A terminal whose user is quick: what was typed comes while the message is being written.'''
    typed = False

    def write(self, text):
        sys.stdout.write(text)
        sys.stdout.flush()
        if "quick" in sys.argv and "interrupted: waiting" in text and not self.typed:
            self.typed = True
            interrupt()

    def flush(self):
        pass

def on_event(event, arguments):
    if event == "os.rename" and threading.current_thread() is ours and runs == 2:
        if str(arguments[1]).endswith("stacks/proj/dev.json") and "storing" in sys.argv:
            interrupt()
            interrupt()

runs = 0
sys.addaudithook(on_event)
signal.signal(signal.SIGINT, signal.SIG_IGN)  # between two runs
for _ in sys.stdin:
    runs += 1
    print("begins", flush=True)
    code = pulumi_embedded.run("up", directory=pathlib.Path(sys.argv[1]), stack="dev", yes=True,
                               skip_preview=True, stderr=Terminal())
    print("ended", code, flush=True)
"""
PAIRS = int(os.environ.get("METASTUDIO_INTERRUPTS", "15"))
MESSAGE = "interrupted: waiting"

Process = subprocess.Popen[str]
Start = Callable[..., Process]


@pytest.fixture
def start(workspace: Workspace) -> Iterator[Start]:
    """Start a process that makes runs."""
    started: list[Process] = []

    def go(*words: str) -> Process:
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(workspace.folder), *words],
            env={**os.environ, **workspace.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield go
    for process in started:
        process.kill()
        process.communicate()


def begin(process: Process) -> None:
    assert process.stdin
    assert process.stdout
    process.stdin.write("go\n")
    process.stdin.flush()
    assert process.stdout.readline() == "begins\n"


def until(process: Process, text: str) -> str:
    """The lines up to the one that holds a text."""
    assert process.stdout
    lines = ""
    for line in process.stdout:
        lines += line
        if text in line:
            return lines
    raise AssertionError(f"{text!r} was not said: {lines}")


def locks(workspace: Workspace) -> list[str]:
    return [str(each) for each in (workspace.backend / ".pulumi" / "locks").rglob("*.json")]


@pytest.mark.timeout(60)
def test_a_second_interrupt_during_the_message_is_not_lost(
    workspace: Workspace, start: Start
) -> None:
    workspace.program('Thing("slow", pause=True)')
    process = start("quick")
    begin(process)
    workspace.wait_until_paused()
    process.send_signal(signal.SIGINT)
    assert "ended 8" in until(process, "ended")
    (operation,) = workspace.checkpoint()["pending_operations"]
    assert operation["resource"]["urn"].endswith("::slow")
    assert locks(workspace) == []


@pytest.mark.timeout(60)
def test_interrupts_while_the_state_is_stored_wait_for_that_alone(
    workspace: Workspace, start: Start
) -> None:
    process = start("storing")
    for number in range(2):
        workspace.program(f'Thing("a")\npulumi.export("number", {number})')
        begin(process)
        output = until(process, "ended")
        assert ("ended 0", "ended 8")[number] in output
    assert MESSAGE in output
    assert workspace.run("preview").code == 0
    assert locks(workspace) == []


@pytest.mark.timeout(120)
def test_the_second_interrupt_kills_however_soon_it_comes(
    workspace: Workspace, start: Start
) -> None:
    workspace.program('Thing("slow", pause=True)')
    process = start()
    for milliseconds in (0, 0, 1, 5, 30, 300):
        begin(process)
        workspace.wait_until_paused()
        process.send_signal(signal.SIGINT)
        until(process, MESSAGE)
        time.sleep(milliseconds / 1000)
        process.send_signal(signal.SIGINT)
        assert "ended 8" in until(process, "ended")
        assert workspace.checkpoint()["pending_operations"]
        assert locks(workspace) == []


@pytest.mark.timeout(600)
def test_pairs_of_interrupts_at_any_moment(workspace: Workspace, start: Start) -> None:
    """METASTUDIO_INTERRUPTS=40 tries more of them than the suite does."""
    chosen = random.Random(30)
    process = start()
    workspace.program('Thing("first")')
    began = time.monotonic()
    begin(process)
    assert "ended 0" in until(process, "ended")
    whole = time.monotonic() - began
    codes = []
    for number in range(PAIRS):
        workspace.program(f"""
            first = Thing("first", kind="{number}")
            for i in range(4):
                Thing(f"then-{{i}}", kind="{number}", opts=Opts(depends_on=[first]))
        """)
        begin(process)
        # Time that passes is what is tried here: nothing is waited for.
        for pause in (chosen.uniform(0, whole), chosen.uniform(0, 0.3)):
            time.sleep(pause)
            process.send_signal(signal.SIGINT)
        output = until(process, "ended")
        codes.append(output.split()[-1])
        assert codes[-1] in ("0", "8"), output
        assert "Traceback" not in output
        assert locks(workspace) == []
    assert "8" in codes
    workspace.up()
    assert workspace.run("preview", expect_no_changes=True).code == 0
