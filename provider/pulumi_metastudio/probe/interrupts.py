"""Ctrl-C and SIGTERM while jobs of the probe exist: it cleans up first, and then ends."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruptions:
    """While it is entered, either signal raises KeyboardInterrupt, or waits for a clean-up."""

    def __init__(self) -> None:
        self._cleaning = False
        self._told_twice = 0

    @contextlib.contextmanager
    def caught(self) -> Iterator[Interruptions]:
        """Handle the signals; in another thread than the main one there are none to handle."""
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        before = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def clean_up_first(self) -> None:
        """From now on one signal more is let pass, so that the clean-up can end; two are not."""
        self._cleaning = True

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._cleaning and self._told_twice < 2:
            self._told_twice += 1
            return
        # What follows the first one is the clean-up, however soon the second comes.
        self._cleaning = True
        raise KeyboardInterrupt
