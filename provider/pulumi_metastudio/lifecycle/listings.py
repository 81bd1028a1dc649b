"""Answer many reads of one refresh from a few list requests.

A refresh reads each job of a stack by itself, and a list request tells of 100 jobs at once. What
a list says is taken only where it shows that nothing changed: then the record stands. Whatever it
shows changed, does not show, or cannot show is looked up in the job's detail, so that a list that
is old, incomplete or contradicts itself costs a request and never a wrong answer.

How many reads will come is not known, nor how many jobs of others the project holds. So the first
read asks for the detail, and after that at most as many pages are fetched as reads have come: one
read costs one request, and no refresh costs more than twice what details alone would.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from ..api import Job, JobDetail, MetaStudioClient
from ..api.client import PAGE
from ..api.states import REVIEW_FAILED
from ..errors import AuthenticationError, MetaStudioError
from .outputs import OBSERVED
from .schema import FIELDS

#: Seconds for which what a list said counts as now.
VALIDITY = 30.0

_RECORDED = (*OBSERVED, *FIELDS)
_LISTED = tuple(name for name in _RECORDED if name in Job.model_fields)
_DETAIL_ONLY = tuple(name for name in _RECORDED if name not in Job.model_fields)


class Listings:
    """What the project's list says, shared by all reads of a process.

    Args:
        validity: seconds after which a list is asked for again.
    """

    def __init__(self, validity: float = VALIDITY):
        self._validity = validity
        self._lock = threading.Lock()
        self._current: dict[str | None, _Listing] = {}

    def find(
        self, client: MetaStudioClient, job_id: str, app_user_id: str | None = None
    ) -> Job | None:
        """The job as the list shows it; None when its detail must be asked for.

        Raises:
            AuthenticationError: the key was refused; asking for the detail would count again.
        """
        # Whether X-App-UserId hides the jobs of others is not documented, so each has its list.
        with self._lock:
            listing = self._current.get(app_user_id)
            if listing is None or not self._holds_for(listing, job_id):
                listing = _Listing(client, app_user_id)
                self._current[app_user_id] = listing
            listing.asked.add(job_id)
        return listing.find(job_id)

    def _holds_for(self, listing: _Listing, job_id: str) -> bool:
        """Whether nothing has happened since that this process could know of.

        A refresh reads a job once, so a second read of it is another refresh.
        """
        return (
            time.monotonic() < listing.begun + self._validity
            and not listing.outdated
            and job_id not in listing.asked
        )


class _Listing:
    """The pages of one list, fetched one after another by the reads that need them."""

    def __init__(self, client: MetaStudioClient, app_user_id: str | None):
        self.begun = time.monotonic()
        self.asked: set[str] = set()
        self._client = client
        self._writes = client.writes
        self._app_user_id = app_user_id
        self._jobs: dict[str, Job | None] = {}
        self._pages = 1  # until the first one says how many there are
        self._fetched = 0
        self._lock = threading.Lock()

    @property
    def outdated(self) -> bool:
        """Whether this process has changed a job since, or may have."""
        return self._writes != self._client.writes

    def find(self, job_id: str) -> Job | None:
        with self._lock:
            while job_id not in self._jobs and self._may_fetch():
                self._fetch()
            return self._jobs.get(job_id)

    def _may_fetch(self) -> bool:
        reads = len(self.asked)
        return reads > 1 and self._fetched < min(reads, self._pages)

    def _fetch(self) -> None:
        try:
            page = self._client.list_jobs(
                app_user_id=self._app_user_id,
                offset=self._fetched * PAGE,
                limit=PAGE,
                # New jobs come last, where they move no other to another page.
                sort_key="create_time",
                sort_dir="asc",
            )
        except AuthenticationError:
            raise
        except MetaStudioError:
            self._pages = 0  # without a list, details say everything
            return
        self._pages = -(-page.count // PAGE)
        self._fetched += 1
        for job in page.jobs:
            if self._jobs.setdefault(job.job_id, job) != job:
                self._jobs[job.job_id] = None  # conflicting entries: fall back to the detail


def in_doubt(old: Mapping[str, Any]) -> bool:
    """Whether a list could not tell that this record still stands.

    A list item lacks some fields of the detail. Those that only the service or its operators set
    move along with the state. Those that a tenant sets are said to move ``last_update_time``,
    but whether any update does, or only one that is submitted, is not documented: a declared one
    is drift when it differs, so it is looked at. So is a failed review, because its reason may be
    revised with no trace in the list, and a person acts on it; and a job that is not finished.

    What can be missed: a change of an undeclared field that only the detail has, for example the
    end of the paid resource's term, while state, ``last_update_time`` and all listed fields stay.
    """
    declared = old.get("__declared") or ()
    return bool(
        old.get("job_id") is None
        or old.get("last_update_time") is None
        or old.get("state") in REVIEW_FAILED
        or old.get("pending")
        or old.get("expose_download_urls")  # the URLs are of the detail, and new ones each time
        or any(name in declared for name in _DETAIL_ONLY)
    )


def as_detail(job: Job, old: Mapping[str, Any]) -> JobDetail:
    """The job's detail, supposing that the fields that the list lacks are as recorded."""
    recorded = {name: old[name] for name in _DETAIL_ONLY if name in old}
    return JobDetail.model_validate({**recorded, **job.model_dump()})


def stands(outputs: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Whether the outputs are the recorded ones in everything that a list item tells."""
    return all(outputs.get(name) == old.get(name) for name in _LISTED)
