"""Read a part of a source block by block, and hash it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from ..common.redact import one_line
from .sources import READ_ERRORS, OnRetry, Readable, Source

#: Of a file that goes up in one request, and of the many parts of a file that go up at once.
LARGE_BLOCK = 1 << 20
SMALL_BLOCK = 256 << 10


class SourceFailed(Exception):
    """Reading the source failed; kept apart from failures of the connection."""


class OrderedSha256:
    """The SHA-256 of a source whose parts are read in order.

    Bytes that are read again, because an attempt to send them failed, count once.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._position = 0

    def update(self, offset: int, block: memoryview) -> None:
        """Take ``block``, which stands at ``offset`` of the source."""
        fresh = block[max(0, self._position - offset) :]
        self._digest.update(fresh)
        self._position += len(fresh)

    def hexdigest(self) -> str:
        """What the service and the state call the fingerprint."""
        return self._digest.hexdigest()


class PartMd5:
    """The MD5 of one part: what the storage service answers as its ETag."""

    def __init__(self) -> None:
        self._digest = hashlib.md5(usedforsecurity=False)

    def update(self, _: int, block: memoryview) -> None:
        """Take the next block."""
        self._digest.update(block)

    def hexdigest(self) -> str:
        """In the form of an ETag."""
        return self._digest.hexdigest()


def blocks(
    source: Source, start: int, length: int, size: int, on_retry: OnRetry | None = None
) -> Iterator[memoryview]:
    """The bytes of a part, each block in the same buffer.

    Raises:
        SourceFailed: reading failed or ended early.
    """
    buffer = memoryview(bytearray(min(size, length)))
    with ExitStack() as opened:
        stream = open_at(opened, source, start, on_retry)
        while length:
            count = fill(stream, source, buffer[: min(size, length)], length)
            length -= count
            yield buffer[:count]


def sha256_of(source: Source, tell: Callable[[int], object] | None = None) -> str:
    """The SHA-256 of a whole source in hexadecimal; SourceFailed if it cannot be read.

    Args:
        tell: takes the number of bytes of each block that was read.
    """
    digest = hashlib.sha256()
    for block in blocks(source, 0, source.size, LARGE_BLOCK):
        digest.update(block)
        if tell:
            tell(len(block))
    return digest.hexdigest()


def open_at(opened: ExitStack, source: Source, start: int, on_retry: OnRetry | None) -> Readable:
    """A stream from byte ``start`` on, which ``opened`` closes; failures are ``SourceFailed``."""
    try:
        return opened.enter_context(source.reader(start, on_retry))
    except READ_ERRORS as error:
        raise SourceFailed(one_line(error)) from None


def fill(stream: Readable, source: Source, buffer: memoryview, left: int) -> int:
    """Read into a buffer, of at most ``left`` bytes; the end before that is ``SourceFailed``."""
    try:
        count = stream.readinto(buffer)
    except READ_ERRORS as error:
        raise SourceFailed(one_line(error)) from None
    if not count:
        raise SourceFailed(f"{source.label} ended {left} bytes early")
    return count
