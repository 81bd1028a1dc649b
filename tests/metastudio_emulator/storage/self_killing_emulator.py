"""An emulator that kills itself at its n-th change, counted from a message on.

A change is a SQL statement other than SELECT, or a change of the file system. Tests let n run
through all changes of an operation.
"""

from __future__ import annotations

import os
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from metastudio_emulator import Emulator

_CHANGES = {"os.rename", "os.remove", "os.rmdir", "shutil.rmtree"}


def serve(folder: Path, last: int, pipe: Connection) -> None:
    """Send the emulator's connection data; count from the first message received on."""
    counting = False
    changes = 0

    def count(change: str) -> None:
        nonlocal changes
        changes += counting and not change.startswith("SELECT")
        if changes == last:
            os.kill(os.getpid(), signal.SIGKILL)

    with Emulator(folder) as emulator:
        assert emulator._app is not None
        emulator._app.connection.set_trace_callback(count)
        sys.addaudithook(lambda event, _: count(event) if event in _CHANGES else None)
        pipe.send(emulator.info())
        try:
            while pipe.recv():
                counting = True
                pipe.send("counting")
        except EOFError:
            counting = False
