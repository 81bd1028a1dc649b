"""Refresh of a stack of 500 jobs, where each answer of the service takes 40 ms.

The provider's own read is measured in this process, in as many threads as the SDK's provider
process has, and the whole of ``metastudio refresh``, with the start of engine and provider. The
yardstick is what a provider has to do that reads job by job: a detail request for each, through
the same number of threads.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from metastudio_emulator import Emulator
from pulumi_metastudio.process_state import shared_context
from pulumi_metastudio.provider import TrainingJobProvider

from .registry import Row, Say, alternated, measurement, spread
from .stack import Stack, requests_since

_JOBS = 500
_DELAY = 40
_THREADS = 4
_REPEATS = 5
_REQUESTS = 12
_LIMIT = 0.1

Record = dict[str, Any]


@measurement("refresh")
def refresh(folder: Path, say: Say) -> Iterator[Row]:
    """Nothing changed; then five jobs changed and three gone."""
    with Emulator(folder / "service", transitions="manual") as emulator:
        process = _Process(emulator)
        records = process.map(process.create, [f"job{n:03}" for n in range(_JOBS)])
        say(f"{_JOBS} jobs created")
        emulator.control.add_fault("*", "delay", delay_ms=_DELAY)
        requests: list[int] = []

        def ours() -> float:
            seconds, found = process.refresh(records)
            requests.append(requests_since(emulator))
            if found != records:
                raise RuntimeError("the refresh shows changes")
            return seconds

        def by_detail() -> float:
            seconds, _ = process.details(records)
            requests_since(emulator)
            return seconds

        ours()  # connections are opened, modules loaded
        requests.clear()
        results = alternated(_REPEATS, ours, by_detail, say)
        yield _compared(f"refresh, {_JOBS} jobs as they were", results, max(requests))
        yield _changed(emulator, process, records)
    yield from _by_engine(folder, statistics.median(results[1]), say)


def _compared(what: str, results: tuple[list[float], list[float]], requests: int) -> Row:
    ratio = statistics.median(results[0]) / statistics.median(results[1])
    return Row(
        what,
        f"{spread(results[0])}, {requests} requests",
        f"{spread(results[1])} (a detail for each job)",
        f"{ratio:.3f}",
        f"{_LIMIT}, {_REQUESTS} requests",
        ratio <= _LIMIT and requests <= _REQUESTS,
    )


def _changed(emulator: Emulator, process: _Process, records: list[Record]) -> Row:
    changed, gone = _disturb(emulator, [record["job_id"] for record in records])
    seconds, found = process.refresh(records)
    requests = requests_since(emulator)
    pairs = list(zip(records, found, strict=True))
    told_gone = {old["job_id"] for old, new in pairs if not new}
    told_changed = {old["job_id"] for old, new in pairs if new and new != old}
    return Row(
        f"refresh, {len(changed)} changed and {len(gone)} gone",
        f"{seconds:.2f} s, {requests} requests",
        "",
        f"{len(told_changed)} changed, {len(told_gone)} gone told",
        "exactly those",
        (told_changed, told_gone) == (changed, gone),
    )


def _by_engine(folder: Path, details: float, say: Say) -> Iterator[Row]:
    """The same through ``metastudio refresh``; what the engine takes of it has no limit.

    As JSON, because it is not previewed first then, which would be a second refresh.
    """
    with Emulator(folder / "engine-service", transitions="manual") as emulator:
        stack = Stack(folder / "stack", emulator)
        names = [f"job{n:03}" for n in range(_JOBS)]
        stack.declare({name: {"name": name, "submit": False} for name in names})
        seconds, _ = stack.run("up", "--yes")
        say(f"{_JOBS} jobs created in {seconds:.1f} s")
        emulator.control.add_fault("*", "delay", delay_ms=_DELAY)
        requests_since(emulator)
        seconds, _ = stack.run("refresh", "--yes", "--json", "--expect-no-changes")
        requests = requests_since(emulator)
        yield Row(
            f"metastudio refresh, {_JOBS} jobs as they were",
            f"{seconds:.2f} s, {requests} requests",
            f"{details:.2f} s (the details alone)",
            f"{seconds / details:.2f}",
            f"{_REQUESTS} requests",
            requests <= _REQUESTS,
        )
        before = _recorded(stack)
        changed, gone = _disturb(emulator, sorted(before))
        seconds, _ = stack.run("refresh", "--yes", "--json")
        after = _recorded(stack)
        told_gone = before.keys() - after.keys()
        told_changed = {job_id for job_id in after if after[job_id] != before[job_id]}
        yield Row(
            f"metastudio refresh, {len(changed)} changed and {len(gone)} gone",
            f"{seconds:.2f} s, {requests_since(emulator)} requests",
            "",
            f"{len(told_changed)} changed, {len(told_gone)} gone told",
            "exactly those",
            (told_changed, told_gone) == (changed, gone),
        )


def _disturb(emulator: Emulator, job_ids: list[str]) -> tuple[set[str], set[str]]:
    """Change five jobs and remove three behind the stack's back, from all over the list."""
    changed, gone = job_ids[30::100], job_ids[70:400:110]
    for number, job_id in enumerate(changed):
        if number % 2:
            emulator.control.set_fields(job_id, name="renamed by hand")
        else:
            emulator.control.set_state(job_id, "TRAINING")
    for job_id in gone:
        emulator.control.delete_job(job_id)
    requests_since(emulator)
    return set(changed), set(gone)


def _recorded(stack: Stack) -> dict[str, tuple[Any, ...]]:
    """What a change shows in, by job; each write of a state encrypts its secrets anew."""
    resources = json.loads(stack.checkpoint.read_text())["checkpoint"]["latest"]["resources"]
    outputs = [resource.get("outputs") or {} for resource in resources]
    return {told["job_id"]: (told["name"], told["state"]) for told in outputs if "job_id" in told}


class _Process:
    """What runs in a provider process: the provider, called from several threads."""

    def __init__(self, emulator: Emulator):
        self.config = {
            "metastudio:endpoint": emulator.endpoint,
            "metastudio:accessKey": emulator.access_key,
            "metastudio:secretKey": emulator.secret_key,
            "metastudio:projectId": emulator.project_id,
            "metastudio:readsPerSecond": "1000",
            "metastudio:writesPerSecond": "1000",
        }
        self._provider = TrainingJobProvider()
        self._provider.configure(self)  # type: ignore[arg-type]  # a request has its config only

    def map(self, call: Callable[[Any], Any], values: list[Any]) -> list[Any]:
        with ThreadPoolExecutor(_THREADS) as pool:
            return list(pool.map(call, values))

    def create(self, name: str) -> Record:
        return self._provider.create({"name": name, "submit": False}).outs or {}

    def refresh(self, records: list[Record]) -> tuple[float, list[Record]]:
        """Seconds, and what each read found."""

        def read(record: Record) -> Record:
            return self._provider.read(record["job_id"], record).outs or {}

        started = time.perf_counter()
        found = self.map(read, records)
        return time.perf_counter() - started, found

    def details(self, records: list[Record]) -> tuple[float, list[Any]]:
        """The same by one request for each job."""
        client = shared_context(self.config).client
        job_ids = [record["job_id"] for record in records]
        started = time.perf_counter()
        found = self.map(client.show_job, job_ids)
        return time.perf_counter() - started, found
