"""Where a file's bytes come from: a local path, or an http(s) URL that is streamed through.

Both kinds answer the same questions: how large, has it changed since, give me bytes from here
to there. A URL is never spooled to disk; a part of it is asked for by a Range header.
"""

from __future__ import annotations

import os
import stat as stat_module
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, urlsplit, urlunsplit
from urllib.request import url2pathname

from urllib3.exceptions import HTTPError

from ..errors import InputError
from ..redact import one_line

__all__ = ["READ_ERRORS", "Readable", "Source", "is_url", "open_source"]

#: What reading a source may raise.
READ_ERRORS = (OSError, HTTPError)


class Source(Protocol):
    """Readable bytes of a known length.

    Attributes:
        location: the path or URL it was opened from; a URL may hold a signature.
        label: how to name it to people; no query string, so no signature of a signed URL.
        size: bytes.
        validator: changes whenever the content may have changed (size, mtime and inode of a
            file; ETag of a URL).
    """

    @property
    def location(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def validator(self) -> str: ...

    def reader(self, start: int = 0) -> AbstractContextManager[Readable]:
        """A context manager that gives a binary stream from byte ``start`` on."""


class Readable(Protocol):
    """What :meth:`Source.reader` gives."""

    def read(self, size: int = -1, /) -> bytes | None: ...


def is_url(location: str) -> bool:
    """True for a location with a scheme; a Windows drive letter is none."""
    scheme, separator, _ = location.partition("://")
    return bool(separator) and len(scheme) > 1


def open_source(location: str) -> Source:
    """The source at ``location``: a path (``~`` is the home folder) or an http(s) URL.

    Raises:
        InputError: it does not exist, is not a file, is empty or cannot be read.
    """
    if not is_url(location):
        return _file(location)
    scheme = location.partition("://")[0].lower()
    if scheme == "file":
        return _file(url2pathname(urlsplit(location).path))
    if scheme not in ("http", "https"):
        raise InputError(
            f"'{scheme}' is not a scheme that can be read: give a path or an https URL"
        )
    return _url(location)


@dataclass(frozen=True)
class _File:
    path: Path
    location: str
    label: str
    size: int
    validator: str

    def reader(self, start: int = 0) -> AbstractContextManager[Readable]:
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


@dataclass(frozen=True)
class _Url:
    location: str = field(repr=False)
    label: str
    size: int
    validator: str

    @contextmanager
    def reader(self, start: int = 0) -> Iterator[Readable]:
        import requests

        headers = {"Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        with requests.get(self.location, headers=headers, stream=True, timeout=(10, 60)) as answer:
            if start and answer.status_code == 200:
                raise OSError(f"{self.label}: its server gives no part of a file (no Range)")
            if answer.status_code != (206 if start else 200):
                raise OSError(f"{self.label} answered HTTP {answer.status_code} to a read")
            yield answer.raw


def _url(url: str) -> Source:
    import requests

    parts = _parts(url)
    # User information would be a password in a label.
    host = parts.netloc.rpartition("@")[2]
    label = urlunsplit(parts._replace(query="", fragment="", netloc=host))
    try:
        # Not HEAD: a URL signed for GET refuses it.
        answer = requests.get(
            url, headers={"Accept-Encoding": "identity"}, stream=True, timeout=(10, 60)
        )
    except (requests.RequestException, ValueError) as problem:
        raise InputError(f"'{label}' cannot be reached: {one_line(problem, 120)}") from None
    with answer:
        if answer.status_code != 200:
            raise InputError(f"'{label}' answered HTTP {answer.status_code}: it must be readable")
        length = answer.headers.get("Content-Length", "")
        if not length.isdigit():
            raise InputError(f"'{label}' does not tell its Content-Length, which an upload needs")
        if int(length) == 0:
            raise InputError(f"'{label}' is empty")
        mark = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
    return _Url(url, label, int(length), f"{length}-{mark}" if mark else "")


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host:
        raise InputError("is not a URL that can be read: give https://host/path")
    return parts
