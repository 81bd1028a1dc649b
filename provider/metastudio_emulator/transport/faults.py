"""Fault injection: rules for which requests fail, and how they fail on the connection."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .error_responses import status_response
from .exchange import Exchange

Action = Literal["status", "reset", "truncate", "stall", "delay"]


class FaultRule(BaseModel):
    """A fault rule. The first one that matches a request and has not run out applies to it.

    Attributes:
        match: an operation ("create", "list", "show", "update", "delete", "command", "upload",
            "download", "token", "security_token", "projects"), an upload or download of one file
            such as "upload cover", the name of a command such as "SUBMITVERIFYING", or "*" for
            all. No rule matches the control interface.
        action: "status" answers with that status and the service's body for it; "reset" closes
            the connection with a TCP reset; "truncate" sends half of the answer's body; "stall"
            pauses before it goes on; "delay" only applies delay_ms and bytes_per_second.
        status: for "status", for example 429, 500 or 503.
        times: number of requests that it applies to; None for all.
        probability: share of matching requests that it applies to.
        seed: of the random draw, so that a run can be repeated.
        after: for "status" and "reset": the operation takes effect, only its answer is lost.
        after_bytes: for "reset" and "stall": once that many bytes of the body have arrived.
        seconds: duration of a "stall".
        delay_ms: pause before anything else, for every action.
        bytes_per_second: limit for the request's body, for every action.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    match: str = "*"
    action: Action
    status: Annotated[int, Field(ge=400, le=599)] = 500
    times: Annotated[int, Field(ge=1)] | None = None
    probability: Annotated[float, Field(gt=0, le=1)] = 1.0
    seed: int = 0
    after: bool = False
    after_bytes: Annotated[int, Field(ge=1)] | None = None
    seconds: Annotated[float, Field(ge=0)] = 0.0
    delay_ms: Annotated[float, Field(ge=0)] = 0.0
    bytes_per_second: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _something_happens(self) -> FaultRule:
        if self.action == "stall" and not self.seconds:
            raise ValueError("a stall needs seconds")
        if self.action == "delay" and not (self.delay_ms or self.bytes_per_second):
            raise ValueError("a delay needs delay_ms or bytes_per_second")
        if self.after and self.action not in ("status", "reset"):
            raise ValueError("after goes with status and reset only")
        if self.after_bytes and self.action not in ("reset", "stall"):
            raise ValueError("after_bytes goes with reset and stall only")
        return self


class _ActiveRule:
    """A rule, the number of times it was applied, and its random draw."""

    def __init__(self, rule: FaultRule) -> None:
        self.rule = rule
        self.applied = 0
        self._random = random.Random(rule.seed)  # noqa: S311 - to be repeatable

    def applies(self, names: tuple[str, ...]) -> bool:
        if self.rule.match != "*" and self.rule.match not in names:
            return False
        if self.rule.times is not None and self.applied >= self.rule.times:
            return False
        if self._random.random() >= self.rule.probability:
            return False
        self.applied += 1
        return True


class FaultList:
    """The rules of one running emulator; they do not survive a restart."""

    def __init__(self) -> None:
        self._rules: list[_ActiveRule] = []

    def add(self, rule: FaultRule) -> None:
        """Append a rule."""
        self._rules.append(_ActiveRule(rule))

    def clear(self) -> None:
        """Remove all rules."""
        self._rules.clear()

    def draw(self, names: tuple[str, ...]) -> FaultRule | None:
        """The rule for a request with these names, if any, counted as applied."""
        return next((active.rule for active in self._rules if active.applies(names)), None)

    def listed(self) -> list[dict[str, object]]:
        """Every rule, with the number of times it was applied."""
        return [
            {**active.rule.model_dump(exclude_none=True), "applied": active.applied}
            for active in self._rules
        ]


async def run_with_fault(rule: FaultRule, app: ASGIApp, scope: Scope, exchange: Exchange) -> None:
    """Handle one request as a rule says."""
    if rule.delay_ms:
        await asyncio.sleep(rule.delay_ms / 1000)
    receive = _throttled(exchange, rule)
    if rule.action == "stall":
        if rule.after_bytes is None:
            await asyncio.sleep(rule.seconds)
        await app(scope, receive, exchange.send)
    elif rule.action == "delay":
        await app(scope, receive, exchange.send)
    elif rule.action == "truncate":
        await app(scope, receive, _halved(exchange))
    else:
        if rule.after or rule.after_bytes is not None:
            await app(scope, receive, _discard)
        if rule.action == "reset":
            if not exchange.lost:
                exchange.cut(reset=True)
            return
        await status_response(rule.status, scope, exchange.request_id)(
            scope, exchange.receive, exchange.send
        )


def _throttled(exchange: Exchange, rule: FaultRule) -> Receive:
    """The request's messages, delayed or cut off as the rule says.

    The server stops reading from the socket while its buffer is full, so what is received slowly
    here is slow on the connection, too.
    """
    arrived = 0
    started = time.monotonic()
    stalled = False

    async def receive() -> Message:
        nonlocal arrived, stalled
        message = await exchange.receive()
        arrived += len(message.get("body", b""))
        if rule.bytes_per_second is not None:
            ahead = arrived / rule.bytes_per_second - (time.monotonic() - started)
            if ahead > 0:
                await asyncio.sleep(ahead)
        if rule.after_bytes is not None and arrived >= rule.after_bytes:
            if rule.action == "reset":
                exchange.cut(reset=True)
                return {"type": "http.disconnect"}
            if not stalled:
                stalled = True
                await asyncio.sleep(rule.seconds)
        return message

    return receive


def _halved(exchange: Exchange) -> Send:
    """Send the headers of the whole answer and half of its body, then close the connection."""
    left = 0

    async def send(message: Message) -> None:
        nonlocal left
        if message["type"] == "http.response.start":
            headers = dict(message.get("headers", []))
            left = int(headers.get(b"content-length", b"0")) // 2
            await exchange.send(message)
        elif not exchange.lost:
            body = message.get("body", b"")[:left]
            left -= len(body)
            await exchange.send({"type": "http.response.body", "body": body, "more_body": True})
            if left == 0:
                exchange.cut(reset=False)

    return send


async def _discard(message: Message) -> None:
    """Discard the answer."""
