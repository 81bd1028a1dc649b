"""uvicorn in a thread, with what faults need: a way from a request to its connection."""

from __future__ import annotations

import json
import socket
import threading

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..errors import GATEWAY_BAD_REQUEST, EmulatorError
from .error_responses import new_request_id
from .middleware import TRANSPORT

_START_TIMEOUT = 30.0
_STOP_TIMEOUT = 30.0
# Bytes of a request that are no body: its first line, headers, the frames of chunks, trailers.
_MAX_OVERHEAD = 512 * 1024


class _Protocol(HttpToolsProtocol):
    """Knows a request's connection, and bounds what its headers may take."""

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
        """What is no HTTP is the gateway's to refuse, in its form."""
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
        # The value is ours to read, not a mapping as the interface would have it.
        self.scope["extensions"] = {TRANSPORT: self.transport}  # type: ignore[dict-item]


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.accepting = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.accepting.set()


class ServerThread:
    """One listening server; `port` is known as soon as the object exists."""

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        """Bind the port.

        Raises:
            EmulatorError: the address is in use or not this machine's.
        """
        try:
            self._socket = socket.create_server((host, port), backlog=512)
        except OSError as error:
            reason = error.strerror or error
            raise EmulatorError(f"cannot listen on {host}:{port}: {reason}") from error
        # Connections inherit it; without it each small answer waits for a delayed acknowledgement.
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
            # A client that keeps a connection open must not keep the emulator from ending.
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
        """Return once requests are accepted.

        Raises:
            EmulatorError: the server did not start.
        """
        self._thread.start()
        if not self._server.accepting.wait(_START_TIMEOUT):
            raise EmulatorError("the server did not start in time")

    def stop(self) -> None:
        """Finish what is under way, for two seconds at most, and end the thread."""
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join(_STOP_TIMEOUT)
        self._socket.close()
