"""``up`` of 1,000 trivial dynamic resources by the embedded engine, against the Pulumi CLI."""

from __future__ import annotations

import itertools
import shutil
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path

from metastudio_emulator import Emulator

from .registry import Row, Say, alternated, measurement, spread
from .stack import Stack

_RESOURCES = 1000
_REPEATS = 2
_LIMIT = 0.25


@measurement("engines")
def engines(folder: Path, say: Say) -> Iterator[Row]:
    """Each run makes a stack of its own, from nothing."""
    if shutil.which("pulumi") is None:
        say("skipped: the Pulumi CLI is not on PATH")
        return
    names = [f"thing{n:04}" for n in range(_RESOURCES)]
    with Emulator(folder / "service") as emulator:

        def up(engine: str) -> Callable[[], float]:
            numbers = itertools.count()

            def run() -> float:
                stack = Stack(folder / f"{engine}{next(numbers)}", emulator, engine)
                stack.declare_trivial(names)
                return stack.run("up", "--yes")[0]

            return run

        results = alternated(_REPEATS, up("embedded"), up("pulumi"), say)
    ratio = statistics.median(results[0]) / statistics.median(results[1])
    yield Row(
        f"up, {_RESOURCES} trivial dynamic resources",
        spread(results[0]),
        f"{spread(results[1])} (the Pulumi CLI)",
        f"{ratio:.2f}",
        f"{_LIMIT}",
        ratio <= _LIMIT,
    )
