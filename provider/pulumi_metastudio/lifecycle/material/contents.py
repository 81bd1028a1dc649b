"""What a file's content is, for whoever compares it or records it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import InputError
from ...transfer import Source, SourceCache, fingerprint, open_source, portable_validator
from ..schema import FILES, UNKNOWN, Inputs
from .declared import declared, location

#: Size and validator of a source, with the SHA-256 of what they were seen of.
Origin = Mapping[str, Any]


def origin(source: Source, sha256: str) -> Origin:
    """What is recorded of where a content came from, so that the same is known again."""
    validator = portable_validator(source)
    found = {"sha256": sha256, "size": source.size}
    return {**found, "validator": validator} if validator else found


def content(inputs: Inputs, name: str, cache: SourceCache) -> tuple[str, Origin]:
    """The SHA-256 of what is declared, by its digest, the cache, or reading it once.

    Raises:
        InputError: no digest stands for it and it cannot be read.
    """
    digest = declared(inputs[name])
    if digest:
        size = {"size": digest.size} if digest.size else {}
        return digest.sha256, {"sha256": digest.sha256, **size}
    source = open_source(location(inputs[name]))
    sha256 = fingerprint(source, cache)
    return sha256, origin(source, sha256)


def known_size(inputs: Inputs, name: str) -> int | None:
    """Bytes of a file that need not be here; None where nothing tells."""
    noted = ((inputs.get("__sources") or {}).get(name) or {}).get("size")
    if noted:
        return int(noted)
    try:
        digest = declared(inputs[name])
        if digest and digest.size:
            return digest.size
        return open_source(location(inputs[name])).size
    except InputError:
        return None


def completed(new: Inputs, old: Mapping[str, Any], cache: SourceCache) -> dict[str, Any]:
    """Checked inputs with the fingerprints that the check could not know.

    It knows the inputs before, and not what was uploaded: a URL that is as it was at the first
    creation has no fingerprint there. If what was uploaded had the same validator, it is the same
    content; if not, the content is read once.

    Args:
        old: the job's outputs.

    Raises:
        InputError: it must be read and cannot.
    """
    prints = dict(new.get("__fingerprints") or {})
    uploaded = {**(old.get("fingerprints") or {}), **(old.get("__sent") or {})}
    waiting, ignored = old.get("pending") or (), new.get("__ignored") or ()
    for name, now in (new.get("__sources") or {}).items():
        if name in prints or name not in FILES or new.get(name, UNKNOWN) is UNKNOWN:
            continue
        if f"upload {name}" in waiting or name in ignored or not now.get("validator"):
            continue
        before = (old.get("__sources") or {}).get(name) or {}
        same = before.get("validator") == now["validator"]
        if same and before.get("sha256") == uploaded.get(name):
            prints[name] = before["sha256"]
        else:
            prints[name] = content(new, name, cache)[0]
    return {**new, **({"__fingerprints": prints} if prints else {})}
