"""The outermost layer: request ids, counters, the access log, and faults on the socket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
import time
from collections import Counter, defaultdict
from collections.abc import Callable

from pydantic_core import from_json
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..training.request_models import COMMANDS
from .error_responses import new_request_id, shown_path, status_response
from .faults import FaultList, FaultRule
from .operation_names import CONTROL, operation

TRANSPORT = "metastudio_emulator.transport"
_LOG = logging.getLogger("metastudio_emulator.access")
_COMMAND_BODY_LIMIT = 1024 * 1024


class Counters:
    """Answers per operation and status; "lost" is a connection that a fault cut off."""

    def __init__(self) -> None:
        self._answers: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def count(self, name: str, outcome: str) -> None:
        """Add one answer."""
        self._answers[name][outcome] += 1

    def clear(self) -> None:
        """Begin again at nothing."""
        self._answers.clear()

    def listed(self) -> dict[str, dict[str, int]]:
        """Operation, or command, to outcome to number."""
        return {name: dict(outcomes) for name, outcomes in sorted(self._answers.items())}


class Middleware:
    """An ASGI application around the services.

    `admits` tells by its headers whether a request's body is worth reading.
    """

    def __init__(
        self,
        app: ASGIApp,
        faults: FaultList,
        counters: Counters,
        admits: Callable[[Scope], bool],
    ) -> None:
        self._app = app
        self._faults = faults
        self._counters = counters
        self._admits = admits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send)
        name = operation(scope["method"], scope["path"])
        names: tuple[str, ...] = (name,)
        started = time.monotonic()
        if name == "command" and self._admits(scope):
            names += await exchange.peek_command()
        rule = None if name == CONTROL else self._faults.draw(names)
        if rule is None:
            await self._app(scope, exchange.receive, exchange.send)
        else:
            await _apply(rule, self._app, scope, exchange)
        if exchange.lost:
            await exchange.drain()
        if name != CONTROL:
            for counted in names:
                self._counters.count(counted, exchange.outcome)
        # Never the query: it carries signatures. Never decoded: it could carry line breaks.
        _LOG.log(
            logging.DEBUG if name == CONTROL else logging.INFO,
            "%s %s %s %.0f ms%s",
            *(scope["method"], shown_path(scope), exchange.outcome),
            (time.monotonic() - started) * 1000,
            f" fault={rule.action}" if rule else "",
        )


class _Exchange:
    """One request and its answer, between the server and the application."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._replay: list[Message] = []
        self._transport: asyncio.Transport | None = scope.get("extensions", {}).get(TRANSPORT)
        self.request_id = new_request_id()
        scope.setdefault("state", {})["request_id"] = self.request_id
        self.outcome = "lost"
        self.lost = False

    async def receive(self) -> Message:
        if self._replay:
            return self._replay.pop(0)
        message = await self._receive()
        if message["type"] == "http.disconnect" and self.outcome == "lost":
            self.lost = True
        return message

    async def send(self, message: Message) -> None:
        if self.lost:
            return
        if message["type"] == "http.response.start":
            self.outcome = str(message["status"])
            headers = [*message.get("headers", []), (b"x-request-id", self.request_id.encode())]
            message = {**message, "headers": headers}
        await self._send(message)

    async def peek_command(self) -> tuple[str, ...]:
        """The command's name if it is one, with the body kept for the application."""
        body = bytearray()
        while len(body) <= _COMMAND_BODY_LIMIT:
            message = await self._receive()
            self._replay.append(message)
            body += message.get("body", b"")
            if not message.get("more_body", False):
                break
        try:
            command = from_json(body).get("command")
        except (ValueError, AttributeError):
            return ()
        return (command,) if isinstance(command, str) and command in COMMANDS else ()

    def cut(self, *, reset: bool) -> None:
        """Close the connection: at once with a TCP reset, or after what was written."""
        self.outcome = "lost"
        self.lost = True
        if self._transport is None:
            return
        if not reset:
            self._transport.close()
            return
        connection = self._transport.get_extra_info("socket")
        linger = struct.pack("ii", 1, 0)
        with contextlib.suppress(OSError):  # the other side was faster, and it is closed already
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._transport.abort()

    async def drain(self) -> None:
        """Wait until the server has noticed the cut, so that it does not answer any more."""
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def _apply(rule: FaultRule, app: ASGIApp, scope: Scope, exchange: _Exchange) -> None:
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
            await app(scope, receive, _swallow)
        if rule.action == "reset":
            if not exchange.lost:
                exchange.cut(reset=True)
            return
        await status_response(rule.status, scope, exchange.request_id)(
            scope, exchange.receive, exchange.send
        )


def _throttled(exchange: _Exchange, rule: FaultRule) -> Receive:
    """The body as it arrives, held back or cut off as the rule says.

    The server stops reading from the socket while its buffer is full, so a body that is taken
    slowly here really moves slowly on the connection.
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


def _halved(exchange: _Exchange) -> Send:
    """Send the whole answer's headers and half of its body, then close."""
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


async def _swallow(message: Message) -> None:
    """Take an answer that nobody is to see."""
