"""A storage service on plain sockets that behaves, request by request, as a test says."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Request:
    """One request whose head has arrived; its body is read by whoever handles it."""

    peer: socket.socket
    path: str
    length: int
    released: threading.Event
    body: bytearray = field(default_factory=bytearray)

    def read(self, count: int | None = None) -> None:
        """Read up to ``count`` bytes of the body in all, or the whole."""
        wanted = self.length if count is None else min(count, self.length)
        while len(self.body) < wanted:
            block = self.peer.recv(min(1 << 16, wanted - len(self.body)))
            if not block:
                raise ConnectionError
            self.body += block

    def answer(self, status: int = 200, etag: str | None = None, text: str = "") -> None:
        """Answer the whole body with its MD5 as ETag, as object storages do."""
        etag = f'"{hashlib.md5(self.body).hexdigest()}"' if etag is None else etag
        head = f"HTTP/1.1 {status} X\r\nETag: {etag}\r\nContent-Length: {len(text)}\r\n\r\n"
        self.peer.sendall((head + text).encode())


Behaviour = Callable[[Request], None]


def accept(request: Request) -> None:
    """Take a body."""
    request.read()
    request.answer()


def answer(status: int = 200, etag: str | None = None, text: str = "") -> Behaviour:
    """Take a body and answer it so."""

    def behave(request: Request) -> None:
        request.read()
        request.answer(status, etag, text)

    return behave


def stop_reading(request: Request) -> None:
    """Take the first bytes, and no more until the test is over."""
    request.read(1000)
    request.released.wait()
    raise ConnectionError


def go_quiet(request: Request) -> None:
    """Take a body and say nothing until the test is over."""
    request.read()
    request.released.wait()
    raise ConnectionError


def drip(size: int, pause: float) -> Behaviour:
    """Take a body in small pieces, with a pause after each."""

    def behave(request: Request) -> None:
        while len(request.body) < request.length:
            request.read(len(request.body) + size)
            request.released.wait(pause)
        request.answer()

    return behave


@dataclass
class Storage:
    """Listens on a free port; ``script`` is what the next requests meet, then ``usual``."""

    context: ssl.SSLContext | None = None
    script: list[Behaviour] = field(default_factory=list)
    usual: Behaviour = accept
    requests: list[Request] = field(default_factory=list)

    def __enter__(self) -> Storage:
        self._released = threading.Event()
        self._lock = threading.Lock()
        self._peers: list[socket.socket] = []
        self._listener = socket.socket()
        # Small, so that the sender feels at once when nobody reads.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(64)
        scheme = "https" if self.context else "http"
        self.url = f"{scheme}://localhost:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._released.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join()
        for peer in self._peers:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()

    @property
    def arrived(self) -> list[tuple[str, bytes]]:
        """Path and body of each request, as far as it came."""
        return [(request.path, bytes(request.body)) for request in self.requests]

    def bodies(self, path: str) -> list[bytes]:
        """What arrived at a path."""
        return [body for at, body in self.arrived if at == path]

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(peer,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, peer: socket.socket) -> None:
        with contextlib.suppress(OSError), peer:
            secure = self.context.wrap_socket(peer, server_side=True) if self.context else peer
            with self._lock:
                self._peers.append(secure)
            with secure:
                while self._one(secure):
                    pass

    def _one(self, peer: socket.socket) -> bool:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = peer.recv(1)
            if not byte:
                return False
            head += byte
        first, *lines = head.decode().split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines if line)
        length = int(fields["content-length"])
        request = Request(peer, first.split()[1], length, self._released)
        with self._lock:
            self.requests.append(request)
            behave = self.script.pop(0) if self.script else self.usual
        behave(request)
        return True
