"""How far the files of a job are, and what is left to do: one record, in state and journal alike.

What is left are steps, in the order in which they go. A step is a text, because the ``pending``
output holds it:

=================  =====================================================================
``put``            send the edited fields, and ask for upload URLs of the edited files;
                   never recorded, because nothing is changed before it succeeds
``upload FILE``    send a file to its one-time URLs
``confirm FILE``   tell the service that a file is complete
``submit``         submit the job for review
``recreate``       delete the job and make another, because the service gives no new URLs:
                   a creation does it at once, after that the engine does, as a replacement
=================  =====================================================================
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .schema import FILES, Inputs

PUT, UPLOAD, CONFIRM, SUBMIT, RECREATE = "put", "upload", "confirm", "submit", "recreate"


def steps(inputs: Inputs, files: Collection[str] | None = None) -> tuple[str, ...]:
    """The steps for ``files`` (all declared ones by default), in the order they must go."""
    chosen = [name for name in FILES if name in inputs and (files is None or name in files)]
    uploads = [f"{UPLOAD} {name}" for name in chosen]
    confirmations = [f"{CONFIRM} {name}" for name in chosen if FILES[name].confirm]
    return (*uploads, *confirmations, *([SUBMIT] if inputs.get("submit", True) else []))


@dataclass(frozen=True)
class Progress:
    """What has been done for one job, and what is left.

    Attributes:
        pending: steps that are left, see above.
        urls: unused upload URLs by input name; bearer secrets.
        fingerprints: SHA-256 by input name, of what the service has confirmed.
        sent: SHA-256 by input name, of what arrived and may not be confirmed yet.
        sources: validator by input name, of what was about to be sent.
        origins: by input name, where what arrived came from, see ``material.origin``.
        submitted: whether the job was, or was about to be, submitted; its state tells.
        reviews: how many reviews of the job had failed before; None where that is not known.
        serial: names the operation, so that state and journal can be compared.
    """

    pending: tuple[str, ...] = ()
    urls: Mapping[str, list[str]] = field(default_factory=dict, repr=False)
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    sent: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    submitted: bool = False
    reviews: int | None = None
    serial: str = field(default_factory=lambda: uuid.uuid4().hex)

    @classmethod
    def from_outputs(cls, old: Mapping[str, Any]) -> Progress:
        """What a state records."""
        return cls(
            pending=tuple(old.get("pending") or ()),
            urls=old.get("__upload_urls") or {},
            fingerprints=old.get("fingerprints") or {},
            sent=old.get("__sent") or {},
            origins=old.get("__sources") or {},
            reviews=old.get("__reviews"),
            serial=old.get("__journal", ""),
        )

    def as_outputs(self) -> dict[str, Any]:
        """What the state keeps: no bearer secret without need."""
        waiting = {step.partition(" ")[2] for step in self.pending}
        outputs: dict[str, Any] = {
            "pending": list(self.pending),
            "fingerprints": dict(self.fingerprints),
            "__sent": {name: sha256 for name, sha256 in self.sent.items() if name in waiting},
            "__upload_urls": self._needed_urls(),
        }
        recorded = {**self.fingerprints, **outputs["__sent"]}
        origins = {
            name: dict(each)
            for name, each in self.origins.items()
            if name in recorded and each.get("sha256") == recorded[name]
        }
        # States of 0.1.0 have none: a refresh is not to show them as a change.
        outputs |= {"__sources": origins} if origins else {}
        return outputs | ({"__journal": self.serial} if self.serial else {})

    @classmethod
    def from_journal(cls, entry: Mapping[str, Any]) -> Progress:
        """What a journal's file holds.

        Raises:
            TypeError: it is not one of this version.
        """
        return cls(**{**entry, "pending": tuple(entry.get("pending") or ())})

    def as_journal(self) -> dict[str, Any]:
        """What the journal keeps: no bearer secret without need."""
        return {**asdict(self), "urls": self._needed_urls()}

    def of(self, names: Iterable[str]) -> Progress:
        """The part about these files; which steps are left is to be found out."""
        chosen = frozenset(names)

        def part(files: Mapping[str, Any]) -> dict[str, Any]:
            return {name: value for name, value in files.items() if name in chosen}

        return Progress(
            urls=part(self.urls),
            fingerprints=part(self.fingerprints),
            sent=part(self.sent),
            sources=part(self.sources),
            origins=part(self.origins),
            reviews=self.reviews,
        )

    def anew(self) -> Progress:
        """The same, at the start of another operation."""
        return replace(self, serial=uuid.uuid4().hex)

    def done(self, *finished: str) -> Progress:
        """Without the steps that are done."""
        return replace(self, pending=tuple(s for s in self.pending if s not in finished))

    def first(self, step: str) -> Progress:
        """With a step before all others."""
        return replace(self, pending=(step, *self.pending))

    def waiting(self, verb: str) -> list[str]:
        """The files for which a step of this kind is left."""
        return [name for name in FILES if f"{verb} {name}" in self.pending]

    def _needed_urls(self) -> dict[str, list[str]]:
        waiting = self.waiting(UPLOAD)
        return {name: list(urls) for name, urls in self.urls.items() if name in waiting}
