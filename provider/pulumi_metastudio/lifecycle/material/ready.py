"""Whether the files that are to be uploaded are here, before anything at the service changes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from ...errors import InputError, UploadError, UploadFailure
from ...transfer import (
    Digest,
    Source,
    SourceCache,
    fingerprint,
    is_pointer,
    local_path,
    open_source,
    probe_cache,
)
from ..schema import Inputs
from .declared import declared, location
from .rules import faults

#: A local file of at most so many bytes is hashed before it is sent, because that costs nothing
#: and its upload URL takes one attempt only.
_SMALL = 16 << 20


def ready(inputs: Inputs, names: Iterable[str], cache: SourceCache) -> None:
    """Refuse to begin with files that are not here, or are not what is declared.

    Args:
        names: the files that are to be uploaded.
        cache: remembers fingerprints.

    Raises:
        InputError: all that is wrong, in one line.
    """
    found = [f"{name} {text}" for name in names for text in _faults(inputs, name, cache)]
    if found:
        raise InputError("; ".join(found))


def open_real(value: Any) -> Source:
    """The bytes of a file input.

    Raises:
        InputError: they cannot be read, or only a Git LFS pointer stands there.
    """
    where = location(value)
    path = local_path(where)
    if path and is_pointer(path):
        raise InputError(
            f"'{where}' is a Git LFS pointer, and the file itself is to be uploaded: run "
            f"'git lfs pull --include \"{where}\"'"
        )
    try:
        return open_source(where)
    except InputError as error:
        if path is None or os.path.exists(path):
            raise
        raise InputError(
            f"{error}: it is to be uploaded, so fetch it from where it is kept to this place"
        ) from None


def differing(name: str, source: Source, digest: Digest | None, sha256: str) -> UploadError | None:
    """What to say of a content that is not the declared one; None where it is."""
    if digest is None or digest.sha256 == sha256:
        return None
    return UploadError(name, UploadFailure.CONTENT, _difference(source, digest, sha256))


def _faults(inputs: Inputs, name: str, cache: SourceCache) -> Iterator[str]:
    try:
        digest = declared(inputs[name])
        source = open_real(inputs[name])
    except InputError as error:
        yield str(error)
        return
    if digest is None:
        return  # the check has looked into it
    if digest.size not in (None, source.size):
        yield (
            f"'{source.label}' has {source.size} bytes, and {digest.origin} declares "
            f"{digest.size}: {_WAYS}"
        )
        return
    sha256 = cache.get(source)
    if sha256 is None and source.local and source.size <= _SMALL:
        try:
            sha256 = fingerprint(source, cache)
        except InputError as error:
            yield str(error)
            return
    if sha256 not in (None, digest.sha256):
        yield _difference(source, digest, str(sha256))
        return
    yield from faults(name, source, probe_cache())


_WAYS = (
    "if the file is right, run 'metastudio fingerprint' or correct File(), else fetch the right one"
)


def _difference(source: Source, digest: Digest, sha256: str) -> str:
    return (
        f"'{source.label}' has the SHA-256 {sha256[:12]}…, and {digest.origin} declares "
        f"{digest.sha256[:12]}…: {_WAYS}"
    )
