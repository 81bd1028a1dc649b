"""The most memory that a provider process takes while it uploads 8 GiB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .files import sparse
from .registry import Row, Say, measurement
from .sender import send
from .sink import sink

_SIZE = 8 << 30
_LIMIT = 150_000_000


@measurement("memory")
def memory(folder: Path, say: Say) -> Iterator[Row]:
    """In one part, and in 64 of which 8 go at once."""
    file = sparse(folder / "video.mp4", _SIZE)
    small = sparse(folder / "small.mp4", 1)
    with sink() as url:
        before = send(small, [url]).peak
        for count in (1, 64):
            urls = [f"{url}/{number}" for number in range(count)]
            cost = send(file, urls, parallel=8)
            say(f"{count} part(s): {cost.seconds:.1f} s, {cost.peak / 1e6:.0f} MB")
            yield Row(
                f"memory, 8 GiB in {count} part(s)",
                f"{cost.peak / 1e6:.0f} MB",
                f"{before / 1e6:.0f} MB (the same process, 1 byte)",
                f"+{(cost.peak - before) / 1e6:.0f} MB",
                f"{_LIMIT / 1e6:.0f} MB",
                cost.peak <= _LIMIT,
            )
