"""1,000 jobs, each operation on both engines, against 1,000 of the least that a resource can be.

An engine's own time is in both, so that the ratio is what a ``TrainingJob`` costs beyond any
dynamic resource: its many properties, its checks, its diff, its requests. Then the same with a
quarter and half as many jobs: what grows faster than their number shows there. The processor time
of all processes of a run is told besides: other work on the machine makes times rough.
The Pulumi CLI is measured when it is on PATH. ``BENCHMARK_JOBS`` is another number of jobs,
``BENCHMARK_ENGINES`` one engine of the two.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
from collections.abc import Iterator
from pathlib import Path

from metastudio_emulator import Emulator

from .registry import Row, Say, alternated, measurement, spread
from .stack import Stack, requests_since

_JOBS = int(os.environ.get("BENCHMARK_JOBS", "1000"))
_ENGINES = os.environ.get("BENCHMARK_ENGINES", "embedded pulumi").split()
_REPEATS = 3
#: What a job may cost against a trivial resource, by operation; what has no limit is told.
_LIMITS = {"preview": 1.3, "empty up": 1.3, "refresh": 1.5}
_PROVIDER_MEMORY = 150_000_000

_COMMANDS = {
    "up": ("up", "--yes", "--skip-preview"),
    "preview": ("preview", "--json"),
    "empty up": ("up", "--yes", "--skip-preview", "--expect-no-changes"),
    "refresh": ("refresh", "--yes", "--skip-preview", "--expect-no-changes"),
    "destroy": ("destroy", "--yes", "--skip-preview"),
}


@measurement("thousand")
def thousand(folder: Path, say: Say) -> Iterator[Row]:
    """Jobs without files: what a file costs is measured by ``preview``."""
    for engine in _ENGINES:
        if engine == "pulumi" and shutil.which("pulumi") is None:
            say("the Pulumi CLI is not on PATH: the embedded engine alone")
            continue
        with Emulator(folder / f"service-{engine}", transitions="manual") as emulator:
            seconds: dict[str, float] = {}
            yield from _against_trivial(folder, emulator, engine, say, seconds)
            yield from _growth(folder, emulator, engine, say, seconds)


def _against_trivial(
    folder: Path, emulator: Emulator, engine: str, say: Say, seconds: dict[str, float]
) -> Iterator[Row]:
    """Each operation on both stacks in turns; our processor time is put into ``seconds``."""
    names = [f"job{n:04}" for n in range(_JOBS)]
    jobs = Stack(folder / f"{engine}-jobs", emulator, engine)
    trivial = Stack(folder / f"{engine}-trivial", emulator, engine)
    jobs.declare(_declared(names))
    trivial.declare_trivial(names)
    provider = 0
    for operation in _COMMANDS:
        ours, theirs = _Runs(jobs, operation), _Runs(trivial, operation)
        say(f"{engine}: {operation}")
        before = jobs.checkpoint.stat().st_size if operation != "up" else 0
        once = operation in ("up", "destroy")
        results = alternated(1 if once else _REPEATS, ours, theirs, say)
        seconds[operation] = ours.processor
        (watch,) = jobs.last
        provider = max(provider, watch.peaks.get("provider", 0))
        memory = ", ".join(f"{role} {peak / 1e6:.0f}" for role, peak in watch.peaks.items())
        state = max(before, jobs.checkpoint.stat().st_size)
        ratio = statistics.median(results[0]) / statistics.median(results[1])
        limit = _LIMITS.get(operation)
        yield Row(
            f"{engine}: {operation}, {_JOBS} jobs",
            f"{spread(results[0])}, processor {ours.processor:.1f} s, {ours.requests} requests; "
            f"MB: {memory}; state {state / 1e6:.1f}, written {watch.written / 1e6:.0f}",
            f"{spread(results[1])}, processor {theirs.processor:.1f} s",
            f"{ratio:.2f} (processor {ours.processor / theirs.processor:.2f})",
            f"{limit}" if limit else "",
            ratio <= limit if limit else None,
        )
    yield Row(
        f"{engine}: memory of the provider process",
        f"{provider / 1e6:.0f} MB",
        "",
        "",
        f"{_PROVIDER_MEMORY / 1e6:.0f} MB",
        provider <= _PROVIDER_MEMORY,
    )


def _growth(
    folder: Path, emulator: Emulator, engine: str, say: Say, whole: dict[str, float]
) -> Iterator[Row]:
    """The same with a quarter and half as many jobs, and how the cost of one more grows."""
    counts = [_JOBS // 4, _JOBS // 2]
    seconds: dict[str, list[float]] = {operation: [] for operation in _COMMANDS}
    for count in counts:
        stack = Stack(folder / f"{engine}-{count}", emulator, engine)
        stack.declare(_declared([f"job{n:04}" for n in range(count)]))
        for operation in _COMMANDS:
            runs = _Runs(stack, operation)
            runs()
            seconds[operation].append(runs.processor)
        say(f"{engine}: {count} jobs")
    for operation, (few, half) in seconds.items():
        # What starts and ends a run is in all three: the differences are without it.
        growth = (whole[operation] - half) / max(half - few, 0.01) / 2
        yield Row(
            f"{engine}: {operation}, {counts[0]} / {counts[1]} / {_JOBS} jobs",
            f"processor {few:.1f} / {half:.1f} / {whole[operation]:.1f} s",
            "1 is linear, 2 quadratic",
            f"{growth:.2f}",
            "",
            None,
        )


def _declared(names: list[str]) -> dict[str, dict[str, object]]:
    return {name: {"name": name, "submit": False} for name in names}


class _Runs:
    """Runs of one operation on a stack; each call is one, and gives its seconds.

    Attributes:
        processor: the least that all processes of a run took of it, in seconds.
        requests: the most that a run asked of the service.
    """

    def __init__(self, stack: Stack, operation: str) -> None:
        self.processor = float("inf")
        self.requests = 0
        self._stack, self._command = stack, _COMMANDS[operation]

    def __call__(self) -> float:
        requests_since(self._stack.emulator)
        before = _processor()
        seconds, _ = self._stack.run(*self._command)
        self.processor = min(self.processor, _processor() - before)
        self.requests = max(self.requests, requests_since(self._stack.emulator))
        return seconds


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
