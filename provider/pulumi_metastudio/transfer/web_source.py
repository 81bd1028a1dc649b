"""An http(s) URL as a source: streamed through, never spooled to disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import requests

from ..errors import InputError
from ..redact import one_line
from .resumed import FinalReadError, Resumed
from .sources import Readable, url_label

__all__ = ["web_source"]

_TIMEOUT = (10, 60)
#: So small that a connection which breaks again and again still gets on.
_BLOCK = 64 * 1024


def web_source(url: str) -> WebSource:
    """The source behind ``url``.

    Raises:
        InputError: it does not answer, is empty or does not tell its length.
    """
    label = url_label(url)
    try:
        # Not HEAD: a URL signed for GET refuses it.
        answer = _get(url, 0)
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
        mark = _mark(answer)
    return WebSource(url, label, int(length), f"{length}-{mark}" if mark else "", mark)


@dataclass(frozen=True)
class WebSource:
    """See :class:`.sources.Source`."""

    location: str = field(repr=False)
    label: str
    size: int
    validator: str
    mark: str
    local: bool = False

    def reader(
        self, start: int = 0, told: Callable[[str], None] | None = None
    ) -> AbstractContextManager[Readable]:
        """Read from ``start`` on, by a Range header; again where a connection breaks."""

        @contextmanager
        def opened_at(position: int) -> Iterator[Readable]:
            with _get(self.location, position) as answer:
                whole = self._check(answer, position, resumed=position > start)
                stream = _Body(answer)
                if whole and start == 0:
                    stream.skip(position)  # a server without Range still serves a whole file
                elif whole:
                    raise FinalReadError(
                        f"{self.label}: its server gives no part of a file (no Range)"
                    )
                yield stream

        return Resumed(self.label, self.size, start, opened_at, told)

    def _check(self, answer: requests.Response, position: int, *, resumed: bool) -> bool:
        """Whether an answer begins at the file's start, where the middle was asked for."""
        status = answer.status_code
        if status >= 500 or status == requests.codes.too_many_requests:
            raise OSError(f"{self.label} answered HTTP {status} to a read")
        if status not in (200, 206) or (status == 206 and not position):
            raise FinalReadError(f"{self.label} answered HTTP {status} to a read")
        if resumed and _mark(answer) != self.mark:
            raise FinalReadError(f"{self.label} changed while it was being read")
        return status == 200 and position > 0


class _Body:
    """The body of an answer, as a stream."""

    def __init__(self, answer: requests.Response):
        self._raw = answer.raw

    def read(self, size: int = -1, /) -> bytes:
        return bytes(self._raw.read(size))

    def readinto(self, buffer: memoryview | bytearray, /) -> int:
        block = self._raw.read(min(len(buffer), _BLOCK))
        buffer[: len(block)] = block
        return len(block)

    def skip(self, count: int) -> None:
        while count and (block := self.read(min(count, _BLOCK))):
            count -= len(block)


def _get(url: str, start: int) -> requests.Response:
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    return requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT)


def _mark(answer: requests.Response) -> str:
    return answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
