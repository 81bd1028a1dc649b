"""A preview of 100 unchanged jobs of 1 GiB on a machine that remembers nothing.

With digests and with URLs the machine has none of the material either; without them it has every
file, and must read it. Reading 100 GiB takes minutes, so that a few of the jobs are read and the
rest is reckoned; ``BENCHMARK_JOBS_READ`` says how many, 100 reads them all. As for ``preview``, the
stacks are created with files of one byte, and the state is then given what an ``up`` with the large
ones would have left in it: files of zeros, which are sparse, and their digest and validators.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import statistics
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from metastudio_emulator import Emulator
from pulumi_metastudio.transfer import (
    SourceCache,
    fingerprint_anew,
    glance,
    open_source,
    portable_validator,
)

from .files import sparse
from .registry import Row, Say, measurement, spread
from .stack import Stack

_JOBS = 100
_SIZE = 1 << 30
_REPEATS = 3
_LIMIT = 0.1


@dataclass
class _Served:
    """A web server with one object at every path: ``size`` zeros."""

    url: str = ""
    size: int = 1
    requests: Counter[str] = field(default_factory=Counter)
    sent: int = 0


@measurement("digests")
def digests(folder: Path, say: Say) -> Iterator[Row]:
    """SHA256SUMS without the files, and URLs, against files that must be read."""
    few = min(_JOBS, int(os.environ.get("BENCHMARK_JOBS_READ", "6")))
    zeros = open_source(str(sparse(folder / "large", _SIZE)))
    large = fingerprint_anew(zeros, SourceCache(folder / "fingerprints.db"))
    with Emulator(folder / "service", transitions="manual") as emulator, _serve() as served:

        def made(name: str, count: int, location: Callable[[Path, int], str]) -> Stack:
            stack = Stack(folder / name, emulator)
            stack.folder.mkdir()
            stack.declare(
                {
                    f"job{n:03}": {
                        "name": f"job{n:03}",
                        "grant_file": location(stack.folder, n),
                        "submit": False,
                    }
                    for n in range(count)
                }
            )
            seconds, _ = stack.run("up", "--yes", "--skip-preview")
            say(f"{name}: {count} jobs created in {seconds:.1f} s")
            return stack

        def local(place: Path, number: int) -> str:
            return str(sparse(place / f"{number:03}.pdf", 1))

        read, unread = made("files", few, local), made("unread", few, local)
        summed = made("sums", _JOBS, local)
        linked = made("urls", _JOBS, lambda _, number: f"{served.url}/{number:03}.pdf")

        _enlarge(read, large)
        for path in read.folder.glob("*.pdf"):
            sparse(path, _SIZE)
        _enlarge(summed, large)
        names = sorted(path.name for path in summed.folder.glob("*.pdf"))
        lines = [f"{large}  {name}\n" for name in names]
        (summed.folder / "SHA256SUMS").write_text("".join(lines))
        for name in names:
            (summed.folder / name).unlink()
        before = _validators(served)
        served.size = _SIZE
        _enlarge(linked, large, dict(zip(before, _validators(served), strict=True)))

        with_sums = _cold(summed, say)
        served.requests.clear()
        served.sent = 0
        with_urls = _cold(linked, say)
        heads, gets, sent = served.requests["HEAD"], served.requests["GET"], served.sent
        with_files, small = _cold(read, say), _cold(unread, say)
        hashed = _remembered(read)

    each = (statistics.median(with_files) - statistics.median(small)) / few
    rest = f"{_JOBS} jobs of 1 GiB, cold cache"
    reckoned = statistics.median(with_files) + each * (_JOBS - few)
    note = "" if few == _JOBS else f", reckoned from {few} jobs in {spread(with_files)}"
    yardstick = f"{reckoned:.1f} s (reads {hashed * _JOBS // few} GiB{note})"
    for what, results, cost in (
        ("SHA256SUMS, no files", with_sums, "0 bytes"),
        (
            "URLs",
            with_urls,
            f"{heads / _REPEATS:.0f} HEAD, {gets / _REPEATS:.0f} GET, {sent} bytes",
        ),
    ):
        ratio = statistics.median(results) / reckoned
        yield Row(
            f"preview, {rest}: {what}",
            f"{spread(results)}, {cost}",
            yardstick,
            f"{ratio:.3f}",
            f"{_LIMIT}",
            ratio <= _LIMIT,
        )


def _cold(stack: Stack, say: Say) -> list[float]:
    """Seconds of previews that show no change, each on a machine that remembers nothing."""
    results = []
    for _ in range(_REPEATS):
        for place in (stack.cache, stack.folder / "home"):
            shutil.rmtree(place, ignore_errors=True)
        results.append(stack.unchanged())
    say(f"{stack.folder.name}: {spread(results)}")
    return results


def _remembered(stack: Stack) -> int:
    """How many files the last preview hashed."""
    with closing(sqlite3.connect(stack.cache / "fingerprints.db")) as db:
        return int(db.execute("SELECT count(*) FROM known").fetchone()[0])


def _enlarge(stack: Stack, sha256: str, validators: dict[str, str] | None = None) -> None:
    state = stack.checkpoint.read_text()
    replaced = {hashlib.sha256(bytes(1)).hexdigest(): sha256, **(validators or {})}
    for before, after in replaced.items():
        state = state.replace(before, after)
    json.loads(state)
    stack.checkpoint.write_text(state)


def _validators(served: _Served) -> list[str]:
    seen = [glance(f"{served.url}/{number:03}.pdf") for number in range(_JOBS)]
    return [portable_validator(each) for each in seen if each]


@contextmanager
def _serve() -> Iterator[_Served]:
    served = _Served()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            served.requests[self.command] += 1
            size = served.size
            self.send_response(200)
            self.send_header("Content-Length", str(size))
            self.send_header("ETag", f'"{size} zeros"')
            self.end_headers()
            block = bytes(1 << 20)
            while self.command == "GET" and size:
                sent = self.wfile.write(block[:size])
                size -= sent
                served.sent += sent

        do_GET = do_HEAD = answer

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
