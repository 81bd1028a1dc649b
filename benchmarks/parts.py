"""Parts beside each other, where the server holds each connection to 20 MB/s."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Iterator
from pathlib import Path

from .files import filled
from .registry import Row, Say, alternated, measurement, spread
from .sender import curl, send
from .sink import sink

_SIZE = 400_000_000
_RATE = 20_000_000
_PARTS = 8
_REPEATS = 3
_LIMIT = 7.5


@measurement("parts")
def parts(folder: Path, say: Say) -> Iterator[Row]:
    """Eight parts with MD5 and SHA-256, against one stream of curl's."""
    if not shutil.which("curl"):
        yield Row("8 parts", "", "curl is not installed", "", "", None)
        return
    file = filled(folder / "video.mp4", _SIZE)
    with sink(rate=_RATE) as url:
        urls = [f"{url}/{number}" for number in range(_PARTS)]
        results = alternated(
            _REPEATS,
            lambda: send(file, urls, parallel=_PARTS).seconds,
            lambda: curl(file, f"{url}/whole").seconds,
            say,
        )
    faster = statistics.median(results[1]) / statistics.median(results[0])
    yield Row(
        "8 parts of 400 MB, 20 MB/s per connection",
        spread(results[0]),
        f"{spread(results[1])} (curl -T, one stream)",
        f"{faster:.2f} x as fast",
        f"{_LIMIT} x",
        faster >= _LIMIT,
    )
