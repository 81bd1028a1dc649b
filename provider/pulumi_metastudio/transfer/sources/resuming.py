"""A stream from far away that goes on where it broke off."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, TypeVar

import tenacity

from ...common.redact import one_line
from .base import READ_ERRORS, OnRetry, Readable

T = TypeVar("T")

_ATTEMPTS = 5


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
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_worth_repeating),
            wait=tenacity.wait_exponential(multiplier=0.5, max=15) + tenacity.wait_random(0, 1),
            stop=tenacity.stop_after_attempt(_ATTEMPTS),
            before_sleep=self._tell,
            reraise=True,
        )
        return retrying(step, *arguments)

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

    def _tell(self, state: tenacity.RetryCallState) -> None:
        if self._on_retry:
            error = one_line(state.outcome.exception() if state.outcome else "", 120)
            self._on_retry(f"from {self._label}: {error}; again in {state.upcoming_sleep:.0f} s")


def _worth_repeating(error: BaseException) -> bool:
    return isinstance(error, READ_ERRORS) and not isinstance(error, FinalReadError)
