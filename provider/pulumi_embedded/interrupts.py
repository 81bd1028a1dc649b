"""Ctrl-C and SIGTERM while a stack is worked on.

A signal's handler runs between any two instructions of the main thread, whatever locks that
holds: a handler that takes a lock may wait for ever, and one that is interrupted by the next
signal may lose it. So Python writes each signal's number to a socket as soon as it comes, and a
thread reads the numbers and acts.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final

from .display.outlet import Outlet

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_MESSAGE: Final = (
    "\ninterrupted: waiting for running steps to finish; interrupt again to kill them\n"
)


class Interrupts:
    """Says what to do at the first interrupt, and at each one after it.

    Outside the main thread, where Python hands out no signals, it does nothing.

    Args:
        stderr: where the user reads what a second interrupt would do.
    """

    def __init__(self, stderr: Outlet) -> None:
        self._stderr = stderr
        self._lock = threading.Lock()
        self._count = 0
        self._asking = self._handled = False
        self._act: tuple[Callable[[], None], Callable[[], None]] | None = None
        self._undo = contextlib.ExitStack()

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is not threading.main_thread():
            return self
        reader, writer = socket.socketpair()
        writer.setblocking(False)
        thread = threading.Thread(target=self._watch, args=(reader,), daemon=True)
        thread.start()

        # Undone from the last to the first: the thread ends when the writer is closed.
        for undo in (reader.close, thread.join, writer.close):
            self._undo.callback(undo)
        before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        self._undo.callback(signal.set_wakeup_fd, before)
        for number in _SIGNALS:
            handler = signal.signal(number, self._handle)
            self._undo.callback(signal.signal, number, handler or signal.SIG_DFL)
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    @property
    def seen(self) -> bool:
        """Whether there was any."""
        return self._count > 0

    @property
    def killed(self) -> bool:
        """Whether there was more than one, after which nothing is waited for."""
        return self._count > 1

    @contextlib.contextmanager
    def during(self, stop: Callable[[], None], kill: Callable[[], None]) -> Iterator[None]:
        """Call ``stop`` at the first interrupt, even one before this, and ``kill`` at the next."""
        with self._lock:
            self._act = (stop, kill)
            if self._count:
                stop()
        try:
            yield
        finally:
            with self._lock:
                self._act = None

    @contextlib.contextmanager
    def asking(self) -> Iterator[None]:
        """Let an interrupt, even one before this, end the wait for an answer: KeyboardInterrupt."""
        self._asking = True
        try:
            if self._handled:  # the watching thread may not have counted it yet
                raise KeyboardInterrupt
            yield
        finally:
            self._asking = False

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._handled = True
        if self._asking:
            raise KeyboardInterrupt

    def _watch(self, reader: socket.socket) -> None:
        while numbers := reader.recv(64):
            for number in numbers:
                if number in _SIGNALS:
                    self._interrupted()

    def _interrupted(self) -> None:
        with self._lock:
            self._count += 1
            if self._act is None:
                return
            stop, kill = self._act
            if self._count > 1:
                kill()
            else:
                self._stderr.write(_MESSAGE)
                stop()
