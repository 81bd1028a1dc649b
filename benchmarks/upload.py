"""Fingerprint and upload of 2 GiB, against curl, which uploads and hashes nothing.

Over the loopback interface nothing slows the sender down, so an upload takes as long as the
slower of sending and hashing: where the processor hashes more slowly than curl sends, no program
that hashes can keep up with one that does not. The line "SHA-256 alone" shows where that is. The
lines at 10 and 5 Gbit/s hold the server to what a network gives.
"""

from __future__ import annotations

import hashlib
import shutil
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from .files import certificate, filled
from .registry import Row, Say, alternated, measurement, spread
from .sender import Cost, curl, send
from .sink import sink

_SIZE = 2 << 30
_REPEATS = 7
_LIMIT = 1.1
_GBIT = 1_000_000_000 // 8


@measurement("upload")
def upload(folder: Path, say: Say) -> Iterator[Row]:
    """Over HTTP and TLS, at full speed and at that of a network."""
    if not shutil.which("curl"):
        yield Row("upload 2 GiB", "", "curl is not installed", "", "", None)
        return
    file = filled(folder / "video.mp4", _SIZE)
    keys = certificate(folder)
    hashed = [_hash(file) for _ in range(3)]
    for secure in (False, True):
        for gbit in (0, 10, 5):
            yield _compare(file, keys if secure else None, gbit, say)
    yield Row("SHA-256 alone, 2 GiB", spread(hashed), "", "", "", None)


def _compare(file: Path, keys: tuple[Path, Path] | None, gbit: int, say: Say) -> Row:
    what = f"upload 2 GiB, {'TLS' if keys else 'HTTP'}" + (f", {gbit} Gbit/s" if gbit else "")
    say(what)
    trusted = keys[0] if keys else None
    ours: list[Cost] = []
    theirs: list[Cost] = []

    def noted(cost: Cost, into: list[Cost]) -> float:
        into.append(cost)
        return cost.seconds

    with sink(keys, rate=gbit * _GBIT) as url:
        curl(file, f"{url}/warm", trusted=trusted)
        results = alternated(
            _REPEATS,
            lambda: noted(send(file, [f"{url}/ours"], trusted=trusted), ours),
            lambda: noted(curl(file, f"{url}/curl", trusted=trusted), theirs),
            say,
        )
    ratio = statistics.median(results[0]) / statistics.median(results[1])
    return Row(
        what,
        f"{spread(results[0])}, processor {_processor(ours):.1f} s",
        f"{spread(results[1])}, processor {_processor(theirs):.1f} s (curl -T)",
        f"{ratio:.2f} (of least {min(results[0]) / min(results[1]):.2f})",
        f"{_LIMIT}",
        ratio <= _LIMIT,
    )


def _processor(costs: list[Cost]) -> float:
    return statistics.median(cost.cpu for cost in costs)


def _hash(file: Path) -> float:
    started = time.perf_counter()
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(1 << 20))
    with file.open("rb", buffering=0) as stream:
        while count := stream.readinto(buffer):
            digest.update(buffer[:count])
    return time.perf_counter() - started
