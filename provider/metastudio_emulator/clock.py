"""The emulator's virtual time, which tests move forward instead of waiting.

There are two offsets. ``offset`` applies to all that expires or happens later: URLs, tokens,
locks, transitions. ``skew`` applies only to the check of signatures: with one offset for both,
moving time by a day would refuse every client whose clock is right.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone

# Years are written with four digits; the limit leaves room for expiry times after now.
_LATEST = datetime(9000, 1, 1, tzinfo=timezone.utc).timestamp()


def rfc3339(seconds: float) -> str:
    """Unix seconds as the API writes times: UTC, whole seconds, 20 characters."""
    return datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_micro(seconds: float) -> str:
    """Unix seconds as the identity service writes times: UTC, with microseconds."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Clock:
    """Wall-clock time plus an offset in seconds."""

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset
        self.skew = 0.0

    def now(self) -> float:
        """Virtual Unix seconds, for expiry, transitions and recorded times."""
        return time.time() + self.offset

    def gateway_now(self) -> float:
        """Unix seconds as the gateway sees them when it checks X-Sdk-Date."""
        return time.time() + self.skew

    def advance(self, seconds: float) -> None:
        """Move virtual time forward.

        Raises:
            ValueError: ``seconds`` is negative, NaN, or leads beyond the year 8999.
        """
        if not seconds >= 0:  # not "< 0", which would let NaN through
            raise ValueError("time only moves forward")
        if self.now() + seconds > _LATEST:
            raise ValueError("time ends with the year 8999")
        self.offset += seconds
