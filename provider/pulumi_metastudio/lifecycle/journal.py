"""Remember a job on this machine while its files go up, and that a job was kept on purpose.

The engine records a resource only when its creation has ended. A process that is killed before
that leaves a job at the service that no state knows; its journal entry lets the next run go on
with that very job, its URLs and what had arrived. An entry is one small file, readable by its
owner only, because upload URLs are bearer secrets; it is found by backend, organization, project,
stack and URN together (``ownership.Identity``).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..common.folders import state_folder
from .ownership import Identity
from .progress import Progress
from .schema import FIELDS, Inputs


@dataclass(frozen=True)
class Entry:
    """What is remembered of one resource's job.

    Attributes:
        job_id: the job at the service.
        project_id: the service's project it is in.
        declaration: digest of the declared fields, see ``declaration``.
        progress: how far its files are.
    """

    job_id: str
    project_id: str
    declaration: str
    progress: Progress = field(default_factory=Progress)


class Journal:
    """The entries of this machine, one for each resource.

    Args:
        folder: where; by default ``journal`` in the user's state folder
            (``METASTUDIO_STATE_DIR``, ``XDG_STATE_HOME``).
    """

    def __init__(self, folder: Path | None = None):
        self._folder = folder or state_folder() / "journal"

    def load(self, identity: Identity, project_id: str) -> Entry | None:
        """A resource's entry in this project; one that cannot be read counts as none."""
        entry = self._read(identity)
        return entry if entry and entry.project_id == project_id else None

    def save(self, identity: Identity, entry: Entry) -> None:
        """Record an entry, whole or not at all. A full disk is no reason to fail an upload."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # mkstemp makes the file for its owner only.
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=".entry-")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(_flat(entry), file)
                os.replace(name, self._file(identity))
            except OSError:
                os.unlink(name)  # it may hold URLs
                raise

    def forget(self, identity: Identity, job_id: str) -> None:
        """Drop the entry of a job that a state knows, or that is gone."""
        entry = self._read(identity)
        if entry and entry.job_id == job_id:
            self._file(identity).unlink(missing_ok=True)

    def caught_up(self, identity: Identity, old: Mapping[str, Any]) -> None:
        """Drop the entry when the state has recorded all of it."""
        entry = self._read(identity)
        recorded = old.get("__journal")
        if entry and entry.progress.serial == recorded and not old.get("pending"):
            self._file(identity).unlink(missing_ok=True)

    def keep(self, job_id: str) -> None:
        """Remember that a job stays at the service on purpose while no state records it."""
        with contextlib.suppress(OSError):
            self._kept(job_id).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._kept(job_id).touch(mode=0o600)

    def unkeep(self, job_id: str) -> None:
        """The job is managed again."""
        with contextlib.suppress(OSError):
            self._kept(job_id).unlink(missing_ok=True)

    def is_kept(self, job_id: str) -> bool:
        """Whether this machine let go of the job on purpose."""
        return self._kept(job_id).exists()

    def _read(self, identity: Identity) -> Entry | None:
        with contextlib.suppress(OSError, ValueError, TypeError):
            return _entry(**json.loads(self._file(identity).read_text(encoding="utf-8")))
        return None

    def _file(self, identity: Identity) -> Path:
        return self._folder / f"{identity.key}.json"

    def _kept(self, job_id: str) -> Path:
        return self._folder / "kept" / hashlib.sha256(job_id.encode()).hexdigest()[:32]


def _flat(entry: Entry) -> dict[str, Any]:
    job = {name: value for name, value in vars(entry).items() if name != "progress"}
    return job | entry.progress.as_journal()


def _entry(job_id: str, project_id: str, declaration: str, **progress: Any) -> Entry:
    return Entry(job_id, project_id, declaration, Progress.from_journal(progress))


def declaration(inputs: Inputs) -> str:
    """A digest of the declared fields and triggers: equal means the same job is wanted."""
    chosen: Mapping[str, Any] = {
        name: inputs[name] for name in (*FIELDS, "triggers") if name in inputs
    }
    text = json.dumps(chosen, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
