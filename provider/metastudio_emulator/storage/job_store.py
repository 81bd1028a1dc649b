"""Training jobs as records: what is kept of each, and how they are found again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

Fields = dict[str, Any]


@dataclass
class UploadSession:
    """One multipart upload of a video: its id, its number of parts, whether it was assembled."""

    upload_id: str
    count: int
    completed: bool = False


@dataclass
class Job:
    """One training job.

    Attributes:
        job_id: 32 hexadecimal digits.
        fields: the wire's fields as Show returns them, without the URLs, which are made anew
            for every answer.
        sessions: the current multipart upload of each video, by file kind.
        reads: answers that showed this job since its last step.
        suspended_from: the state that CONFIRM_ACTIVE goes back to.
        next_step_at: virtual Unix seconds of the next timed step, None when none is due.
        command_messages: the last command_message that came with "create", with "update" or
            with each command, in the order in which they came.
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
        """The wire's state name."""
        return str(self.fields["state"])

    @property
    def is_flexus(self) -> bool:
        """Whether it is of the Flexus edition, of which the ultra-fast one is a kind."""
        return bool(self.fields.get("is_flexus") or self.fields.get("is_fast_flexus"))

    def note_message(self, request: str, command_message: str | None) -> None:
        """Remember the command_message of a request, if it brought one."""
        if command_message is not None:
            self.command_messages.pop(request, None)  # the last one stands last
            self.command_messages[request] = command_message

    def log(self, time: str, log_type: str, user: str, **more: Any) -> None:
        """Append to operation_logs, in the shape of the documents' example."""
        entry = {"operate_time": time, "log_type": log_type, **more, "operate_user": user}
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
        """Insert or replace; a job keeps its place in the order of creation."""
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
        """Forget a job; its files are another module's."""
        self._connection.execute("DELETE FROM jobs WHERE job_id = ?", (job_id,))

    def due(self, now: float) -> list[Job]:
        """Jobs whose timed step should have happened by now."""
        rows = self._connection.execute("SELECT * FROM jobs WHERE next_step_at <= ?", (now,))
        return [_job(row) for row in rows.fetchall()]

    def all(self) -> Iterator[Job]:
        """Every job in the order of creation."""
        for row in self._connection.execute("SELECT * FROM jobs ORDER BY position").fetchall():
            yield _job(row)

    def page(
        self, conditions: list[Condition], order: str, offset: int, limit: int
    ) -> tuple[int, list[Job]]:
        """How many jobs meet all conditions, and one page of them in the given SQL order."""
        where = " AND ".join(condition.sql for condition in conditions) or "1"
        parameters = [value for condition in conditions for value in condition.parameters]
        # Conditions and order are this package's own texts; what callers send are parameters.
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
        command_messages=control.get("command_messages", {}),  # rows of older folders have none
    )
