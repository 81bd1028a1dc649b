"""Where a file's bytes come from: a local path, or a URL that is streamed through.

All kinds answer the same questions: how large, has it changed since, give me bytes from here on.
A URL is never spooled to disk.
"""

from __future__ import annotations

import os
import re
import stat as stat_module
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, urlsplit, urlunsplit
from urllib.request import url2pathname

from urllib3.exceptions import HTTPError

from ..errors import InputError

__all__ = ["READ_ERRORS", "Readable", "Source", "is_url", "open_source", "url_label"]

_NO_URL = "is not a URL that can be read: give https://host/path"
_NEARLY_URL = re.compile(r"https?:", re.IGNORECASE)

#: What reading a source may raise.
READ_ERRORS = (OSError, HTTPError)


class Source(Protocol):
    """Readable bytes of a known length.

    Attributes:
        location: the path or URL it was opened from; a URL may hold a signature.
        label: how to name it to people; of a URL no query, so no signature, and no password.
        size: bytes.
        validator: changes whenever the content may have changed (size, mtime and inode of a
            file; ETag of a URL); empty, if nothing tells.
        local: it can be read twice, and by several threads at once, without a network.
        anywhere: it can be read from any byte on without reading what is before it.
    """

    @property
    def location(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def validator(self) -> str: ...
    @property
    def local(self) -> bool: ...
    @property
    def anywhere(self) -> bool: ...

    def reader(
        self, start: int = 0, told: Callable[[str], None] | None = None, /
    ) -> AbstractContextManager[Readable]:
        """A context manager that gives a binary stream from byte ``start`` on.

        Args:
            told: takes a line when the source breaks off and is asked again.
        """


class Readable(Protocol):
    """What :meth:`Source.reader` gives."""

    def read(self, size: int = -1, /) -> bytes | None: ...
    def readinto(self, buffer: memoryview | bytearray, /) -> int | None: ...


def is_url(location: str) -> bool:
    """True for a location with a scheme; a Windows drive letter is none."""
    scheme, separator, _ = location.partition("://")
    return bool(separator) and len(scheme) > 1


def open_source(location: str) -> Source:
    """The source at ``location``: a path (``~`` is the home folder) or a URL.

    Raises:
        InputError: it does not exist, is not a file, is empty or cannot be read.
    """
    if not is_url(location):
        if _NEARLY_URL.match(location):
            raise InputError(_NO_URL)  # and not shown as a path: it may hold a password
        return _file(location)
    scheme = location.partition("://")[0].lower()
    if scheme == "file":
        return _file(url2pathname(urlsplit(location).path))
    # What reads the others is loaded when it is needed.
    if scheme in ("http", "https"):
        from .web_source import web_source

        return web_source(location)
    from .fsspec_source import fsspec_source

    return fsspec_source(location)


@dataclass(frozen=True)
class _File:
    path: Path
    location: str
    label: str
    size: int
    validator: str
    local: bool = True
    anywhere: bool = True

    def reader(
        self, start: int = 0, told: Callable[[str], None] | None = None
    ) -> AbstractContextManager[Readable]:
        stream = self.path.open("rb", buffering=0)
        stream.seek(start)
        return stream


def _file(location: str) -> Source:
    try:
        path = Path(location).expanduser()
        found = path.stat()
    except (ValueError, RuntimeError):  # a zero byte, half a surrogate, an unknown user's home
        raise InputError(f"{location!r} is not a path") from None
    except OSError as problem:
        reason = "no such file" if isinstance(problem, FileNotFoundError) else problem.strerror
        raise InputError(f"'{location}': {reason} (relative to {Path.cwd()})") from None
    if stat_module.S_ISDIR(found.st_mode):
        raise InputError(f"'{location}' is a directory: give a file")
    if not stat_module.S_ISREG(found.st_mode):
        raise InputError(f"'{location}' is not a regular file")
    if found.st_size == 0:
        raise InputError(f"'{location}' is empty")
    if not os.access(path, os.R_OK):
        raise InputError(f"'{location}' cannot be read: check its permissions")
    validator = f"{found.st_size}-{found.st_mtime_ns}-{found.st_dev}-{found.st_ino}"
    return _File(path, location, location, found.st_size, validator)


def url_label(url: str) -> str:
    """A URL without what authorises: its query, and its user information.

    Raises:
        InputError: it is not a URL.
    """
    parts = _parts(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(query="", fragment="", netloc=host))


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host:
        raise InputError(_NO_URL)
    return parts
