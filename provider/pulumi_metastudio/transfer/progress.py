"""Report the progress of uploads.

A ``Reporter`` is where texts go: the engine's row, a terminal, a log. A ``Meter`` turns bytes into
texts, at most one in each interval.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from typing import Protocol

#: Seconds that the rate is taken over.
_WINDOW = 10.0


class Reporter(Protocol):
    """Takes one line of text at a time; may be called from several threads."""

    def status(self, text: str) -> None:
        """What is going on right now; the next one replaces it."""

    def info(self, text: str) -> None:
        """A note that stays."""

    def warning(self, text: str) -> None:
        """A warning that stays."""

    def error(self, text: str) -> None:
        """An error that stays."""


class Silent:
    """A reporter that drops every text."""

    def status(self, text: str) -> None:
        """Do nothing."""

    def info(self, text: str) -> None:
        """Do nothing."""

    def warning(self, text: str) -> None:
        """Do nothing."""

    def error(self, text: str) -> None:
        """Do nothing."""


class Meter:
    """Counts the bytes of one file and reports them.

    The count may go down, when a part is sent again. The rate is that of the last seconds, and
    counts all bytes that moved.

    Args:
        name: the input's name, for example ``training_video``.
        total: bytes that are to go out.
        reporter: where the texts go.
        interval: seconds between two texts; by default METASTUDIO_PROGRESS_INTERVAL, else 1, or
            30 where the variable CI says that texts end up in a log.
        parts: in how many parts the file goes up.
    """

    def __init__(
        self,
        name: str,
        total: int,
        reporter: Reporter,
        interval: float | None = None,
        parts: int = 1,
    ):
        self._name = name
        self._total = total
        self._reporter = reporter
        self._interval = _usual_interval() if interval is None else interval
        self._parts = parts
        self._part = 0
        self._sent = 0
        self._moved = 0
        self._reported = time.monotonic()
        self._recent = deque([(self._reported, 0)])
        self._lock = threading.Lock()

    def begin(self, part: int) -> None:
        """Part number ``part`` begins to go out; the texts name the newest one."""
        with self._lock:
            self._part = part

    def add(self, count: int) -> None:
        """``count`` more bytes went out; fewer, when negative."""
        with self._lock:
            self._sent += count
            self._moved += max(count, 0)
            now = time.monotonic()
            self._remember(now)
            if now - self._reported < self._interval:
                return
            self._reported = now
            text = self._text(now)
        self._reporter.status(text)

    def _remember(self, now: float) -> None:
        if now - self._recent[-1][0] >= _WINDOW / 20:
            self._recent.append((now, self._moved))
        while len(self._recent) > 1 and now - self._recent[0][0] > _WINDOW:
            self._recent.popleft()

    def _text(self, now: float) -> str:
        share = self._sent * 100 // self._total if self._total else 100
        since, before = self._recent[0]
        rate = (self._moved - before) / max(now - since, 1e-3)
        part = f" part {self._part}/{self._parts}" if self._parts > 1 else ""
        # What is looked for comes first: an engine cuts a row where the terminal ends.
        if rate <= 0:
            return f"{share} % {self._name}{part} of {human_size(self._total)}"
        left = int((self._total - self._sent) / rate)
        return (
            f"{share} %, {left // 60}:{left % 60:02d} left, {self._name}{part} "
            f"of {human_size(self._total)}, {human_size(int(rate))}/s"
        )


def _usual_interval() -> float:
    try:
        return float(os.environ["METASTUDIO_PROGRESS_INTERVAL"])
    except (KeyError, ValueError):
        in_ci = os.environ.get("CI", "").lower() not in ("", "0", "false")
        return 30.0 if in_ci else 1.0


def human_size(count: int) -> str:
    """A number of bytes in the unit people use for it: ``1536`` is ``1.5 KiB``."""
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            break
        size /= 1024
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
