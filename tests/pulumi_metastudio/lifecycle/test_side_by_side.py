"""Files of one job beside each other, and jobs beside each other under the service's limits."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from metastudio_emulator import Emulator
from pulumi_metastudio.lifecycle import Context, Outcome, create, update
from pulumi_metastudio.transfer import Silent

from .job_checks import ID_FILES, PART, URN, assert_settled, stored

Check = Callable[..., dict[str, Any]]
ContextFor = Callable[..., Context]
Files = dict[str, str]


class Meeting(Silent):
    """Lets no file go on before all of them have begun."""

    def __init__(self) -> None:
        self._begun = threading.Barrier(len(ID_FILES))
        self._expected = {f"uploading {name}" for name in ID_FILES}

    def status(self, text: str) -> None:
        if text in self._expected:
            self._expected.remove(text)
            self._begun.wait(timeout=60)


def test_files_go_up_beside_each_other(
    service: Emulator, context: Context, inputs: dict[str, Any]
) -> None:
    outcome = create(replace(context, reporter=Meeting()), inputs)
    assert_settled(outcome, inputs)
    assert stored(service, outcome.job_id) == inputs["__fingerprints"]


def test_whatever_fails_is_left_and_nothing_else(
    service: Emulator, context: Context, files: Files, checked: Check
) -> None:
    """Two files are refused, one had its answer lost; all others arrive."""
    service.control.add_fault("upload cover", "status", status=400, times=1)
    service.control.add_fault("upload audio", "status", status=400, times=1)
    service.control.add_fault("upload grant_file", "reset", after=True, times=1)
    names = (*ID_FILES, "cover", "audio")
    declared = checked(name="n", __urn=URN, **{name: files[name] for name in names})
    outcome = create(context, declared)
    assert outcome.outputs["pending"] == [
        *("upload audio", "upload cover", "confirm training_video", "confirm grant_file", "submit")
    ]
    assert set(outcome.outputs["__upload_urls"]) == {"audio", "cover"}
    assert set(outcome.outputs["__sent"]) == {"training_video", "grant_file"}
    identity = context.identity(declared)
    assert identity
    entry = context.journal.load(identity, context.client.project_id)
    assert entry
    assert list(entry.progress.pending) == outcome.outputs["pending"]
    assert set(entry.progress.sent) == set(ID_FILES)
    service.control.clear_counters()

    outcome = update(context, outcome.job_id, outcome.outputs, declared)
    assert_settled(outcome, declared)
    assert stored(service, outcome.job_id) == declared["__fingerprints"]
    assert service.control.counters()["upload"] == {"200": 2}


def test_no_job_fails_under_limits(
    start: Callable[..., Emulator], context_for: ContextFor, tmp_path: Path, checked: Check
) -> None:
    """Five jobs in four threads, and limits that fall to a quarter when one is there."""
    draw = random.Random(14)
    service = start(limits="writes=24,reads=40")
    context = context_for(service, part_size=PART, reads_per_second=60, writes_per_second=40)
    fallen = threading.Event()

    def job(number: int) -> dict[str, Any]:
        files = {}
        for name in ID_FILES:
            path = tmp_path / f"{name}-{number}.bin"
            path.write_bytes(draw.randbytes(draw.randint(1, 3000)))
            files[name] = str(path)
        return checked(name=f"job {number}", **files)

    def make(declared: dict[str, Any]) -> Outcome:
        outcome = create(context, declared)
        if not fallen.is_set():
            fallen.set()
            service.control.set_limits("writes=6,reads=10")
        return outcome

    jobs = [job(number) for number in range(5)]
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(make, jobs))
    for outcome, declared in zip(outcomes, jobs, strict=True):
        assert_settled(outcome, declared)
        assert stored(service, outcome.job_id) == declared["__fingerprints"]
    counters = service.control.counters()
    assert counters["SUBMITVERIFYING"]["200"] == 5
    assert "429" in counters["command"]
