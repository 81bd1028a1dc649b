"""A body that is sent and hashed at the same time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pulumi_metastudio.transfer import open_source
from pulumi_metastudio.transfer.hashing import OrderedSha256
from pulumi_metastudio.transfer.request_body import RequestBody, Watcher

CONTENT = bytes(range(256)) * 8


def body_of(path: Path, *watchers: Watcher, counted: list[int] | None = None) -> RequestBody:
    count = (counted if counted is not None else []).append
    source = open_source(str(path))
    return RequestBody(source, 0, len(CONTENT), count=count, watchers=watchers, block=100)


def read_all(body: RequestBody) -> bytes:
    with body:
        return b"".join(bytes(block) for block in body)


def test_the_bytes_and_their_hash(file: Callable[..., Path]) -> None:
    sha256, counted = OrderedSha256(), list[int]()
    assert read_all(body_of(file(CONTENT), sha256, counted=counted)) == CONTENT
    assert sha256.hexdigest() == hashlib.sha256(CONTENT).hexdigest()
    assert counted == [100] * 20 + [48]


class Failing:
    """Fails at one block."""

    def __init__(self, at: int):
        self.at = at

    def update(self, offset: int, block: memoryview) -> None:
        if offset == self.at:
            raise MemoryError("cannot hash")


@pytest.mark.parametrize("at", [0, 1000, 2000])
def test_a_watcher_that_raises_fails_the_body(at: int, file: Callable[..., Path]) -> None:
    """Also at the last block; the sender must not wait for a buffer that nobody frees."""
    pool = ThreadPoolExecutor(1)
    reading = pool.submit(read_all, body_of(file(CONTENT), Failing(at)))
    with pytest.raises(MemoryError, match="cannot hash"):
        reading.result(timeout=5)
    pool.shutdown()


def test_a_body_that_is_left_in_the_middle(file: Callable[..., Path]) -> None:
    sha256 = OrderedSha256()
    body = body_of(file(CONTENT), sha256)
    with body:
        for block in body:
            assert bytes(block) == CONTENT[:100]
            break
    assert sha256.hexdigest() == hashlib.sha256(CONTENT[:100]).hexdigest()
    assert body.sent == 0
