"""Rate limits: how many calls of an operation the service takes in a second."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from ..settings import Limits


class _Window:
    """Counts calls of one operation in a sliding window of a second.

    A limit that is no whole number has as many calls as its whole part, at least one, in the time
    that they take: 2.5 a second is 2 calls in 0.8 s. A refused call counts like any other, so that
    a client that goes on calling too fast is refused for as long as it does.
    """

    def __init__(self, limit: float) -> None:
        self._most = max(1, int(limit))
        self._seconds = self._most / limit
        self._calls: deque[float] = deque(maxlen=self._most)

    def takes(self, now: float) -> bool:
        full = len(self._calls) == self._most and now - self._calls[0] < self._seconds
        self._calls.append(now)
        return not full


class RateLimits:
    """The limits of one running emulator; they can be changed while it runs.

    Args:
        limits: what it starts with.
        clock: seconds; virtual time does not move it.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.limits = limits

    @property
    def limits(self) -> Limits:
        """Those that apply; setting others begins to count anew."""
        return self._limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._limits = limits
        self._windows = {name: _Window(limit) for name, limit in limits.by_operation.items()}

    def takes(self, operation: str) -> bool:
        """Count a call; whether it is within the limit."""
        window = self._windows.get(operation)
        return window is None or window.takes(self._clock())
