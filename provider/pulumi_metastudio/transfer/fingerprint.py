"""SHA-256 of a file; an unchanged file is not read again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from ..common.folders import cache_folder
from ..errors import InputError
from .hashing import SourceFailed, sha256_of
from .source_cache import SourceCache, place
from .sources import Glance, Source


def fingerprint(source: Source, cache: SourceCache) -> str:
    """The SHA-256 of a source in hexadecimal, from the cache or by reading it once.

    Raises:
        InputError: reading failed.
    """
    return cache.get(source) or fingerprint_anew(source, cache)


def fingerprint_anew(
    source: Source, cache: SourceCache, tell: Callable[[int], object] | None = None
) -> str:
    """The same by reading it, whatever the cache says; ``tell`` takes the bytes of each block."""
    try:
        sha256 = sha256_of(source, tell)
    except SourceFailed as error:
        raise InputError(f"'{source.label}' cannot be read: {error}") from None
    cache.put(source, sha256)
    return sha256


def portable_validator(source: Source | Glance) -> str:
    """What is equal on any machine for as long as a URL's bytes are; empty where nothing is.

    A digest of the place, the size and the server's own validator, so that it holds for this place
    alone, and tells nothing of it.
    """
    if not source.proof:
        return ""
    text = "\n".join([place(source), str(source.size), source.proof])
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def fingerprint_cache() -> SourceCache:
    """The fingerprints that this user's runs remember."""
    return SourceCache(cache_folder() / "fingerprints.db")
