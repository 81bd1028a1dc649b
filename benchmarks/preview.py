"""A preview of 100 unchanged jobs: large files must cost what tiny ones cost.

Uploading 100 times 1 GiB would measure the disk. So both stacks are created with files of one
byte; then, in one of them, each file is replaced by 1 GiB of zeros (sparse), and what an earlier
``up`` would have left behind is put in place: their real fingerprint, computed once, in the cache
and in the state. The preview that follows does all it does for any stack, and must show no change.
"""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Iterator
from pathlib import Path

from metastudio_emulator import Emulator
from pulumi_metastudio.transfer import SourceCache, fingerprint, open_source

from .files import sparse
from .registry import Row, Say, alternated, measurement, spread
from .stack import Stack

_JOBS = 100
_SIZE = 1 << 30
_REPEATS = 7
_LIMIT = 1.2


@measurement("preview")
def preview(folder: Path, say: Say) -> Iterator[Row]:
    """1 GiB each against 1 byte each."""
    with Emulator(folder / "service", transitions="manual") as emulator:
        tiny, large = Stack(folder / "tiny", emulator), Stack(folder / "large", emulator)
        for stack in (tiny, large):
            videos = {f"job{n:03}": stack.folder / f"{n:03}.mp4" for n in range(_JOBS)}
            stack.declare(
                {
                    name: {"name": name, "grant_file": video, "submit": False}
                    for name, video in videos.items()
                }
            )
            for video in videos.values():
                sparse(video, 1)
            seconds, _ = stack.run("up", "--yes")
            say(f"{_JOBS} jobs created in {seconds:.1f} s")
        _enlarge(large, list(videos.values()))
        results = alternated(_REPEATS, large.unchanged, tiny.unchanged, say)
    ratio = statistics.median(results[0]) / statistics.median(results[1])
    yield Row(
        f"preview, {_JOBS} unchanged jobs of 1 GiB",
        spread(results[0]),
        f"{spread(results[1])} (of 1 byte)",
        f"{ratio:.2f}",
        f"{_LIMIT}",
        ratio <= _LIMIT,
    )


def _enlarge(stack: Stack, videos: list[Path]) -> None:
    cache = SourceCache(stack.cache / "fingerprints.db")
    for video in videos:
        sparse(video, _SIZE)
    sha256 = fingerprint(open_source(str(videos[0])), cache)
    for video in videos:
        cache.put(open_source(str(video)), sha256)
    before = hashlib.sha256(bytes(1)).hexdigest()
    state = stack.checkpoint.read_text()
    stack.checkpoint.write_text(state.replace(before, sha256))
