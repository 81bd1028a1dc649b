"""What a run of the probe makes, on disk before it exists, so that ``--clean`` can finish.

One small file for each run, readable by its owner only. It is written before each creation and
once more with the job's id; a run that was killed between any two lines has left its tag there,
by which its jobs are found.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import IO

from ..common.folders import state_folder

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows: nothing tells whether a run is still under way
    fcntl = None  # type: ignore[assignment]

#: How the tag, and each job's name, begins.
PREFIX = "metastudio-probe-"
_RUN_ID = re.compile(r"[0-9a-f]{12}")


@dataclass
class Entry:
    """One creation: what was asked for, and the job's id once the service told it."""

    name: str
    app_user_id: str = ""
    job_id: str | None = None
    settled: bool = False


@dataclass
class Ledger:
    """The record of one run.

    Attributes:
        run_id: twelve random hexadecimal digits.
        endpoint, project_id: where its jobs are.
        started: RFC 3339, UTC.
        entries: every creation that was begun, in order.
    """

    run_id: str
    endpoint: str
    project_id: str
    started: str
    entries: list[Entry] = field(default_factory=list)

    @property
    def tag(self) -> str:
        """The tag that each of the run's jobs has."""
        return PREFIX + self.run_id

    @property
    def unsettled(self) -> bool:
        """Whether a creation was begun whose outcome is not known."""
        return any(not entry.settled for entry in self.entries)


class Ledgers:
    """The records of this machine.

    Args:
        folder: where; by default ``probes`` in the user's state folder.
    """

    def __init__(self, folder: Path | None = None):
        self._folder = folder or state_folder() / "probes"

    @contextlib.contextmanager
    def new(self, endpoint: str, project_id: str) -> Iterator[Ledger]:
        """A new run's record, locked as long as the run lasts."""
        started = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        ledger = Ledger(secrets.token_hex(6), endpoint, project_id, started)
        self.save(ledger)
        with self._locked(ledger.run_id):
            yield ledger

    def save(self, ledger: Ledger) -> None:
        """Write a record, whole or not at all, and to the disk before this returns."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=self._folder, prefix=".new-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(ledger), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, self._file(ledger.run_id))

    def forget(self, ledger: Ledger) -> None:
        """Drop the record of a run of which nothing is left."""
        self._file(ledger.run_id).unlink(missing_ok=True)
        self._lock_file(ledger.run_id).unlink(missing_ok=True)

    def left(self, endpoint: str, project_id: str) -> list[Ledger]:
        """The records of runs against this service that have ended without ``forget``."""
        found = [self._read(file) for file in sorted(self._folder.glob("*.json"))]
        return [
            ledger
            for ledger in found
            if ledger and (ledger.endpoint, ledger.project_id) == (endpoint, project_id)
            if not self.running(ledger.run_id)
        ]

    def running(self, run_id: str) -> bool:
        """Whether a run is under way on this machine; any text may be asked for."""
        if not _RUN_ID.fullmatch(run_id) or not self._lock_file(run_id).exists():
            return False
        try:
            with self._locked(run_id):
                return False
        except BlockingIOError:
            return True

    @contextlib.contextmanager
    def _locked(self, run_id: str) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._lock_file(run_id).open("ab") as file:
            _lock(file)
            yield

    def _read(self, file: Path) -> Ledger | None:
        with contextlib.suppress(OSError, ValueError, TypeError):
            fields = json.loads(file.read_text(encoding="utf-8"))
            entries = [Entry(**entry) for entry in fields.pop("entries")]
            return Ledger(**fields, entries=entries)
        return None

    def _file(self, run_id: str) -> Path:
        return self._folder / f"{run_id}.json"

    def _lock_file(self, run_id: str) -> Path:
        return self._folder / f"{run_id}.lock"


def _lock(file: IO[bytes]) -> None:
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
