"""What is declared of a file: where it is, and the digest that stands for it, if any.

As an input a file is its location, or an object of a location and a digest::

    "anna.mp4"
    {"path": "anna.mp4", "sha256": "<64 hexadecimal digits>", "size": 1234}   # size may lack
"""

from __future__ import annotations

import re
from typing import Any

from ...errors import InputError
from ...transfer import Digest, digest_beside, is_url, local_path, url_label

_SHA256 = re.compile("[0-9a-fA-F]{64}")
_KEYS = {"path", "sha256", "size"}


def location(value: Any) -> str:
    """The path or URL of a file input."""
    return str(value["path"] if isinstance(value, dict) else value)


def label(value: Any) -> str:
    """How to name a file input to people: of a URL no query and no password."""
    where = location(value)
    return url_label(where) if is_url(where) else where


def misshapen(value: Any) -> str | None:
    """What is wrong with the form of a file input; None where it is well."""
    if isinstance(value, str):
        return None
    if not isinstance(value, dict):
        return "must be a path, a URL, a File, a FileAsset or a RemoteAsset"
    if not isinstance(value.get("path"), str) or not value.keys() <= _KEYS:
        return "must be a path, a URL, or an object of path, sha256 and size"
    sha256, size = value.get("sha256"), value.get("size")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        return "has a sha256 that is none: it must be 64 hexadecimal digits"
    if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 1):
        return "has a size that is none: it must be a number of bytes, 1 or more"
    return None


def declared(value: Any) -> Digest | None:
    """The digest that stands for a file input of good form; None where only its bytes do.

    The program's own counts first, then a Git LFS pointer, then SHA256SUMS.

    Raises:
        InputError: they contradict each other, or one is damaged; or the location is none.
    """
    where = location(value)
    path = local_path(where)
    if path is None:
        url_label(where)  # refuses what is no URL
    beside = digest_beside(path) if path else None
    if not isinstance(value, dict):
        return beside
    own = Digest(value["sha256"].lower(), value.get("size"), "File() in the program")
    if beside and beside.sha256 != own.sha256:
        raise InputError(
            f"'{label(value)}': {own.origin} declares the SHA-256 {own.sha256[:12]}…, and "
            f"{beside.origin} {beside.sha256[:12]}…: correct the one that is wrong"
        )
    if own.size is None and beside:
        own = Digest(own.sha256, beside.size, own.origin)
    return own
