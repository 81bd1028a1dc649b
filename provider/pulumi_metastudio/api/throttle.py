"""Stay under the service's rate limits, which are not published.

The vendor's table for this API group is not public; neighbouring rows suggest about one write
and five reads per second and project, which are the defaults. A refusal (429, APIGW.0308) or a
5xx halves the rate at once; each success gives a twentieth of the configured rate back.
"""

from __future__ import annotations

import threading
import time


class Throttle:
    """A token bucket that all threads of a project share.

    Args:
        rate: calls per second in the long run.
        burst: calls that may go at once after a quiet time.
    """

    def __init__(self, rate: float, burst: int = 5):
        self._full_rate = rate
        self._rate = rate
        self._burst = float(max(1, burst))
        self._tokens = self._burst
        self._filled_at = time.monotonic()
        self._lock = threading.Lock()

    @property
    def rate(self) -> float:
        """The present rate in calls per second: at most the configured one."""
        return self._rate

    def acquire(self) -> None:
        """Wait until one more call may go out."""
        with self._lock:
            now = time.monotonic()
            grown = self._tokens + (now - self._filled_at) * self._rate
            self._tokens = min(self._burst, grown) - 1
            self._filled_at = now
            # A negative balance is a debt: whoever comes next waits behind this caller.
            wait = -self._tokens / self._rate if self._tokens < 0 else 0.0
        if wait:
            time.sleep(wait)

    def refused(self) -> None:
        """Halve the rate: the service refused a call as one too many."""
        with self._lock:
            self._rate = max(self._rate / 2, self._full_rate / 64)
            self._tokens = min(self._tokens, 0.0)

    def succeeded(self) -> None:
        """Give a part of the rate back: the service took a call."""
        with self._lock:
            self._rate = min(self._full_rate, self._rate + self._full_rate / 20)
