"""Connections that know whether their bytes move.

A socket's own timeout cannot distinguish a slow connection from a dead one: a large block at a slow
rate exceeds it, and the wait for an answer begins while megabytes of the body still stand in the
system's send buffer. Here a connection is given up only when for ``stall_timeout`` seconds no
byte was taken from the program and none left the send buffer, in the middle of a body as well as
while waiting for the answer.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import HTTPResponse

#: Begins the text of every exception that a stall ends in, through all layers of libraries.
STALLED = "no byte moved for"
#: Looks at a quiet connection within the stall limit.
_LOOKS = 10
#: Seconds between the first two looks at a send buffer that empties.
_SHORTEST_PAUSE = 0.001


class WatchedAdapter(HTTPAdapter):
    """Sends requests over watched connections, through a proxy where one is configured."""

    def __init__(self, stall_timeout: float, **settings: Any):
        self._stall_timeout = stall_timeout
        super().__init__(**settings)

    def init_poolmanager(self, *arguments: Any, **settings: Any) -> None:
        """Make the pools of direct connections watched ones."""
        super().init_poolmanager(*arguments, **settings)
        self._watch(self.poolmanager)

    def proxy_manager_for(self, *arguments: Any, **settings: Any) -> Any:
        """Make the pools of a proxy's connections watched ones."""
        manager = super().proxy_manager_for(*arguments, **settings)
        self._watch(manager)
        return manager

    def _watch(self, manager: PoolManager) -> None:
        limit = self._stall_timeout

        class Plain(_PlainConnection):
            stall_timeout = limit

        class Secure(_SecureConnection):
            stall_timeout = limit

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}


class _Watched(HTTPConnection):
    """What both kinds of connection do in the same way."""

    #: Seconds without a byte moving after which a connection is given up.
    stall_timeout: float
    _cut = False

    @property
    def is_connected(self) -> bool:
        """False also after an answer that came before the end of a body: the rest is unsent."""
        return not self._cut and super().is_connected

    def connect(self) -> None:
        """Connect, and forget what happened to the connection before."""
        super().connect()
        self._cut = False

    def send(self, data: Any) -> None:
        """Send bytes for as long as they move."""
        if self.sock is None:
            self.connect()
        watch = _Watch(self.sock, self.stall_timeout)
        self.sock.settimeout(watch.look_every)
        left = memoryview(data)
        while left:
            try:
                left = left[self.sock.send(left) :]
                watch.moved()
            except TimeoutError:
                stalled = watch.stalled()
                # A readable TLS connection may hold a session ticket only: the last resort.
                if (stalled or not self._encrypted) and _readable(self.sock, 0):
                    # The answer is here before the whole body is: urllib3 goes on to read it.
                    self._cut = True
                    self.timeout = watch.look_every
                    raise BrokenPipeError from None
                if stalled:
                    raise watch.error() from None

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        """Wait for as long as the body's last bytes move; then the answer may take its time."""
        watch = _Watch(self.sock, self.stall_timeout)
        pause = _SHORTEST_PAUSE
        while not self._cut and _queued(self.sock):
            if self._encrypted:
                time.sleep(pause)
            elif _readable(self.sock, pause):
                break
            pause = min(2 * pause, watch.look_every)
            if watch.stalled():
                raise watch.error()
        return super().getresponse()

    @property
    def _encrypted(self) -> bool:
        return hasattr(self.sock, "cipher")  # also TLS within TLS, to a proxy


class _PlainConnection(_Watched):
    """HTTP."""


class _SecureConnection(_Watched, HTTPSConnection):
    """HTTP over TLS."""


class _Watch:
    """Notices when a socket has not moved a byte for ``limit`` seconds."""

    def __init__(self, sock: socket.socket, limit: float):
        self.look_every = limit / _LOOKS
        self._sock = sock
        self._limit = limit
        self._queued = _queued(sock)
        self._since = time.monotonic()

    def moved(self) -> None:
        self._since = time.monotonic()

    def stalled(self) -> bool:
        """Whether a socket that takes nothing now has moved nothing for the whole time."""
        queued = _queued(self._sock)
        if queued != self._queued:
            self._queued = queued
            self.moved()
        return time.monotonic() - self._since > self._limit - self.look_every / 2

    def error(self) -> TimeoutError:
        return TimeoutError(f"{STALLED} {self._limit:g} s")


def _queued(sock: socket.socket) -> int:
    """Bytes in the send buffer that the peer has not acknowledged; 0 where that is unknown."""
    try:
        from fcntl import ioctl
        from termios import TIOCOUTQ

        answer = ioctl(sock, TIOCOUTQ, b"\0" * 4)
    except (ImportError, OSError):  # pragma: no cover
        return 0
    return int(struct.unpack("i", answer)[0])


def _readable(sock: socket.socket, timeout: float) -> bool:
    if not hasattr(select, "poll"):  # pragma: no cover
        return bool(select.select([sock], [], [], timeout)[0])
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(timeout * 1000))
