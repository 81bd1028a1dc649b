"""Training jobs as records, and the table that stores them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from ..clock import rfc3339

Fields = dict[str, Any]


@dataclass
class UploadSession:
    """One multipart upload of a video: its id, number of parts, and whether it is complete."""

    upload_id: str
    count: int
    completed: bool = False


@dataclass
class Job:
    """One training job.

    Attributes:
        job_id: 32 hexadecimal digits.
        fields: the API's fields as Show returns them, without URLs, which every answer signs anew.
        sessions: the current multipart upload of each video, by file kind.
        reads: answers that showed this job since its last transition.
        suspended_from: the state that CONFIRM_ACTIVE returns to.
        next_step_at: virtual Unix seconds of the next timed transition, or None.
        command_messages: the latest command_message of "create", of "update" and of each command,
            the most recent last.
    """

    job_id: str
    fields: Fields
    sessions: dict[str, UploadSession] = field(default_factory=dict)
    reads: int = 0
    suspended_from: str | None = None
    next_step_at: float | None = None
    command_messages: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """The API's state name."""
        return str(self.fields["state"])

    @property
    def is_flexus(self) -> bool:
        """Whether it is of the Flexus edition, which includes ultra-fast Flexus."""
        return bool(self.fields.get("is_flexus") or self.fields.get("is_fast_flexus"))

    def record_message(self, request: str, command_message: str | None) -> None:
        """Keep the command_message of a request, if it has one."""
        if command_message is not None:
            self.command_messages.pop(request, None)  # so that the most recent is the last
            self.command_messages[request] = command_message

    def log(self, at: float, log_type: str, user: str, **more: Any) -> None:
        """Append to operation_logs, in the form of the documents' example."""
        entry = {"operate_time": rfc3339(at), "log_type": log_type, **more, "operate_user": user}
        self.fields.setdefault("operation_logs", []).append(entry)


@dataclass(frozen=True)
class Condition:
    """One SQL condition over a job's fields, with its parameters."""

    sql: str
    parameters: tuple[Any, ...]


class JobStore:
    """The jobs of one data folder."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, job_id: str) -> Job | None:
        """One job, or None."""
        row = self._connection.execute("SELECT * FROM jobs WHERE job_id = ?", (job_id,)).fetchone()
        return _job(row) if row else None

    def save(self, job: Job) -> None:
        """Insert or update a job; it keeps its place in the order of creation."""
        control = {
            "sessions": {name: asdict(session) for name, session in job.sessions.items()},
            "reads": job.reads,
            "suspended_from": job.suspended_from,
            "command_messages": job.command_messages,
        }
        self._connection.execute(
            "INSERT INTO jobs (job_id, fields, control, next_step_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (job_id) DO UPDATE SET fields = excluded.fields,"
            " control = excluded.control, next_step_at = excluded.next_step_at",
            (job.job_id, json.dumps(job.fields), json.dumps(control), job.next_step_at),
        )

    def delete(self, job_id: str) -> None:
        """Delete the job's row; its files belong to the object store."""
        self._connection.execute("DELETE FROM jobs WHERE job_id = ?", (job_id,))

    def due(self, now: float) -> list[Job]:
        """Jobs whose timed transition is due."""
        rows = self._connection.execute("SELECT * FROM jobs WHERE next_step_at <= ?", (now,))
        return [_job(row) for row in rows.fetchall()]

    def all(self) -> Iterator[Job]:
        """Every job in the order of creation."""
        for row in self._connection.execute("SELECT * FROM jobs ORDER BY position").fetchall():
            yield _job(row)

    def page(
        self, conditions: list[Condition], order: str, offset: int, limit: int
    ) -> tuple[int, list[Job]]:
        """The number of jobs that meet all conditions, and one page of them in SQL order."""
        where = " AND ".join(condition.sql for condition in conditions) or "1"
        parameters = [value for condition in conditions for value in condition.parameters]
        # Conditions and order are texts of this package; values from requests are parameters.
        count = self._connection.execute(
            f"SELECT COUNT(*) FROM jobs WHERE {where}",  # noqa: S608
            parameters,
        ).fetchone()[0]
        rows = self._connection.execute(
            f"SELECT * FROM jobs WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?",  # noqa: S608
            [*parameters, limit, offset],
        )
        return count, [_job(row) for row in rows.fetchall()]


def _job(row: sqlite3.Row) -> Job:
    control = json.loads(row["control"])
    return Job(
        job_id=row["job_id"],
        fields=json.loads(row["fields"]),
        sessions={name: UploadSession(**kept) for name, kept in control["sessions"].items()},
        reads=control["reads"],
        suspended_from=control["suspended_from"],
        next_step_at=row["next_step_at"],
        command_messages=control.get("command_messages", {}),  # absent in older folders
    )
