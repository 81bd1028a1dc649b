"""HTTP by hand, for requests that no library would send."""

from __future__ import annotations

import re
import socket

Address = tuple[str | None, int | None]
#: Seconds for an answer; some requests end in the middle and get none.
_PATIENCE = 0.5
_ENOUGH = 4 * 1024 * 1024


def head(method: str, target: str, headers: list[tuple[str, str]]) -> bytes:
    """First line and headers as they are given, right or wrong."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogatepass")


def exchange(address: Address, *pieces: bytes) -> tuple[str, bytes]:
    """Status and body of the answer to the pieces of one request."""
    return first(answer_to(address, *pieces))


def answer_to(address: Address, *pieces: bytes, patience: float = _PATIENCE) -> bytes:
    """Send on a connection of its own and read one answer, as far as it comes in time."""
    answer = b""
    with socket.create_connection(address, timeout=30) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            connection.settimeout(patience)
            head_only = pieces[0].startswith(b"HEAD ")
            while not _is_whole(answer, head_only=head_only) and len(answer) < _ENOUGH:
                received = connection.recv(65536)
                if not received:
                    break
                answer += received
        except OSError:
            pass  # cut off, or it still waits for more of the request
    return answer


def first(answer: bytes) -> tuple[str, bytes]:
    """Status and body of the first final answer; "none" when there is none."""
    start, _, body = answer.partition(b"\r\n\r\n")
    while start.startswith(b"HTTP/1.1 100"):
        start, _, body = body.partition(b"\r\n\r\n")
    found = re.match(rb"HTTP/1\.[01] (\d{3})", start)
    return (found[1].decode() if found else "none"), body


def _is_whole(answer: bytes, *, head_only: bool) -> bool:
    start, end, body = answer.partition(b"\r\n\r\n")
    if not end or start.startswith(b"HTTP/1.1 100"):
        return False
    length = re.search(rb"(?i)content-length: (\d+)", start)
    return head_only or (length is not None and len(body) >= int(length[1]))
