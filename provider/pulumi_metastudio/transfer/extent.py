"""One pass over one extent of a source: read once, sent and hashed at the same time.

The thread that sends also reads, into a small ring of buffers that is used again and again; a
second thread hashes what is in them beside it (hashlib lets go of the interpreter). A buffer is
filled again only once it is both sent and hashed, so memory is bounded by the ring, whichever of
the two is slower, and no byte is copied on its way.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from queue import SimpleQueue
from typing import Protocol

from ..redact import one_line
from .sources import READ_ERRORS, Readable, Source

__all__ = [
    "LARGE_BLOCK",
    "SMALL_BLOCK",
    "Extent",
    "InOrder",
    "Md5",
    "SourceFailed",
    "Watcher",
    "blocks",
    "sha256_of",
]

#: Of a file that goes up in one request, and of the many parts of a file that go up at once.
LARGE_BLOCK = 1 << 20
SMALL_BLOCK = 256 << 10
_RING = 4

Told = Callable[[str], None]


class SourceFailed(Exception):
    """Reading the source failed; kept apart from failures of the connection."""


class Watcher(Protocol):
    """Sees each block of an extent in order, in a thread of its own."""

    def update(self, offset: int, block: memoryview, /) -> object: ...


class InOrder:
    """The SHA-256 of a source whose extents are read in order.

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


class Md5:
    """The MD5 of one extent: what the storage service answers as its ETag."""

    def __init__(self) -> None:
        self._digest = hashlib.md5(usedforsecurity=False)

    def update(self, _: int, block: memoryview) -> None:
        """Take the next block."""
        self._digest.update(block)

    def hexdigest(self) -> str:
        """In the form of an ETag."""
        return self._digest.hexdigest()


def blocks(
    source: Source, start: int, length: int, size: int, told: Told | None = None
) -> Iterator[memoryview]:
    """The bytes of an extent, each block in the same buffer.

    Raises:
        SourceFailed: reading failed or ended early.
    """
    buffer = memoryview(bytearray(min(size, length)))
    with ExitStack() as opened:
        stream = _open(opened, source, start, told)
        while length:
            count = _fill(stream, source, buffer[: min(size, length)], length)
            length -= count
            yield buffer[:count]


def sha256_of(source: Source) -> str:
    """The SHA-256 of a whole source in hexadecimal; SourceFailed if it cannot be read."""
    digest = hashlib.sha256()
    for block in blocks(source, 0, source.size, LARGE_BLOCK):
        digest.update(block)
    return digest.hexdigest()


class Extent:
    """A request body: iterating it gives the bytes, and the watchers have seen them after close.

    Args:
        start, length: what to send of ``source``.
        count: told of every block that the connection has taken.
        watchers: what hashes.
        block: bytes of one buffer.
        told: takes a line when the source itself has to be asked again.
    """

    def __init__(
        self,
        source: Source,
        start: int,
        length: int,
        *,
        count: Callable[[int], None],
        watchers: Sequence[Watcher],
        block: int,
        told: Told | None = None,
    ):
        self.sent = 0
        self._source = source
        self._start = start
        self._length = length
        self._count = count
        self._watchers = watchers
        self._told = told
        self._block = min(block, length)
        self._opened = ExitStack()

    def __len__(self) -> int:
        # Asked before the request goes out: it becomes the Content-Length.
        return self._length

    def __enter__(self) -> Extent:
        # Before the request goes out: who waits for bytes that do not come gives up.
        self._stream = _open(self._opened, self._source, self._start, self._told)
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def __iter__(self) -> Iterator[memoryview]:
        free: SimpleQueue[memoryview] = SimpleQueue()
        full: SimpleQueue[tuple[int, memoryview, memoryview] | None] = SimpleQueue()
        for _ in range(_RING):
            free.put(memoryview(bytearray(self._block)))

        def watch() -> None:
            while (filled := full.get()) is not None:
                offset, block, buffer = filled
                for watcher in self._watchers:
                    watcher.update(offset, block)
                free.put(buffer)

        beside = threading.Thread(target=watch, name="fingerprint", daemon=True)
        beside.start()
        self._opened.callback(beside.join)
        self._opened.callback(full.put, None)

        while left := self._length - self.sent:
            buffer = free.get()
            count = _fill(self._stream, self._source, buffer[: min(self._block, left)], left)
            block = buffer[:count]
            full.put((self._start + self.sent, block, buffer))
            yield block
            self.sent += count
            self._count(count)


def _open(opened: ExitStack, source: Source, start: int, told: Told | None) -> Readable:
    try:
        return opened.enter_context(source.reader(start, told) if told else source.reader(start))
    except READ_ERRORS as problem:
        raise SourceFailed(one_line(problem)) from None


def _fill(stream: Readable, source: Source, buffer: memoryview, left: int) -> int:
    try:
        count = stream.readinto(buffer)
    except READ_ERRORS as problem:
        raise SourceFailed(one_line(problem)) from None
    if not count:
        raise SourceFailed(f"{source.label} ended {left} bytes early")
    return count
