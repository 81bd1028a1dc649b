"""The emulator's time, which can be moved forward without waiting.

Two offsets exist on purpose. `offset` moves everything that expires or happens after a while:
URLs, tokens, locks, transitions. `skew` moves only the clock that signatures are checked
against: otherwise moving time by a day would also refuse every client whose clock is right.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone

# Times are written with four digits for the year; what expires later than now needs room, too.
_LATEST = datetime(9000, 1, 1, tzinfo=timezone.utc).timestamp()


def rfc3339(seconds: float) -> str:
    """Unix seconds as the wire writes times: UTC, whole seconds, 20 characters."""
    return datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_micro(seconds: float) -> str:
    """Unix seconds as the identity service writes expiry times: with microseconds."""
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
        """Move virtual time forward. Raises ValueError for an amount that is not possible."""
        if not seconds >= 0:  # so that what is no number is refused as well
            raise ValueError("time only moves forward")
        if self.now() + seconds > _LATEST:
            raise ValueError("time ends with the year 8999")
        self.offset += seconds
