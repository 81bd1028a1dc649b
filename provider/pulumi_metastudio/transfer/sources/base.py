"""What every source of bytes can do, and how its location is read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import SplitResult, urlsplit, urlunsplit

from urllib3.exceptions import HTTPError

from ...errors import InputError

NOT_A_URL = "is not a URL that can be read: give https://host/path"

#: What reading a source may raise.
READ_ERRORS = (OSError, HTTPError)
#: Takes a line about each time that a source is asked again.
OnRetry = Callable[[str], None]


class Source(Protocol):
    """Readable bytes of a known length.

    Attributes:
        location: the path or URL it was opened from; a URL may hold a signature.
        label: how to name it to people; of a URL no query, so no signature, and no password.
        size: bytes.
        validator: changes whenever the content may have changed (size, mtime and inode of a
            file; ETag of a URL); empty, if there is no such value.
        proof: of a URL, what is the same on any machine for as long as the bytes are; empty for a
            file, whose mtime and inode are this machine's, and where the server gives no such
            value.
        local: reading it twice, or by several threads at once, costs no network.
        seekable: it can be read from any byte on without reading what is before it.
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
    def proof(self) -> str: ...
    @property
    def local(self) -> bool: ...
    @property
    def seekable(self) -> bool: ...

    def reader(
        self, start: int = 0, on_retry: OnRetry | None = None, /
    ) -> AbstractContextManager[Readable]:
        """A context manager that gives a binary stream from byte ``start`` on.

        Args:
            on_retry: takes a line when the source breaks off and is asked again.
        """


@dataclass(frozen=True)
class Glance:
    """What is known of a source that was not opened; see ``Source``."""

    location: str = field(repr=False)
    label: str
    size: int
    proof: str


class Readable(Protocol):
    """What ``Source.reader`` gives."""

    def read(self, size: int = -1, /) -> bytes | None: ...
    def readinto(self, buffer: memoryview | bytearray, /) -> int | None: ...


def is_url(location: str) -> bool:
    """True for a location with a scheme; a Windows drive letter is none."""
    scheme, separator, _ = location.partition("://")
    return bool(separator) and len(scheme) > 1


def url_label(url: str) -> str:
    """A URL without its query and its user information, which may authorise.

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
        raise InputError(NOT_A_URL)
    return parts
