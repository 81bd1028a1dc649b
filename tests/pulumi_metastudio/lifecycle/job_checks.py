"""Looks at a job in the service and in the state, and faults that several tests need."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from metastudio_emulator import Emulator
from pulumi_metastudio.lifecycle import Outcome, diff
from pulumi_metastudio.lifecycle.ownership import Identity

PROFILES = ["tutorial", "strict"]
PART = 150 * 1024  # so that a video comes in three parts
ID_FILES = ("training_video", "id_card_image1", "id_card_image2", "grant_file")
URN = "urn:pulumi:s::p::pulumi-python:dynamic/metastudio:TrainingJob::anna"
#: The owner in the contexts of the tests.
OWN = Identity(URN, "0123456789abcdef")


def rewrite(location: str, content: bytes | None = None) -> str:
    """Give a file other content, by default of the same size, and return its SHA-256."""
    path = Path(location)
    path.write_bytes(content or bytes(b ^ 0xFF for b in path.read_bytes()))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def jobs(service: Emulator) -> list[str]:
    return [job["job_id"] for job in service.control.jobs()]


def stored(emulator: Emulator, job_id: str) -> dict[str, str]:
    return {name: kept["sha256"] for name, kept in emulator.control.objects(job_id).items()}


def state_of(emulator: Emulator, job_id: str) -> str:
    return str(emulator.control.job(job_id)["state"])


def uploads(emulator: Emulator) -> int:
    """Uploads that were accepted since the counters were cleared."""
    return int(emulator.control.counters().get("upload", {}).get("200", 0))


def assert_settled(outcome: Outcome, declared: dict[str, Any]) -> None:
    """Nothing failed, and an ``up`` right after it would change nothing."""
    assert outcome.problem is None
    assert outcome.outputs["pending"] == []
    assert outcome.outputs["fingerprints"] == declared["__fingerprints"]
    assert outcome.outputs["__upload_urls"] == {}
    assert diff(outcome.outputs, declared).changes == ()


def fail_the_cover(emulator: Emulator) -> None:
    """Its first upload is refused, which is not repeated."""
    emulator.control.add_fault("upload cover", "status", status=400, times=1)


class Killed(BaseException):
    """Stands for the end of the process: no ``except Exception`` catches it."""


class Killer:
    """A reporter that raises ``Killed`` at the first status that starts with ``at``."""

    def __init__(self, at: str) -> None:
        self._at = at

    def status(self, text: str) -> None:
        if text.startswith(self._at):
            raise Killed

    def info(self, text: str) -> None:
        """Nothing."""

    warning = error = info
