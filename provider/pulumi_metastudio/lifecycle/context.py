"""What the steps of a job's life work with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..api import MetaStudioClient, Settings
from ..transfer import FingerprintCache, Reporter, Silent, Uploader
from .bulk import Listings
from .journal import Journal
from .ownership import own_tag

__all__ = ["Context"]


@dataclass(frozen=True)
class Context:
    """The service, the uploader, and where to tell what is going on."""

    client: MetaStudioClient
    uploader: Uploader
    cache: FingerprintCache = field(default_factory=FingerprintCache)
    journal: Journal = field(default_factory=Journal)
    listings: Listings = field(default_factory=Listings)
    reporter: Reporter = field(default_factory=Silent)

    @classmethod
    def of(cls, settings: Settings) -> Context:
        """A context for a project; it opens no connection yet."""
        return cls(
            MetaStudioClient(settings),
            Uploader(stall_timeout=settings.stall_timeout, parallel=settings.parallel_parts),
        )

    def tag(self, urn: str | None) -> str | None:
        """The ownership tag for a resource's jobs; None when switched off."""
        return own_tag(urn) if urn and self.client.settings.ownership_tag else None

    def telling(self, reporter: Reporter) -> Context:
        """The same, with another reporter."""
        return replace(self, reporter=reporter)
