"""Where a run's text goes, whatever the reader does.

A deployment must neither end nor block because of what it shows: the reader may close the pipe,
may leave it full, or may use a terminal that lacks a character.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import threading
from typing import Any, Final, TextIO

_STANDARD_ERROR: Final = 2
_PATIENCE_SECONDS: Final = 1.0  # for a reader that has stopped reading, after the run was killed


def occupy_standard_streams() -> None:
    """Give closed standard streams' numbers away, so that no file or pipe of ours gets them."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= _STANDARD_ERROR:
        pass
    os.close(number)


class Outlet:
    """A text stream that never fails and, where it is a file of the system, never blocks.

    Args:
        stream: None drops everything, as where the process was started with a closed stream.
        beside: an outlet that may lead to the same place; then both keep the order of their texts.
    """

    def __init__(self, stream: TextIO | None, beside: Outlet | None = None) -> None:
        self._stream = stream
        self._pump: _Pump | None = None
        # Any other kind of stream may do more with a text than to write it to its file.
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(OSError, ValueError):  # there is no file under it
                stream.flush()
                self._pump = _Pump.to(stream.fileno(), beside._pump if beside else None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream is not None and self._stream.isatty()

    def write(self, text: str) -> int:
        """Show a text; characters that the stream has not become question marks."""
        if self._stream is None:
            return len(text)
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        data = text.encode(encoding, "replace")
        if self._pump is not None:
            self._pump.put(data)
        else:
            with contextlib.suppress(OSError, ValueError):  # it is closed
                self._stream.write(data.decode(encoding))
        return len(text)

    def flush(self) -> None:
        """There is nothing to do: texts are on their way already."""

    def drain(self) -> None:
        """Wait until everything is written, or cannot be."""
        if self._pump is not None:
            self._pump.drain(None)

    def close(self, *, patient: bool = True) -> None:
        """Write what is left. The stream itself stays open, as it is another's.

        Args:
            patient: wait as long as it takes; otherwise a moment.
        """
        if self._pump is not None:
            self._pump.close(None if patient else _PATIENCE_SECONDS)


class _Pump:
    """Writes to a file on a thread of its own, past Python's buffers, which have locks."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._waiting = bytearray()
        self._busy = False
        self._broken = False
        self._changed = threading.Condition()
        threading.Thread(target=self._run, daemon=True).start()

    @classmethod
    def to(cls, number: int, beside: _Pump | None) -> _Pump:
        if beside is not None and os.path.sameopenfile(number, beside._number):
            return beside
        return cls(number)

    def put(self, data: bytes) -> None:
        with self._changed:
            self._waiting += data
            self._changed.notify_all()

    def drain(self, timeout: float | None) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not (self._waiting or self._busy), timeout)

    def close(self, timeout: float | None) -> None:
        try:
            self.drain(timeout)
        finally:
            with self._changed:
                self._broken = True  # the file's number may soon stand for another file
                self._changed.notify_all()

    def _run(self) -> None:
        while not self._broken:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting or self._broken)
                data = bytes(self._waiting)
                self._waiting.clear()
                self._busy = True
            self._write(data)

    def _write(self, data: bytes) -> None:
        while data and not self._broken:
            try:
                data = data[os.write(self._number, data) :]
            except BlockingIOError:
                select.select([], [self._number], [])
            except OSError:  # the reader is gone
                return
