"""What ``import pulumi_metastudio`` costs a program that uses Pulumi anyway."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from .registry import Row, Say, alternated, measurement, spread

_REPEATS = 15
_LIMIT = 0.15
_USUAL = "import pulumi, requests, pydantic"


@measurement("imports")
def imports(_: Path, say: Say) -> Iterator[Row]:
    """Fresh interpreters; the difference of the medians."""

    def run(code: str) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - started

    ours = f"{_USUAL}, pulumi_metastudio"
    run(ours)  # the first one compiles
    results = alternated(_REPEATS, lambda: run(ours), lambda: run(_USUAL), say)
    more = statistics.median(results[0]) - statistics.median(results[1])
    yield Row(
        "import pulumi_metastudio",
        spread(results[0]),
        f"{spread(results[1])} ({_USUAL})",
        f"{more:+.3f} s",
        f"+{_LIMIT} s",
        more <= _LIMIT,
    )
