"""A run that is interrupted ends as the engine ends it: nothing goes on alone, nothing is lost."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator

PATIENCE = 60.0


@pytest.fixture
def slow(
    request: pytest.FixtureRequest, stack: Any, emulator: Emulator, material: dict[str, Path]
) -> Iterator[Any]:
    """A stack whose one upload takes some seconds; none of its processes outlives the test."""
    seconds = getattr(request, "param", 3)
    speed = material["cover"].stat().st_size // seconds
    emulator.control.add_fault("upload", "delay", bytes_per_second=speed)
    stack.declare(anna={"name": "Anna", "cover": material["cover"], "submit": False})
    yield stack
    _kill_all(stack)


def _kill_all(stack: Any) -> None:
    for process in _processes(stack):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def _processes(stack: Any) -> list[int]:
    """Every process that was started with the stack's environment, the engine's children too."""
    mark = f"METASTUDIO_CACHE_DIR={stack.environment['METASTUDIO_CACHE_DIR']}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


def _until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}"
        time.sleep(0.02)


def _start(stack: Any, emulator: Emulator) -> subprocess.Popen[str]:
    """An up in a process group of its own, its upload under way."""
    process = subprocess.Popen(
        stack.command("up", "--yes", "--stack", "test"),
        cwd=stack.folder,
        env=stack.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    _until(lambda: emulator.control.jobs() or process.poll() is not None, "a job at the service")
    assert process.poll() is None, process.stdout and process.stdout.read()
    return process


def _locks(stack: Any) -> list[Path]:
    return list((stack.folder.parent / "backend" / ".pulumi" / "locks").rglob("*.json"))


def _ended_well(stack: Any, emulator: Emulator, text: str) -> None:
    _until(lambda: not _processes(stack), f"all processes ended; {text}")
    assert "Traceback" not in text
    assert _locks(stack) == [], text
    (job,) = emulator.control.jobs()
    (recorded,) = stack.state()
    assert recorded["id"] == job["job_id"]


@pytest.mark.parametrize("to_the_group", [False, True], ids=["process", "group"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_lets_running_steps_finish(
    slow: Any, emulator: Emulator, number: signal.Signals, to_the_group: bool
) -> None:
    process = _start(slow, emulator)
    (os.killpg if to_the_group else os.kill)(process.pid, number)
    text, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode > 0, text
    _ended_well(slow, emulator, text)
    # the upload was let finish
    assert slow.recorded("anna")["pending"] == []
    assert "received; terminating" not in text


def _in_a_terminal(stack: Any, *words: str) -> tuple[int, int]:
    """``metastudio WORDS`` with a terminal of its own: the process and the terminal."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(stack.folder)
        command = stack.command(*words, "--stack", "test")
        os.execve(command[0], command, stack.environment)
    return child, terminal


def _read(terminal: int, until: bytes = b"\0") -> str:
    text = b""
    with contextlib.suppress(OSError):  # the terminal's end
        while until not in text and (read := os.read(terminal, 65536)):
            text += read
    return text.decode(errors="replace")


def test_ctrl_c_in_a_terminal(slow: Any, emulator: Emulator) -> None:
    child, terminal = _in_a_terminal(slow, "up", "--yes")
    _until(emulator.control.jobs, "a job at the service")
    os.write(terminal, b"\x03")
    text = _read(terminal)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) > 0, text
    _ended_well(slow, emulator, text)
    assert slow.recorded("anna")["pending"] == []


def test_a_termination_at_the_question_leaves_no_lock(slow: Any, emulator: Emulator) -> None:
    if slow.engine != "embedded":
        pytest.skip("what the Pulumi CLI does at its question is its own: it leaves a lock")
    child, terminal = _in_a_terminal(slow, "up")
    text = _read(terminal, b"Do you want to perform this update?")
    os.kill(child, signal.SIGTERM)
    text += _read(terminal)
    os.waitpid(child, 0)
    assert "Traceback" not in text
    _until(lambda: not _processes(slow), f"all processes ended; {text}")
    assert _locks(slow) == [], text
    assert emulator.control.jobs() == []


def test_the_second_signal_ends_it(slow: Any, emulator: Emulator) -> None:
    emulator.control.clear_faults()
    emulator.control.add_fault("upload", "delay", bytes_per_second=1)
    process = _start(slow, emulator)
    assert process.stdout
    process.send_signal(signal.SIGINT)
    for line in process.stdout:
        if "again" in line:  # both engines say how to end at once
            break
    process.send_signal(signal.SIGINT)
    text, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode > 0, text
    _until(lambda: not _processes(slow), f"all processes ended; {text}")


@pytest.mark.parametrize("slow", [12], indirect=True)
def test_what_a_running_up_makes_is_not_swept(slow: Any, emulator: Emulator) -> None:
    process = _start(slow, emulator)
    swept = slow.run("sweep", "--delete", "--yes")
    assert process.poll() is None, "the upload was to last longer"
    assert swept.code == 1
    assert "stack test is locked" in swept.text
    text, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, text
    _ended_well(slow, emulator, text)


def test_what_a_killed_run_left_is_swept(slow: Any, emulator: Emulator) -> None:
    process = _start(slow, emulator)
    _kill_all(slow)
    process.communicate(timeout=PATIENCE)
    (job,) = emulator.control.jobs()
    assert "is locked" in slow.run("sweep").text
    slow.run("cancel").ok()
    (row,) = json.loads(slow.run("sweep", "--json").ok().stdout)
    assert row["job_id"] == job["job_id"]
    slow.run("sweep", "--delete", "--yes").ok()
    assert emulator.control.jobs() == []


def test_what_a_killed_run_left_unfinished_can_be_cleared(slow: Any, emulator: Emulator) -> None:
    process = _start(slow, emulator)
    _kill_all(slow)
    process.communicate(timeout=PATIENCE)
    locked = slow.run("up")
    assert locked.code == 1
    mine = "metastudio" if slow.engine == "embedded" else "pulumi"
    assert f"delete the lock file with `{mine} cancel`" in locked.text
    slow.run("cancel").ok()
    emulator.control.clear_faults()
    again = slow.run("up").ok()
    if slow.engine == "embedded":
        assert "'metastudio refresh'" in again.text
        assert "--clear-pending-creates" in again.text
    assert '"creating"' in slow.checkpoint()
    slow.run("refresh", "--clear-pending-creates").ok()
    assert '"creating"' not in slow.checkpoint()
