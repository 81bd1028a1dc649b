"""The emulator as a background process: start it, find it, stop it.

A running emulator keeps ``emulator.json`` in its data folder: its process id and what a client
needs to connect, readable by the owner only.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .control import Control
from .errors import EmulatorError
from .storage.folder_lock import FolderLock

_START_TIMEOUT = 60.0
_STOP_TIMEOUT = 30.0
_POLL = 0.05

Info = dict[str, str]
Options = dict[str, str]


def write_run_file(folder: Path, info: Info, options: Options) -> None:
    """Record that this process serves the folder, how to connect, and its options."""
    path = _run_file(folder)
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"pid": os.getpid(), "info": info, "options": options}, file)
    temporary.replace(path)


def remove_run_file(folder: Path) -> None:
    """Delete the record when the emulator ends."""
    _run_file(folder).unlink(missing_ok=True)


@dataclass(frozen=True)
class Running:
    """A running emulator: its process id, how to connect, and its options by name."""

    pid: int
    info: Info
    options: Options


def running(folder: Path) -> Running | None:
    """The emulator that serves the folder and answers requests, or None."""
    try:
        record = json.loads(_run_file(folder).read_text(encoding="utf-8"))
        pid, info = int(record["pid"]), dict(record["info"])
        options = dict(record.get("options", {}))
        answer = Control(info["endpoint"], info["secret_key"]).info()
    except (OSError, ValueError, KeyError, TypeError, EmulatorError):
        return None
    # The port or the process id may belong to another program by now: compare both.
    return Running(pid, info, options) if answer.get("pid") == pid else None


def start_detached(folder: Path, arguments: list[str]) -> Running:
    """Start an emulator in the background.

    Args:
        folder: its data folder, which also gets the log, ``emulator.log``.
        arguments: of the command ``python -m metastudio_emulator``.

    Raises:
        EmulatorError: it did not start; the message is the last line of its log.
    """
    log = _open_log(folder)
    begin = log.tell()
    with log:
        process = subprocess.Popen(  # noqa: S603 - starts this program again
            [sys.executable, "-m", "metastudio_emulator", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
            creationflags=getattr(subprocess, "DETACHED_PROCESS", 0),  # the same on Windows
        )

    def started() -> bool:
        return running(folder) is not None or process.poll() is not None

    _wait(started, _START_TIMEOUT)
    found = running(folder)
    if found is not None:
        return found
    if process.poll() is None:
        process.terminate()
    logged = (folder / "emulator.log").read_bytes()[begin:].decode(errors="replace")
    lines = logged.strip().splitlines()
    reason = lines[-1].removeprefix("Error: ") if lines else "no reason was logged"
    raise EmulatorError(f"the emulator did not start: {reason}")


def stop(folder: Path) -> bool:
    """Stop the emulator that serves the folder.

    Returns:
        False when none does.

    Raises:
        EmulatorError: an emulator holds the folder but does not answer, or it does not end.
    """
    lock = FolderLock(folder)
    found = running(folder)
    if found is None:
        if folder.is_dir() and not lock.is_free():
            raise EmulatorError(f"the emulator on {folder} does not answer; it was not stopped")
        remove_run_file(folder)
        return False
    os.kill(found.pid, signal.SIGTERM)
    if not _wait(lock.is_free, _STOP_TIMEOUT):
        raise EmulatorError(f"the emulator (process {found.pid}) does not end")
    return True


def _wait(condition: Callable[[], bool], timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True


def _open_log(folder: Path) -> BinaryIO:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(folder / "emulator.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise EmulatorError(f"the data folder {folder} cannot be used: {error.strerror}") from error
    log = os.fdopen(descriptor, "ab")
    log.seek(0, os.SEEK_END)
    return log


def _run_file(folder: Path) -> Path:
    return folder / "emulator.json"
