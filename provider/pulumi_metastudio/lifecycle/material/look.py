"""What a check finds out about a job's files, and what it records of them in the inputs.

Nothing of a file is read where a digest stands for it, nor of a URL whose validator is the
recorded one: a preview on a machine that has no file and remembers nothing costs a HEAD for each
URL. Anything else is opened and its header looked at; its bytes are hashed only where something
recorded is to be compared with them, and only when this machine has not hashed them before.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from ...errors import InputError
from ...transfer import (
    Digest,
    Source,
    SourceCache,
    fingerprint,
    fingerprint_cache,
    glance,
    is_pointer,
    local_path,
    open_source,
    portable_validator,
    probe_cache,
)
from ..schema import UNKNOWN, Inputs
from .declared import declared, label, location, misshapen
from .rules import faults, oversize

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Look:
    """A look at the files of one job.

    Args:
        before: the inputs of the last check, whose ``__sources`` and ``__fingerprints`` count for
            a URL that has not changed since.
        probes: remembers what headers said; by default the user's.
        prints: remembers fingerprints; by default the user's.
        far: whether to look into what is behind URLs; if not, they are only asked whether it is
            there.

    Attributes:
        sources: by input name ``{"size": bytes, "validator": text}``, each where it is known; the
            validator of a URL only (see ``portable_validator``).
        fingerprints: SHA-256 by input name, where it costs no reading.
        unread: files whose SHA-256 only reading tells.
        stale: warnings about files that are not what their digest says, as far as sizes tell.
    """

    def __init__(
        self,
        before: Inputs = _NOTHING,
        probes: SourceCache | None = None,
        prints: SourceCache | None = None,
        *,
        far: bool = True,
    ):
        self._sources = before.get("__sources") or {}
        self._prints = before.get("__fingerprints") or {}
        self._probes = probes or probe_cache()
        self._far = far
        self._cache = prints or fingerprint_cache()
        self.sources: dict[str, dict[str, Any]] = {}
        self.fingerprints: dict[str, str] = {}
        self.unread: dict[str, Source] = {}
        self.stale: list[str] = []

    def problems(self, name: str, value: Any) -> Iterator[str]:
        """Everything that is wrong with a file input, one line each, to be read after its name."""
        if value is UNKNOWN:
            return
        wrong = misshapen(value)
        if wrong:
            yield wrong
            return
        try:
            for fault in self._look(name, value):
                yield _line(fault)
        except InputError as error:
            yield _line(str(error))

    def read(self) -> Iterator[tuple[str, str]]:
        """Read what only reading tells; the names of files that cannot be read, and why."""
        for name, source in self.unread.items():
            try:
                self.fingerprints[name] = fingerprint(source, self._cache)
            except InputError as error:
                yield name, str(error)

    def as_inputs(self) -> dict[str, Any]:
        """What the checked inputs say of the files; nothing where there are none."""
        found = {"__sources": self.sources, "__fingerprints": self.fingerprints}
        return {name: value for name, value in found.items() if value}

    def _look(self, name: str, value: Any) -> Iterator[str]:
        where = location(value)
        digest = declared(value)
        if digest:
            size = self._declared_size(name, value, digest)
            self.sources[name] = {"size": size} if size else {}
            self.fingerprints[name] = digest.sha256
            too_large = oversize(name, label(value), size) if size else None
            if too_large:
                yield too_large
            return
        seen = glance(where) if self._recorded(name) or not self._far else None
        if seen and not self._far and seen.size:
            return
        if seen and portable_validator(seen) == self._recorded(name):
            self._unchanged(name, seen.size)
            return
        try:
            source = open_source(where)
        except InputError as error:
            raise InputError(f"{error}{_ways(where)}") from None
        validator = portable_validator(source)
        if validator and validator == self._recorded(name):
            self._unchanged(name, source.size)
            return
        self.sources[name] = {"size": source.size}
        if validator:
            self.sources[name]["validator"] = validator
        if self._far or source.local:
            yield from faults(name, source, self._probes)
        known = self._cache.get(source)
        if known:
            self.fingerprints[name] = known
        else:
            self.unread[name] = source

    def _declared_size(self, name: str, value: Any, digest: Digest) -> int | None:
        """Bytes of a file that a digest stands for, without reading it."""
        size = digest.size
        if size is None and self._prints.get(name) == digest.sha256:
            noted = (self._sources.get(name) or {}).get("size")  # of this very content
            size = int(noted) if noted else None
        path = local_path(location(value))
        if path is None or not os.path.exists(path) or is_pointer(path):
            return size
        here = open_source(location(value)).size  # of a file on this machine it takes no reading
        if size not in (None, here):
            self.stale.append(
                f"{name} '{label(value)}' has {here} bytes, and the content that {digest.origin} "
                f"declares {size}: as long as the digest stays, nothing is uploaded; if the file "
                "is the new one, run 'metastudio fingerprint' or correct File()"
            )
        return size or here

    def _recorded(self, name: str) -> str | None:
        validator: str | None = (self._sources.get(name) or {}).get("validator")
        return validator

    def _unchanged(self, name: str, size: int) -> None:
        """Where the first creation has noted no fingerprint, the plan finds it in the outputs."""
        self.sources[name] = {"size": size, "validator": self._recorded(name)}
        if name in self._prints:
            self.fingerprints[name] = self._prints[name]


def _ways(where: str) -> str:
    path = local_path(where)
    if path is None or os.path.exists(path):
        return ""
    return (
        ": fetch it, or let a digest stand for it: its line in SHA256SUMS beside it ('metastudio "
        "fingerprint' writes it), its Git LFS pointer, or File(path, sha256=...) in the program"
    )


def _line(text: str) -> str:
    """One line, whatever a file's name holds."""
    return " ".join(text.split())
