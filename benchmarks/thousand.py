"""A preview of 1,000 unchanged jobs, against 1,000 of the least that a dynamic resource can be.

Both run on the embedded engine, which is given one text for each resource, so that the ratio is
what a ``TrainingJob`` costs beyond any dynamic resource: its many properties, its checks, its diff.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

from metastudio_emulator import Emulator

from .registry import Row, Say, alternated, measurement, spread
from .stack import Stack

_JOBS = 1000
_REPEATS = 3
_LIMIT = 1.5


@measurement("thousand")
def thousand(folder: Path, say: Say) -> Iterator[Row]:
    """Jobs without files: what a file costs is measured by ``preview``."""
    names = [f"job{n:04}" for n in range(_JOBS)]
    with Emulator(folder / "service", transitions="manual") as emulator:
        jobs, trivial = Stack(folder / "jobs", emulator), Stack(folder / "trivial", emulator)
        jobs.declare({name: {"name": name, "submit": False} for name in names})
        trivial.declare_trivial(names)
        for stack in (jobs, trivial):
            seconds, _ = stack.run("up", "--yes")
            say(f"{_JOBS} resources created in {seconds:.1f} s")
        results = alternated(_REPEATS, jobs.unchanged, trivial.unchanged, say)
    ratio = statistics.median(results[0]) / statistics.median(results[1])
    yield Row(
        f"preview, {_JOBS} unchanged jobs",
        spread(results[0]),
        f"{spread(results[1])} (trivial dynamic resources)",
        f"{ratio:.2f}",
        f"{_LIMIT}",
        ratio <= _LIMIT,
    )
