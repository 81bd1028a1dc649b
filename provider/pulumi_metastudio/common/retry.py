"""How often, and with which pauses, a request is repeated."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import tenacity

from .redact import one_line

T = TypeVar("T")

_log = logging.getLogger(__name__)


def repeated(
    step: Callable[..., T],
    *arguments: Any,
    again: Callable[[BaseException], bool],
    attempts: int = 5,
    seconds: float = float("inf"),
    on_retry: Callable[[BaseException, float], None] | None = None,
) -> T:
    """What a step gives, once it succeeds.

    The pauses double from half a second to 15 seconds; up to a second is added to each, so that
    clients who failed together do not come back together.

    Args:
        step: called with ``arguments``.
        again: whether another attempt after this error may help, and is safe.
        attempts: how many at most.
        seconds: no further attempt begins when this many have passed.
        on_retry: takes the error and the seconds until the next attempt.

    Raises:
        Exception: what the last attempt raised.
    """

    def before_sleep(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if error is not None:
            _log.info("%s; again in %.1f s", one_line(error), state.upcoming_sleep)
            if on_retry:
                on_retry(error, state.upcoming_sleep)

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(again),
        wait=tenacity.wait_exponential(multiplier=0.5, max=15) + tenacity.wait_random(0, 1),
        stop=tenacity.stop_after_attempt(attempts) | tenacity.stop_after_delay(seconds),
        before_sleep=before_sleep,
        reraise=True,
    )
    return retrying(step, *arguments)
