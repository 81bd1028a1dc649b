"""Which kind of source a location is."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ...errors import InputError
from .base import NOT_A_URL, Glance, Source, is_url
from .local import local_source

_NEARLY_URL = re.compile(r"https?:", re.IGNORECASE)


def local_path(location: str) -> Path | None:
    """The path of a file on this machine; None for a URL.

    Raises:
        InputError: it is no path.
    """
    if is_url(location):
        scheme, _, _ = location.partition("://")
        if scheme.lower() != "file":
            return None
        location = url2pathname(urlsplit(location).path)
    try:
        path = Path(location).expanduser()
        os.fsencode(path)
    except (ValueError, RuntimeError):  # half a surrogate, an unknown user's home
        raise InputError(f"{location!r} is not a path") from None
    if "\0" in location:
        raise InputError(f"{location!r} is not a path")
    return path


def glance(location: str) -> Glance | None:
    """What a URL says of itself for one request and no byte of the file; None where it does not."""
    if is_url(location) and location.partition("://")[0].lower() in ("http", "https"):
        from .web import web_glance

        return web_glance(location)
    return None


def open_source(location: str) -> Source:
    """The source at ``location``: a path (``~`` is the home folder) or a URL.

    Raises:
        InputError: it does not exist, is not a file, is empty or cannot be read.
    """
    if not is_url(location):
        if _NEARLY_URL.match(location):
            raise InputError(NOT_A_URL)  # and not shown as a path: it may hold a password
        return local_source(location)
    scheme = location.partition("://")[0].lower()
    if scheme == "file":
        return local_source(url2pathname(urlsplit(location).path))
    # What reads the others is loaded when it is needed.
    if scheme in ("http", "https"):
        from .web import web_source

        return web_source(location)
    from .fsspec import fsspec_source

    return fsspec_source(location)
