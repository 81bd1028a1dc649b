"""A part of a source as the body of a request: read once, sent and hashed at the same time.

The thread that sends also reads, into a small ring of buffers that is used again and again; a
second thread hashes what is in them beside it (hashlib lets go of the interpreter). A buffer is
filled again only once it is both sent and hashed, so memory is bounded by the ring, whichever of
the two is slower, and no byte is copied on its way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle
from typing import Protocol

from .hashing import fill, open_at
from .sources import OnRetry, Source

_RING = 4


class Watcher(Protocol):
    """Sees each block of a part in order, in a thread of its own."""

    def update(self, offset: int, block: memoryview, /) -> object: ...


class RequestBody:
    """A request body: iterating it gives the bytes, which the watchers have seen at its end.

    What a watcher raises, iterating raises.

    Args:
        start, length: what to send of ``source``.
        count: called with the size of every block that the connection has taken.
        watchers: what hashes.
        block: bytes of one buffer.
        on_retry: takes a line when the source itself has to be asked again.
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
        on_retry: OnRetry | None = None,
    ):
        self.sent: int = 0
        self._source = source
        self._start = start
        self._length = length
        self._count = count
        self._watchers = watchers
        self._on_retry = on_retry
        self._block = min(block, length)
        self._opened = ExitStack()

    def __len__(self) -> int:
        # Asked before the request goes out: it becomes the Content-Length.
        return self._length

    def __enter__(self) -> RequestBody:
        # Before the request goes out: who waits for bytes that do not come gives up.
        self._stream = open_at(self._opened, self._source, self._start, self._on_retry)
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def __iter__(self) -> Iterator[memoryview]:
        hasher = self._opened.enter_context(ThreadPoolExecutor(1, "fingerprint"))
        ring = cycle(memoryview(bytearray(self._block)) for _ in range(_RING))
        hashed: deque[Future[None]] = deque()
        while left := self._length - self.sent:
            if len(hashed) == _RING:
                hashed.popleft().result()
            buffer = next(ring)
            count = fill(self._stream, self._source, buffer[: min(self._block, left)], left)
            block = buffer[:count]
            hashed.append(hasher.submit(self._hash, self._start + self.sent, block))
            yield block
            self.sent += count
            self._count(count)
        for each in hashed:
            each.result()

    def _hash(self, offset: int, block: memoryview) -> None:
        for watcher in self._watchers:
            watcher.update(offset, block)
