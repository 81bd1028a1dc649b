"""A stream from far away that goes on where it broke off."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, TypeVar

from ...common.redact import one_line
from ...common.retry import repeated
from .base import READ_ERRORS, OnRetry, Readable

T = TypeVar("T")


class FinalReadError(OSError):
    """Reading failed in a way that another attempt does not mend."""


class ResumingReader:
    """Reads from ``start`` to the end; what breaks is opened again at the byte it broke at.

    Args:
        label: how to name the source to people.
        size: where it ends.
        opened_at: opens it at a byte.
        on_retry: takes a line about each further attempt.
    """

    def __init__(
        self,
        label: str,
        size: int,
        start: int,
        opened_at: Callable[[int], AbstractContextManager[Readable]],
        on_retry: OnRetry | None,
    ):
        self._label = label
        self._size = size
        self._position = start
        self._opened_at = opened_at
        self._on_retry = on_retry
        self._opened = ExitStack()
        self._stream: Readable | None = None

    def __enter__(self) -> ResumingReader:
        self._repeated(self._open)  # before whoever takes the bytes is made to wait for them
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def readinto(self, buffer: memoryview | bytearray, /) -> int:
        """Fill ``buffer`` from its start; 0 at the end.

        Raises:
            OSError, HTTPError: all attempts failed; FinalReadError, if another would be no use.
        """
        count = self._repeated(self._once, buffer)
        self._position += count
        return count

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes, or all that is left."""
        if size >= 0:
            buffer = bytearray(min(size, self._size - self._position))
            return bytes(buffer[: self.readinto(buffer)])
        blocks = []
        while block := self.read(1 << 20):
            blocks.append(block)
        return b"".join(blocks)

    def _repeated(self, step: Callable[..., T], *arguments: Any) -> T:
        return repeated(step, *arguments, again=_worth_repeating, on_retry=self._report)

    def _open(self) -> Readable:
        if self._stream is None:
            self._stream = self._opened.enter_context(self._opened_at(self._position))
        return self._stream

    def _once(self, buffer: memoryview | bytearray) -> int:
        left = self._size - self._position
        if not left or not buffer:
            return 0
        try:
            count = self._open().readinto(buffer)
            if not count:
                raise OSError(f"ended {left} bytes early")
        except READ_ERRORS:
            self._stream = None
            self._opened.close()
            raise
        return count

    def _report(self, error: BaseException, pause: float) -> None:
        if self._on_retry:
            text = one_line(error, 120)
            self._on_retry(f"from {self._label}: {text}; again in {pause:.0f} s")


def _worth_repeating(error: BaseException) -> bool:
    return isinstance(error, READ_ERRORS) and not isinstance(error, FinalReadError)
