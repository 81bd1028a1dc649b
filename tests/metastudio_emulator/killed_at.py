"""An emulator that kills itself at its n-th step after it was told to begin counting.

A step is a statement that changes the database or a change of the file system, so that n runs
through every moment between two of them.
"""

from __future__ import annotations

import os
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from metastudio_emulator import Emulator

_CHANGES = {"os.rename", "os.remove", "os.rmdir", "shutil.rmtree"}


def serve(folder: Path, last: int, line: Connection) -> None:
    """Send the connection, and count from the first message on, until the line is closed."""
    counting = False
    steps = 0

    def step(what: str) -> None:
        nonlocal steps
        steps += counting and not what.startswith("SELECT")
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)

    with Emulator(folder) as emulator:
        assert emulator._app is not None
        emulator._app.connection.set_trace_callback(step)
        sys.addaudithook(lambda event, _: step(event) if event in _CHANGES else None)
        line.send(emulator.info())
        try:
            while line.recv():
                counting = True
                line.send("counting")
        except EOFError:
            counting = False
