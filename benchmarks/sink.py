"""A server that takes uploads and forgets them: the other end of the upload measurements.

It is a process of its own, on raw sockets, so that it costs as little as possible and the same
for whoever sends. ``python -m benchmarks.sink`` prints its port and serves until its standard
input ends.
"""

from __future__ import annotations

import argparse
import contextlib
import select
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BLOCK = 256 * 1024
#: A capped connection reads this often; its receive buffer is small, so that the cap is felt.
_TICK = 0.02
_CAPPED_BUFFER = 256 * 1024


@contextmanager
def sink(tls: tuple[Path, Path] | None = None, rate: int = 0) -> Iterator[str]:
    """A running sink's base URL.

    Args:
        tls: certificate and key; plain HTTP without.
        rate: bytes per second that each connection is held to; 0 is no limit.
    """
    command = [sys.executable, "-m", "benchmarks.sink", "--rate", str(rate)]
    if tls:
        command += ["--tls", *map(str, tls)]
    root = Path(__file__).parents[1]
    with subprocess.Popen(
        command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        port = process.stdout.readline().strip()
        if not port.isdigit():
            raise RuntimeError("the sink did not start")
        try:
            yield f"{'https' if tls else 'http'}://localhost:{port}"
        finally:
            process.stdin.close()
            process.wait(10)


def _serve(connection: socket.socket, context: ssl.SSLContext | None, rate: int) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with context.wrap_socket(connection, server_side=True) if context else connection as peer:
            while _request(peer, rate):
                pass


def _request(peer: socket.socket, rate: int) -> bool:
    """Take one request and its body; False once the connection ends."""
    buffer = memoryview(bytearray(_BLOCK))
    head = b""
    while b"\r\n\r\n" not in head:
        count = peer.recv_into(buffer)
        if not count:
            return False
        head += buffer[:count]
    head, _, body = head.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    length = int(fields.get(b"content-length", b"0"))
    if b"expect" in fields:  # curl waits for this before it sends a large body
        peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    left = length - len(body)
    started = time.monotonic()
    while left:
        count = peer.recv_into(buffer, min(_BLOCK, left))
        if not count:
            return False
        left -= count
        if rate:
            early = (length - left) / rate - (time.monotonic() - started)
            if early > _TICK:
                time.sleep(early)
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    return True


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tls", nargs=2, metavar=("CERTIFICATE", "KEY"))
    parser.add_argument("--rate", type=int, default=0)
    options = parser.parse_args()
    context = None
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*options.tls)
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        if options.rate:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _CAPPED_BUFFER)
        print(listener.getsockname()[1], flush=True)
        while listener in (ready := select.select([listener, sys.stdin], [], [])[0]):
            if sys.stdin in ready:
                break
            connection, _ = listener.accept()
            arguments = (connection, context, options.rate)
            threading.Thread(target=_serve, args=arguments, daemon=True).start()


if __name__ == "__main__":
    main()
