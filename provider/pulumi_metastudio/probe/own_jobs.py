"""The at most three jobs of a run: made, found again, deleted, and proven gone.

A job is the run's own if it carries the run's tag, or if the service gave its id to a creation of
this run. Nothing else is ever touched.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from ..errors import InputError, MetaStudioError
from .client import ProbeClient
from .exchanges import Answered
from .ledger import PREFIX, Entry, Ledger, Ledgers

MOST_JOBS = 3
#: The sub-user of the third job, which tells what X-App-UserId does.
APP_USER = "metastudio-probe"
#: How often, and after how many seconds, a creation whose outcome is unknown is looked for again.
_LOOKS, _BETWEEN_LOOKS = 3, 1.0
_PAGES = 10


@dataclass(frozen=True)
class OwnJob:
    """A job that a run made."""

    job_id: str
    app_user_id: str = ""
    name: str = ""


class OwnJobs:
    """Makes and removes the jobs of one run."""

    def __init__(self, client: ProbeClient, ledgers: Ledgers, ledger: Ledger):
        self._client = client
        self._ledgers = ledgers
        self._ledger = ledger

    @property
    def tag(self) -> str:
        """The tag that each of them has."""
        return self._ledger.tag

    @property
    def run_id(self) -> str:
        """What makes the run's names and tag its own."""
        return self._ledger.run_id

    @property
    def room(self) -> bool:
        """Whether one more may be made."""
        return len([e for e in self._ledger.entries if e.job_id or not e.settled]) < MOST_JOBS

    def create(self, body: Mapping[str, Any], *, app_user_id: str = "") -> Answered:
        """Try to make a job; the run's tag is added to it.

        Raises:
            InputError: it would be the fourth.
        """
        if not self.room:
            raise InputError(f"the probe makes at most {MOST_JOBS} jobs")
        entry = Entry(str(body.get("name", "")), app_user_id)
        self._ledger.entries.append(entry)
        self._ledgers.save(self._ledger)
        tagged = {**body, "tags": [self.tag, *body.get("tags", ())]}
        answered = self._client.create(tagged, app_user_id=app_user_id)
        job_id = answered.get("job_id")
        if answered.ok and isinstance(job_id, str):
            entry.job_id = job_id
        # A 5xx, and a success without an id, may come after the job was made.
        entry.settled = entry.job_id is not None or 400 <= answered.status < 500
        self._ledgers.save(self._ledger)
        return answered

    def remove_all(self) -> list[OwnJob]:
        """Delete every job of the run; returns those that are left, by a list."""
        left = self.find()
        looks = 0
        while looks < _LOOKS and (left or self._ledger.unsettled):
            if looks:
                time.sleep(_BETWEEN_LOOKS)
            for job in left:
                self._client.delete(job.job_id, app_user_id=job.app_user_id)
            left = self.find()
            looks += 1
        if not left:
            self._ledgers.forget(self._ledger)
        return left

    def find(self) -> list[OwnJob]:
        """The run's jobs that the service has, by lists: by id, by tag, and by time."""
        found: dict[str, OwnJob] = {}
        ids = {e.job_id: e.app_user_id for e in self._ledger.entries if e.job_id}
        users = sorted({"", *(entry.app_user_id for entry in self._ledger.entries)})
        for listed in self._lists(ids, users):
            job_id = str(listed.get("job_id", ""))
            if job_id in ids or self.tag in _tags(listed):
                user = ids.get(job_id) or str(listed.get("app_user_id") or "")
                found.setdefault(job_id, OwnJob(job_id, user, str(listed.get("name", ""))))
        return list(found.values())

    def _lists(self, ids: Mapping[str, str], users: list[str]) -> Iterator[Mapping[str, Any]]:
        unclear = self._ledger.unsettled
        for job_id, user in ids.items():
            answered = self._client.list_jobs(job_id=job_id, app_user_id=user)
            yield from answered.jobs()
            unclear |= not answered.ok
        since = _earlier(self._ledger.started)
        for user in users if self._ledger.entries else ():
            # Whether a filter does what its name says is one of the questions: two ways.
            yield from pages(self._client, user, tag=self.tag)
            if unclear:
                yield from pages(self._client, user, create_since=since)


def pages(client: ProbeClient, app_user_id: str, **filters: object) -> Iterator[Mapping[str, Any]]:
    """The newest jobs that match, a thousand at most.

    Raises:
        MetaStudioError: the list was refused, so that nothing is proven.
    """
    for page in range(_PAGES):
        answered = client.list_jobs(
            **filters,
            sort_key="create_time",
            sort_dir="desc",
            limit=100,
            offset=100 * page,
            app_user_id=app_user_id,
        )
        if not answered.ok:
            raise MetaStudioError(f"the list was refused ({answered.shown()}): nothing is proven")
        yield from answered.jobs()
        if len(answered.jobs()) < 100:
            return


def probe_tag(job: Mapping[str, Any]) -> str | None:
    """The tag of a run of the probe, any run on any machine; None for a job without one."""
    return next((tag for tag in _tags(job) if tag.startswith(PREFIX)), None)


def _tags(job: Mapping[str, Any]) -> list[str]:
    tags = job.get("tags")
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


def _earlier(started: str) -> str:
    """An hour before, in case the clocks differ."""
    at = datetime.strptime(started, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return (at - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
