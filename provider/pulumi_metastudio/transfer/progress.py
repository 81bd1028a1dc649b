"""Tell the person who waits what is going on.

A :class:`Reporter` is where texts go: the engine's row, a terminal, a log. A :class:`Meter`
turns bytes into texts, seldom enough that nobody pays for them.
"""

from __future__ import annotations

import threading
import time
from typing import Protocol

__all__ = ["Meter", "Reporter", "Silent", "human_size"]


class Reporter(Protocol):
    """Takes one line of text at a time; may be called from several threads."""

    def status(self, text: str) -> None:
        """What is going on right now; the next one takes its place."""

    def info(self, text: str) -> None:
        """Worth keeping."""

    def warning(self, text: str) -> None:
        """Worth keeping, and worth acting on."""

    def error(self, text: str) -> None:
        """What failed; it stays."""


class Silent:
    """A reporter that tells nobody."""

    def status(self, text: str) -> None:
        """Say nothing."""

    info = warning = error = status


class Meter:
    """Counts the bytes of one file and reports them.

    The count may go down: a retried part takes its bytes back.

    Args:
        name: the input's name, for example ``training_video``.
        total: size in bytes.
        reporter: where the texts go.
        interval: seconds between two texts.
    """

    def __init__(self, name: str, total: int, reporter: Reporter, interval: float = 1.0):
        self._name = name
        self._total = total
        self._reporter = reporter
        self._interval = interval
        self._sent = 0
        self._started = time.monotonic()
        self._told = self._started
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        """``count`` more bytes went out; fewer, when negative."""
        with self._lock:
            self._sent += count
            now = time.monotonic()
            if now - self._told < self._interval:
                return
            self._told = now
            text = self._text(now)
        self._reporter.status(text)

    def _text(self, now: float) -> str:
        share = self._sent * 100 // self._total if self._total else 100
        rate = self._sent / max(now - self._started, 1e-3)
        text = f"uploading {self._name} {share} % of {human_size(self._total)}"
        if rate > 0:
            left = int((self._total - self._sent) / rate)
            text += f", {human_size(int(rate))}/s, {left // 60}:{left % 60:02d} left"
        return text


def human_size(count: int) -> str:
    """A number of bytes in the unit people use for it: ``1536`` is ``1.5 KiB``."""
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            break
        size /= 1024
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
