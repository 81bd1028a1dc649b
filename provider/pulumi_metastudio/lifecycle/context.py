"""What the steps of a job's life work with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..api import JobDetail, MetaStudioClient, Settings
from ..backend import Record, Records
from ..errors import StateUnreadable
from ..transfer import Reporter, Silent, SourceCache, Uploader, fingerprint_cache
from .journal import Journal
from .listings import Listings
from .ownership import Identity


@dataclass(frozen=True)
class Replaced:
    """A job that the plan replaces, which may be another account's than the new one.

    Attributes:
        find: looks at the job through its own account; None when it is gone.
        deletion_policy: as recorded.
    """

    find: Callable[[], JobDetail | None]
    deletion_policy: str | None


class Run:
    """What one run of an engine has seen and done, shared by all of its operations.

    Args:
        records: reads which jobs the states of the project's stacks record; asked once, when a
            job turns up that may be a left-over. Raises StateUnreadable.
    """

    def __init__(self, records: Callable[[], Records] | None = None):
        self._ask = records
        self._records: Records | StateUnreadable | None = None
        self._seen: dict[str, set[str]] = {}
        self._replaced: dict[str, dict[str, Replaced]] = {}
        self._taken: set[str] = set()
        self._lock = threading.Lock()

    def see(self, urn: str, job_id: str) -> None:
        """The state records this job for this resource."""
        with self._lock:
            self._seen.setdefault(urn, set()).add(job_id)

    def seen(self, urn: str) -> frozenset[str]:
        """Jobs that the state was seen to record for a resource."""
        with self._lock:
            return frozenset(self._seen.get(urn, ()))

    def replace(self, urn: str, job_id: str, job: Replaced) -> None:
        """The plan replaces this job of a resource."""
        with self._lock:
            self._replaced.setdefault(urn, {})[job_id] = job

    def replaced(self, urn: str) -> Mapping[str, Replaced]:
        """Jobs that the plan replaces for a resource, by their ids."""
        with self._lock:
            return dict(self._replaced.get(urn, {}))

    def take(self, job_id: str) -> None:
        """This run has adopted the job, or goes on with it."""
        with self._lock:
            self._taken.add(job_id)

    def took(self, job_id: str) -> bool:
        """Whether this run has adopted the job or gone on with it: it is not to be deleted."""
        with self._lock:
            return job_id in self._taken

    def records(self, job_id: str, *, anew: bool = False) -> tuple[Record, ...] | None:
        """Where the states record a job; None when not all of them can be read.

        Args:
            anew: read the states again, since this run has changed its own.
        """
        with self._lock:
            if self._records is None or anew:
                try:
                    self._records = self._ask() if self._ask else {}
                except StateUnreadable as error:
                    self._records = error
            if isinstance(self._records, StateUnreadable):
                return None
            return self._records.get(job_id, ())

    def urn(self, job_id: str) -> str | None:
        """The URN under which a state records a job; what a renamed resource recorded is old."""
        records = self.records(job_id)
        return records[0].urn if records else None

    @property
    def unreadable(self) -> str:
        """Why the states cannot be read; empty when they can."""
        return str(self._records) if isinstance(self._records, StateUnreadable) else ""


@dataclass(frozen=True)
class Context:
    """The service, the uploader, who asks, and where to tell what is going on.

    Attributes:
        owner: digits of backend and organization, see ``ownership.Identity``; empty where
            there is no backend, so that nothing is proven by tags or the journal.
    """

    client: MetaStudioClient
    uploader: Uploader
    cache: SourceCache = field(default_factory=fingerprint_cache)
    journal: Journal = field(default_factory=Journal)
    listings: Listings = field(default_factory=Listings)
    reporter: Reporter = field(default_factory=Silent)
    owner: str = ""
    run: Run = field(default_factory=Run)

    @classmethod
    def of(cls, settings: Settings) -> Context:
        """A context for a project; it opens no connection yet."""
        return cls(
            MetaStudioClient(settings),
            Uploader(stall_timeout=settings.stall_timeout, parallel=settings.parallel_parts),
        )

    def identity(self, inputs: Mapping[str, Any]) -> Identity | None:
        """Who a resource is; None where it cannot be told from others of its name."""
        urn = inputs.get("__urn")
        return Identity(urn, self.owner) if isinstance(urn, str) and self.owner else None

    def tags(self, inputs: Mapping[str, Any]) -> tuple[str, ...]:
        """The ownership tags for a resource's jobs; none when switched off."""
        identity = self.identity(inputs)
        return identity.tags if identity and self.client.settings.ownership_tag else ()

    @property
    def account(self) -> str | None:
        """The account's name in the stack's configuration; None for the one without."""
        return self.client.settings.account

    def telling(self, reporter: Reporter) -> Context:
        """The same, with another reporter."""
        return replace(self, reporter=reporter)
