"""One request and its answer, between the server and the services."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct

from pydantic_core import from_json
from starlette.types import Message, Receive, Scope, Send

from ..training.request_models import COMMANDS
from .error_responses import new_request_id
from .request_parsing import has_too_many_values

# The ASGI extension in which the server passes the request's connection.
CONNECTION = "metastudio_emulator.connection"
LOST = "lost"
_COMMAND_BODY_LIMIT = 1024 * 1024


class Exchange:
    """Passes the messages of a request on, notes the outcome, and can cut the connection.

    Attributes:
        request_id: sent as X-Request-Id.
        outcome: HTTP status of the answer, or "lost" while there is none.
        lost: the connection ended without a complete answer.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._replay: list[Message] = []
        self._connection: asyncio.Transport | None = scope.get("extensions", {}).get(CONNECTION)
        self.request_id = new_request_id()
        scope.setdefault("state", {})["request_id"] = self.request_id
        self.outcome = LOST
        self.lost = False

    async def receive(self) -> Message:
        """The next message of the request."""
        if self._replay:
            return self._replay.pop(0)
        message = await self._receive()
        if message["type"] == "http.disconnect" and self.outcome == LOST:
            self.lost = True
        return message

    async def send(self, message: Message) -> None:
        """Send a message of the answer, unless the connection is lost."""
        if self.lost:
            return
        if message["type"] == "http.response.start":
            self.outcome = str(message["status"])
            headers = [*message.get("headers", []), (b"x-request-id", self.request_id.encode())]
            message = {**message, "headers": headers}
        await self._send(message)

    async def peek_command(self) -> str | None:
        """The known command in the body, if any; the body is kept for the application."""
        body = bytearray()
        while len(body) <= _COMMAND_BODY_LIMIT:
            message = await self._receive()
            self._replay.append(message)
            body += message.get("body", b"")
            if not message.get("more_body", False):
                break
        if has_too_many_values(body):
            return None
        try:
            command = from_json(body).get("command")
        except (ValueError, AttributeError):
            return None
        return command if isinstance(command, str) and command in COMMANDS else None

    def cut(self, *, reset: bool) -> None:
        """Close the connection: with a TCP reset, or after sending what was written."""
        self.outcome = LOST
        self.lost = True
        if self._connection is None:
            return
        if not reset:
            self._connection.close()
            return
        linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
        with contextlib.suppress(OSError):  # the client may have closed it already
            self._connection.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, linger
            )
        self._connection.abort()

    async def drain(self) -> None:
        """Wait until the server notices the end of the connection, so that it sends nothing."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
