"""The HTTP server: uvicorn in a thread."""

from __future__ import annotations

import json
import socket
import threading

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..errors import GATEWAY_BAD_REQUEST, EmulatorError
from .error_responses import new_request_id
from .exchange import CONNECTION

_START_TIMEOUT = 30.0
_STOP_TIMEOUT = 30.0
# Bytes of a request that are not body: its first line, headers, chunk frames, trailers.
_MAX_OVERHEAD = 512 * 1024


class _Protocol(HttpToolsProtocol):
    """Limits the size of headers, and passes a request's connection to the middleware."""

    _overhead = 0

    def data_received(self, data: bytes) -> None:
        self._overhead += len(data)
        super().data_received(data)
        if self._overhead > _MAX_OVERHEAD and not self.transport.is_closing():
            self.send_400_response("The headers are too large")

    def on_body(self, body: bytes) -> None:
        self._overhead -= len(body)
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        """Answer malformed HTTP in the format of the gateway."""
        request_id = new_request_id()
        body = {"error_code": GATEWAY_BAD_REQUEST, "error_msg": msg, "request_id": request_id}
        content = json.dumps(body).encode()
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"
            b"X-Request-Id: %b\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b"
            % (request_id.encode(), len(content), content)
        )
        self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._overhead = 0
        # ASGI wants a mapping as the value; only ``exchange`` reads it.
        self.scope["extensions"] = {CONNECTION: self.transport}  # type: ignore[dict-item]


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.accepting = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.accepting.set()


class ServerThread:
    """A listening server; ``port`` is set at once, also when a free one was asked for."""

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        """Bind the port.

        Raises:
            EmulatorError: the address is in use or does not belong to this machine.
        """
        try:
            self._socket = socket.create_server((host, port), backlog=512)
        except OSError as error:
            reason = error.strerror or error
            raise EmulatorError(f"cannot listen on {host}:{port}: {reason}") from error
        # Connections inherit it. Without it, small answers wait for a delayed acknowledgement.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            # An open connection must not keep the emulator from ending.
            timeout_graceful_shutdown=2,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={"sockets": [self._socket]},
            name="metastudio-emulator",
            daemon=True,
        )

    def start(self) -> None:
        """Start the thread; returns once requests are accepted.

        Raises:
            EmulatorError: the server did not start.
        """
        self._thread.start()
        if not self._server.accepting.wait(_START_TIMEOUT):
            raise EmulatorError("the server did not start in time")

    def stop(self) -> None:
        """Finish running requests, for two seconds at most, and end the thread."""
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join(_STOP_TIMEOUT)
        self._socket.close()
