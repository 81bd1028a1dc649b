"""Remember a job on this machine while its files go up.

The engine records a resource only when its creation has ended. A process that is killed before
that leaves a job at the service that no state knows; its journal entry lets the next run go on
with that very job, its URLs and what had arrived. An entry is one small file, readable by its
owner only, because upload URLs are bearer secrets.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..folders import state_folder
from .schema import FIELDS, Inputs

__all__ = ["Entry", "Journal", "declaration"]


@dataclass
class Entry:
    """What is remembered of one resource's job.

    Attributes:
        job_id: the job at the service.
        project_id: the service's project it is in.
        declaration: digest of the declared fields, see :func:`declaration`.
        urls: unused upload URLs by input name.
        fingerprints: SHA-256 by input name, of files that the service has confirmed.
        sent: SHA-256 by input name, of files that arrived and may not be confirmed yet.
        sources: validator by input name, of files that were about to be sent.
        submitted: whether the job was, or was about to be, submitted for review; its state tells.
        serial: names the operation; outputs that carry it were recorded after it.
    """

    job_id: str
    project_id: str
    declaration: str
    urls: dict[str, list[str]] = field(default_factory=dict, repr=False)
    fingerprints: dict[str, str] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    submitted: bool = False
    serial: str = ""


class Journal:
    """The entries of this machine, one for each resource.

    Args:
        folder: where; by default ``journal`` in the user's state folder
            (``METASTUDIO_STATE_DIR``, ``XDG_STATE_HOME``).
    """

    def __init__(self, folder: Path | None = None):
        self._folder = folder or state_folder() / "journal"

    def load(self, urn: str, project_id: str) -> Entry | None:
        """A resource's entry in this project; one that cannot be read counts as none."""
        try:
            entry = Entry(**json.loads(self._file(urn).read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return entry if entry.project_id == project_id else None

    def save(self, urn: str, entry: Entry) -> None:
        """Record an entry, whole or not at all. A full disk is no reason to fail an upload."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # mkstemp makes the file for its owner only.
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=".entry-")
            try:
                with os.fdopen(handle, "w") as file:
                    json.dump(asdict(entry), file)
                os.replace(name, self._file(urn))
            except OSError:
                os.unlink(name)  # it may hold URLs
                raise

    def forget(self, urn: str, job_id: str) -> None:
        """Drop the entry of a job that a state knows, or that is gone."""
        with contextlib.suppress(OSError, ValueError, TypeError):
            if Entry(**json.loads(self._file(urn).read_text())).job_id == job_id:
                self._file(urn).unlink()

    def caught_up(self, urn: str, old: Mapping[str, Any]) -> None:
        """Drop the entry when the state has recorded all of it."""
        with contextlib.suppress(OSError, ValueError, TypeError):
            entry = Entry(**json.loads(self._file(urn).read_text()))
            if entry.serial == old.get("__journal") and not old.get("pending"):
                self._file(urn).unlink()

    def _file(self, urn: str) -> Path:
        return self._folder / f"{hashlib.sha256(urn.encode()).hexdigest()[:32]}.json"


def declaration(inputs: Inputs) -> str:
    """A digest of the declared fields and triggers: equal means the same job is wanted."""
    chosen: Mapping[str, Any] = {
        name: inputs[name] for name in (*FIELDS, "triggers") if name in inputs
    }
    text = json.dumps(chosen, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
