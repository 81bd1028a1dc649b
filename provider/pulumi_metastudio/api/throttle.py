"""Stay under the service's rate limits, which are not published: learn them from its answers.

The vendor's table counts per tenant and interface, so each operation has a bucket of its own.
It starts at the rate of the neighbouring rows, and follows the answers from there: a refusal (429,
APIGW.0308) halves the rate, which is back within seconds at a little less than what was refused,
stays there, and then feels its way up, also beyond the start. That is the curve of CUBIC (RFC
9438), which botocore's adaptive retry mode uses likewise; ``docs/rate-limits.md`` has more.

Other machines share a tenant's limit. Nothing is agreed with them: their calls show as refusals.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from ..errors import Throttled

T = TypeVar("T")

#: Calls per second of the vendor's neighbouring rows (reference: the table of throttling, "asset"
#: and "video job" rows): writes and queries, in cn-north-4 and elsewhere.
_START = {"cn-north-4": (5.0, 20.0)}
_START_ELSEWHERE = (3.0, 10.0)
#: How far a learned rate may go from its start, as a factor down and up.
_DOWN, _UP = 64.0, 16.0
#: A refusal halves the rate; within that many seconds, and calls, it is back at the knee.
_RECOVERY_SECONDS, _RECOVERY_CALLS = 2.0, 3.0
#: The knee after a refusal, as a share of the refused rate; the second where it comes during the
#: recovery or just after it, because the knee before was too high then.
_KNEE, _KNEE_AGAIN = 0.96, 0.75
#: Seconds of work without a refusal in which a rate grows to one and a half of its knee: as long
#: as nothing was refused the start is a guess only, after that the knee is known to be near.
_FIRST_GROWTH_SECONDS, _GROWTH_SECONDS = 10.0, 45.0
#: How much a call that waited for its turn and began late may make up for, in pauses between two.
_LATENESS = 0.2
#: Refusals in a row after which a call fails; at the lowest rate that is after two minutes.
_REFUSALS = 12

_WRITES, _READS, _USAGE = ("create", "update", "delete", "command"), ("list", "show"), "usage"
#: By method, and whether the path goes on below the list of jobs.
_ON_JOBS = {
    ("POST", False): "create",
    ("GET", False): "list",
    ("GET", True): "show",
    ("PUT", True): "update",
    ("DELETE", True): "delete",
    ("POST", True): "command",
}

_log = logging.getLogger(__name__)


class Rate:
    """When the next call may go, and what an answer means for the ones after it.

    Calls go one by one, never several at once: a gateway that counts in a window of a second
    refuses the sixth of five. Knows no clock and no threads: times are handed in, in seconds.

    Args:
        start: calls per second to begin with.
        most: the fixed upper limit; None lets the rate grow beyond the start.
    """

    def __init__(self, start: float, most: float | None = None):
        self.least: float = start / _DOWN
        self.most: float = start * _UP if most is None else most
        self._knee = self._low = min(start, self.most)
        self._halved_at = float("-inf")
        self._busy, self._growth = 0.0, _FIRST_GROWTH_SECONDS
        self._next = float("-inf")

    def at(self, now: float) -> float:
        """The rate in calls per second."""
        left = 1 - (now - self._halved_at) / self._recovery
        if left > 0:
            return self._knee - (self._knee - self._low) * left**3
        return min(self.most, self._knee * (1 + (self._busy / self._growth) ** 3 / 2))

    def wait(self, now: float) -> float:
        """Seconds until the next call may go; 0 when it may go at once."""
        return max(0.0, self._next - now)

    def take(self, now: float, *, waited: bool) -> None:
        """A call goes out, which had to wait for its turn, or had not."""
        pause = 1 / self.at(now)
        begun = max(self._next, now - _LATENESS * pause) if waited else now
        self._next = begun + pause

    def refused(self, now: float, sent: float) -> None:
        """The service refused a call, sent at ``sent``, as one too many.

        Calls that were on their way when the rate was halved tell nothing about the half.
        """
        if sent <= self._halved_at:
            return
        rate = self.at(now)
        settled = now - self._halved_at > 2 * self._recovery
        self._low = max(self.least, rate / 2)
        self._knee = max(self.least, rate * (_KNEE if settled else _KNEE_AGAIN))
        self._halved_at, self._busy, self._growth = now, 0.0, _GROWTH_SECONDS
        self._next = max(self._next, now + 1 / self._low)

    def taken(self, now: float, *, waited: bool) -> None:
        """The service took a call. The rate grows only if it is what calls wait for."""
        if waited and now - self._halved_at >= self._recovery and self.at(now) < self.most:
            self._busy += 1 / self.at(now)

    @property
    def _recovery(self) -> float:
        return max(_RECOVERY_SECONDS, _RECOVERY_CALLS / self._knee)


class Throttle:
    """Lets the calls of all threads out at a rate, in the order in which they came.

    Args:
        refusals: how many in a row a call takes before it fails.
    """

    def __init__(
        self,
        rate: Rate,
        *,
        refusals: int = _REFUSALS,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._rate = rate
        self._refusals = refusals
        self._clock = clock
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @property
    def rate(self) -> float:
        """The present rate in calls per second."""
        with self._changed:
            return self._rate.at(self._clock())

    def run(self, operation: str, call: Callable[[], T]) -> T:
        """What a call gives, made in its turn; again, in its next turn, where it was refused.

        Any other failure, a 5xx too, says nothing about the rate and is raised.

        Args:
            operation: as its errors name it: a refused login, for one, is another operation.

        Raises:
            Throttled: it was refused again and again.
        """
        refusals = 0
        while True:
            sent, waited = self._turn()
            try:
                result = call()
            except Throttled as error:
                if error.operation != operation:
                    raise
                self._refused(sent)
                refusals += 1
                if refusals == self._refusals:
                    raise
                _log.info("%s; again in its next turn, now %.2g a second", error, self.rate)
            else:
                with self._changed:
                    self._rate.taken(self._clock(), waited=waited)
                return result

    def _refused(self, sent: float) -> None:
        with self._changed:
            self._rate.refused(self._clock(), sent)

    def _turn(self) -> tuple[float, bool]:
        """Wait for it; when it came, and whether there was a wait."""
        ticket = object()
        waited = False
        with self._changed:
            self._queue.append(ticket)
            try:
                while True:
                    now = self._clock()
                    first = self._queue[0] is ticket
                    left = self._rate.wait(now) if first else None
                    if left == 0:
                        self._rate.take(now, waited=waited)
                        return now, waited
                    waited = True
                    self._changed.wait(left)
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()


class Throttles:
    """One throttle for each operation of the service.

    Args:
        region: which start the vendor's neighbouring rates suggest.
        most_reads, most_writes: calls per second that no operation goes beyond, and starts at; 0
            where the limit is to be learned.
    """

    def __init__(self, region: str, *, most_reads: float = 0.0, most_writes: float = 0.0):
        writes, reads = _START.get(region, _START_ELSEWHERE)
        self._throttles = {
            **{name: Throttle(_rate(writes, most_writes)) for name in _WRITES},
            **{name: Throttle(_rate(reads, most_reads)) for name in _READS},
            # A preview asks for it by the way: it does not wait for an answer.
            _USAGE: Throttle(_rate(reads, most_reads), refusals=1),
        }

    def of(self, method: str, path: str) -> Throttle:
        """The throttle for a request, by its path below the project's jobs, or below the project
        where it begins with a slash."""
        if path.startswith("/"):
            return self._throttles[_USAGE]
        return self._throttles[_ON_JOBS[method, bool(path)]]


def _rate(rate: float, most: float) -> Rate:
    return Rate(most, most) if most else Rate(rate)
