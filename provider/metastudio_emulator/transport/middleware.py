"""The outermost layer around the services: counters, access log, rate limits, faults."""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from .error_responses import shown_path, status_response
from .exchange import Exchange
from .faults import FaultList, run_with_fault
from .limits import RateLimits
from .operation_names import CONTROL, fault_names, operation

_LOG = logging.getLogger("metastudio_emulator.access")


class Counters:
    """Answers per operation and status; "lost" is a connection that ended without one."""

    def __init__(self) -> None:
        self._answers: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def count(self, name: str, outcome: str) -> None:
        """Add one answer."""
        self._answers[name][outcome] += 1

    def clear(self) -> None:
        """Set all counters to zero."""
        self._answers.clear()

    def listed(self) -> dict[str, dict[str, int]]:
        """Number of answers by operation or command, then by outcome."""
        return {name: dict(outcomes) for name, outcomes in sorted(self._answers.items())}


class Middleware:
    """An ASGI application around the services.

    Args:
        app: the services.
        faults: rules that apply to requests.
        limits: how many calls are taken; like a gateway, before anything else is looked at.
        counters: count every answer.
        is_authenticated: whether the headers of a request are valid, so that a stranger's body
            is not read for the name of its command.
    """

    def __init__(
        self,
        app: ASGIApp,
        faults: FaultList,
        limits: RateLimits,
        counters: Counters,
        is_authenticated: Callable[[Scope], bool],
    ) -> None:
        self._app = app
        self._faults = faults
        self._limits = limits
        self._counters = counters
        self._is_authenticated = is_authenticated

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        exchange = Exchange(scope, receive, send)
        names = await self._names(scope, exchange)
        is_control = names == (CONTROL,)
        taken = is_control or self._limits.takes(names[0])
        unharmed = is_control or not taken
        rule = None if unharmed else self._faults.draw(fault_names(names, scope["path"]))
        if not taken:
            refusal = status_response(429, scope, exchange.request_id)
            await refusal(scope, exchange.receive, exchange.send)
        elif rule is None:
            await self._app(scope, exchange.receive, exchange.send)
        else:
            await run_with_fault(rule, self._app, scope, exchange)
        if exchange.lost:
            await exchange.drain()
        if not is_control:
            for name in names:
                self._counters.count(name, exchange.outcome)
        # Without the query, which contains signatures, and with the path still encoded, since a
        # decoded one could contain line breaks.
        _LOG.log(
            logging.DEBUG if is_control else logging.INFO,
            "%s %s %s %.0f ms%s",
            *(scope["method"], shown_path(scope), exchange.outcome),
            (time.monotonic() - started) * 1000,
            f" fault={rule.action}" if rule else "",
        )

    async def _names(self, scope: Scope, exchange: Exchange) -> tuple[str, ...]:
        """The operation and, if known, its command; counters and fault rules go by them."""
        name = operation(scope["method"], scope["path"])
        if name == "command" and self._is_authenticated(scope):
            command = await exchange.peek_command()
            return (name, command) if command else (name,)
        return (name,)
