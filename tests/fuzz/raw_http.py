"""HTTP over a plain socket, for requests that no library would send."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

_LARGEST_ANSWER = 4 * 1024 * 1024


class RawAnswer(NamedTuple):
    """The first final answer; its status is "none" if there was none."""

    status: str
    head: bytes
    body: bytes


def request_head(method: str, target: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """First line and headers as they are given, valid or not."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogatepass")


def send_raw(endpoint: str, *pieces: bytes, patience: float = 60) -> RawAnswer:
    """Send the pieces of a request on a new connection and read one answer.

    Args:
        endpoint: base URL of the server.
        pieces: sent one after the other.
        patience: seconds to wait for each piece of the answer.
    """
    where = urlsplit(endpoint)
    assert where.port is not None
    received = b""
    with socket.create_connection((where.hostname, where.port), timeout=30) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            connection.settimeout(patience)
            head_only = pieces[0].startswith(b"HEAD ")
            while not _is_complete(received, head_only) and len(received) < _LARGEST_ANSWER:
                block = connection.recv(65536)
                if not block:
                    break
                received += block
        except OSError:
            pass  # the connection was cut, or the server still waits for more of the request
    head, _, body = received.partition(b"\r\n\r\n")
    while head.startswith(b"HTTP/1.1 100"):
        head, _, body = body.partition(b"\r\n\r\n")
    found = re.match(rb"HTTP/1\.[01] (\d{3})", head)
    return RawAnswer(found[1].decode() if found else "none", head, body)


def _is_complete(received: bytes, head_only: bool) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    if not end or head.startswith(b"HTTP/1.1 100"):
        return False
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return head_only or (length is not None and len(body) >= int(length[1]))
