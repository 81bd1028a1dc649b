"""What the processes of one run take: the most memory of each, and the bytes that they write."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil

__all__ = ["Watch", "watched"]

#: How often a run's processes are looked at; what the kernel counts until then is not lost.
_INTERVAL = 0.1
#: How a process is known by its command line; the first that fits.
_ROLES = {
    "provider": ("_runner.py provider", "pulumi.dynamic", "pulumi-resource-pulumi-python"),
    "program": ("_runner.py program", "pulumi-language-python-exec"),
    "language host": ("pulumi-language-python",),
}


class Watch:
    """What was seen of a run's processes.

    Attributes:
        peaks: the most memory of each role's process, in bytes, as the kernel counts it (VmHWM).
        processor: what each role's process took of it, in seconds, until it was last seen.
        written: what the engine handed to the system to write, in bytes: files, sockets, pipes.
    """

    def __init__(self) -> None:
        self.peaks: dict[str, int] = {}
        self.processor: dict[str, float] = {}
        self.written = 0

    def look(self, engine: psutil.Process) -> None:
        """Note what there is of a run now; of a process that has just ended, nothing."""
        with contextlib.suppress(psutil.Error, OSError):
            self._note("engine", engine)
            self.written = max(self.written, engine.io_counters()[5])
            for process in engine.children(recursive=True):
                with contextlib.suppress(psutil.Error, OSError):
                    role = _role(process)
                    if role:
                        self._note(role, process)

    def _note(self, role: str, process: psutil.Process) -> None:
        used = process.cpu_times()
        self.processor[role] = max(self.processor.get(role, 0), used.user + used.system)
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                self.peaks[role] = max(self.peaks.get(role, 0), int(line.split()[1]) * 1024)


@contextlib.contextmanager
def watched(process: subprocess.Popen[str]) -> Iterator[Watch]:
    """Look at a process and its children until the block ends (Linux)."""
    watch, over = Watch(), threading.Event()

    def look() -> None:
        with contextlib.suppress(psutil.Error):
            engine = psutil.Process(process.pid)
            while not over.wait(_INTERVAL):
                watch.look(engine)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join()


def _role(process: psutil.Process) -> str | None:
    """What a process is; None for one that has not become anything yet."""
    line = " ".join(process.cmdline())
    return next((r for r, words in _ROLES.items() if any(w in line for w in words)), None)
