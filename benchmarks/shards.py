"""A batch of 1,000 rows made by 8 stacks that run beside each other against one service.

What counts is that each row becomes one job, and that ten rows more are ten jobs more and nothing
else. How much faster it is depends on what is the limit: here all share the processor of one
machine, which eight machines would not.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from metastudio_emulator import Emulator

from .registry import Row, Say, measurement
from .stack import Stack

_ROWS = int(os.environ.get("BENCHMARK_JOBS", "1000"))
_MORE = 10
_SHARDS = 8
_PROGRAM = """
import pulumi
from pulumi_metastudio import TrainingBatch

TrainingBatch("batch", manifest="rows.csv", shard=pulumi.Config().require("shard"))
"""


@measurement("shards")
def shards(folder: Path, say: Say) -> Iterator[Row]:
    """Made, looked at, and ten rows more."""
    with Emulator(folder / "service", transitions="manual") as emulator:
        stacks = [
            Stack(folder / "stacks", emulator, name=f"s{number}")
            for number in range(1, _SHARDS + 1)
        ]
        stacks[0].declare({})
        (stacks[0].folder / "__main__.py").write_text(_PROGRAM)
        for number, stack in enumerate(stacks, 1):
            config = f"config:\n  measured:shard: {number}/{_SHARDS}\n"
            (stack.folder / f"Pulumi.{stack.name}.yaml").write_text(config)
        _write(stacks[0], _ROWS)
        seconds = _beside(stacks)
        say(f"{_ROWS} rows by {_SHARDS} stacks in {seconds:.1f} s")
        before = _ids(emulator)
        yield _row(f"{_SHARDS} shards of {_ROWS} rows at once", seconds, before, _ROWS)

        _write(stacks[0], _ROWS + _MORE)
        emulator.control.clear_counters()
        seconds = _beside(stacks)
        after = _ids(emulator)
        done = {name for name in emulator.control.counters() if name not in ("list", "show")}
        kept = all(after[name] == ids for name, ids in before.items()) and done <= {"create"}
        row = _row(f"{_MORE} rows more", seconds, after, _ROWS + _MORE)
        new = len(after.keys() - before.keys())
        verdict = bool(row.kept) and kept and new == _MORE
        yield Row(row.what, row.ours, "", f"{new} new, others as they were: {kept}", "", verdict)


def _write(stack: Stack, count: int) -> None:
    rows = "".join(f"row {number:04},false\n" for number in range(count))
    (stack.folder / "rows.csv").write_text(f"name,submit\n{rows}")


def _beside(stacks: list[Stack]) -> float:
    started = time.perf_counter()
    with ThreadPoolExecutor(len(stacks)) as pool:
        list(pool.map(lambda stack: stack.run("up", "--yes", "--skip-preview"), stacks))
    return time.perf_counter() - started


def _ids(emulator: Emulator) -> dict[str, list[str]]:
    """The ids of the jobs by their names."""
    found: dict[str, list[str]] = {}
    for job in emulator.control.jobs():
        found.setdefault(job["fields"]["name"], []).append(job["job_id"])
    return found


def _row(what: str, seconds: float, found: dict[str, list[str]], expected: int) -> Row:
    counts = Counter(len(ids) for ids in found.values())
    twice = sum(count for jobs, count in counts.items() if jobs > 1)
    missing = expected - len(found)
    return Row(
        what,
        f"{seconds:.1f} s, {sum(map(len, found.values()))} jobs",
        "",
        f"{twice} twice, {missing} missing",
        "none",
        twice == missing == 0,
    )
