"""What a storm left behind, counted at the service and in the states."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from metastudio_emulator import Emulator

from .party import FILES, JOBS, Party


@dataclass
class Counts:
    """What a storm left behind; all but the first four must be as ``clean`` says."""

    runs: int = 0
    killed: int = 0
    killed_at_work: int = 0
    episodes: int = 0
    jobs: int = 0
    jobs_in_state: int = 0
    files_equal: int = 0
    files_different: int = 0
    submitted_twice: int = 0
    not_submitted: int = 0
    parts_twice: int = 0
    failed_ups: int = 0

    def clean(self) -> bool:
        """Whether nothing was lost, doubled or mixed up."""
        return self.jobs == self.jobs_in_state and self.holds(JOBS * self.episodes)

    def holds(self, wanted: int) -> bool:
        """Whether that many jobs are recorded, each by its own state, whole and submitted once."""
        return (
            self.jobs_in_state == wanted
            and self.files_equal == wanted * len(FILES)
            and not self.files_different + self.submitted_twice + self.not_submitted
            and not self.parts_twice + self.failed_ups
        )


@dataclass
class TwoPartyCounts(Counts):
    """The same for two parties, and what may only happen between two.

    Attributes:
        one_home: episodes in which the parties share journal and cache.
        strict: episodes with the strict reading of the documents.
        destroys: episodes in which a party destroys its jobs in between.
        ups_again: under the strict profile, ups that asked to be run again, and were.
        touches: requests that may change or remove a job, or send it a file.
        foreign_touches: those by the party that did not make the job.
        submitted_deleted: deletions of a submitted job that no destroy was about.
        kept: submitted jobs that a destroy left at the service, as their deletion policy says.
        left_over: unfinished jobs that no state records; nothing was billed.
        left_over_strict: those of them where the strict profile allows no other way.
    """

    one_home: int = 0
    strict: int = 0
    destroys: int = 0
    ups_again: int = 0
    touches: int = 0
    foreign_touches: int = 0
    submitted_deleted: int = 0
    kept: int = 0
    left_over: int = 0
    left_over_strict: int = 0

    def clean(self) -> bool:
        """Whether nothing was lost, doubled or mixed up, and nobody touched the other's jobs."""
        return (
            self.jobs == self.jobs_in_state + self.kept + self.left_over
            and self.holds(2 * JOBS * self.episodes)
            and self.left_over == self.left_over_strict
            and not self.foreign_touches + self.submitted_deleted
        )


@dataclass
class Beside:
    """The records of jobs that no state records."""

    kept: list[dict[str, Any]] = field(default_factory=list)
    left_over: list[dict[str, Any]] = field(default_factory=list)


def count_jobs(
    counts: Counts, service: Emulator, parties: Sequence[Party], let_go: Container[str] = ()
) -> Beside:
    """Count every job of the service.

    Args:
        let_go: job ids that a destroy was about; such a job may be kept on purpose.
    """
    beside = Beside()
    recorded = {party.name: party.recorded() for party in parties}
    for record in service.control.jobs():
        job_id, name = record["job_id"], record["fields"]["name"]
        counts.jobs += 1
        logs = record["fields"]["operation_logs"]
        submitted = sum(log["log_type"] == "USER_VERIFYING_SUBMITTED" for log in logs)
        counts.submitted_twice += submitted > 1
        for parts in record["part_uploads"].values():
            counts.parts_twice += sum(times > 1 for times in parts.values())
        holders = [
            (party, resource)
            for party in parties
            for resource, recorded_id in recorded[party.name].items()
            if recorded_id == job_id
        ]
        if not holders and not submitted:
            beside.left_over.append(record)
            continue
        counts.not_submitted += not submitted
        declared = next(filter(None, (party.declared(name) for party in parties)), None)
        equal = _equal_files(service, job_id, declared)
        counts.files_different += len(FILES) - equal
        if not holders and job_id in let_go:
            beside.kept.append(record)
            continue
        counts.files_equal += equal
        # In exactly one state, that of its maker, as the resource it was declared for.
        counts.jobs_in_state += [p.jobs[resource] for p, resource in holders] == [declared]
    return beside


def _equal_files(service: Emulator, job_id: str, declared: dict[str, Any] | None) -> int:
    """How many of a job's files have the bytes that its maker declared."""
    stored = service.control.objects(job_id)
    return sum(
        declared is not None and stored.get(name, {}).get("sha256") == _sha256(Path(declared[name]))
        for name in FILES
    )


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
