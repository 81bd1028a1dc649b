"""``up`` of 100 jobs with five small files each, against a service with rate limits.

The yardstick is the least time that the limits allow for the calls that were made: of the
operation that takes longest, its calls, divided by its limit. It counts from the first call,
as the engine's start asks the service for nothing. Whoever makes fewer calls has a smaller
yardstick, so the calls are printed, too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from metastudio_emulator import Control, Emulator
from metastudio_emulator.samples import make_samples
from metastudio_emulator.settings import Limits

from .registry import Row, Say, measurement
from .stack import Stack

__all__ = ["limits"]

_JOBS = 100
_FILES = ("training_video", "cover", "id_card_image1", "id_card_image2", "grant_file")
_LEARNED = {
    "METASTUDIO_REGION": "cn-north-4",
    "METASTUDIO_READS_PER_SECOND": "",
    "METASTUDIO_WRITES_PER_SECOND": "",
}
#: Seconds between two looks at how far the service is.
_LOOK = 0.2


@measurement("limits")
def limits(folder: Path, say: Say) -> Iterator[Row]:
    """The neighbours' limits, much lower ones, and limits that fall in the middle."""
    material = make_samples(folder / "material")
    yield _measured(folder / "known", material, "writes=5,reads=20", 1.15, say)
    yield _measured(folder / "low", material, "writes=1,reads=5", 1.3, say)
    yield _measured(
        folder / "falling", material, "writes=5,reads=20", None, say, "writes=1.25,reads=5"
    )


def _measured(
    folder: Path,
    material: Mapping[str, Path],
    limited: str,
    most: float | None,
    say: Say,
    later: str | None = None,
) -> Row:
    """One ``up``; ``later`` are the limits from the fiftieth job on."""
    with Emulator(folder / "service", transitions="manual", limits=limited) as emulator:
        stack = Stack(folder / "stack", emulator, environment=_LEARNED)
        files = {name: str(material[name]) for name in _FILES}
        stack.declare({f"job{n:03}": {"name": f"job {n}", **files} for n in range(_JOBS)})
        watch = _Watch(emulator.control, later)
        watch.start()
        stack.run("up", "--yes", "--skip-preview")
        watch.end()
        states = [job["state"] for job in emulator.control.jobs()]
        counters = _calls(emulator.control)
        seconds = watch.seconds
        least, bound = _least(counters, Limits.parse(limited).by_operation)
        if later:
            halves = [
                _least(part, Limits.parse(text).by_operation)[0]
                for part, text in (
                    (watch.before, limited),
                    (_less(counters, watch.before), later),
                )
            ]
            least = sum(halves)
    refused = sum(refused for _, refused in counters.values())
    calls = ", ".join(f"{name} {taken}" for name, (taken, _) in sorted(counters.items()))
    whole = states == ["AUTO_VERIFYING"] * _JOBS
    say(f"{limited}: {seconds:.1f} s; {calls}; refused {refused}")
    ratio = seconds / least
    what = f"up, {_JOBS} jobs, {limited}" + (f", then {later}" if later else "")
    return Row(
        what,
        f"{seconds:.1f} s, {refused} refused, {states.count('AUTO_VERIFYING')} submitted",
        f"{least:.1f} s ({bound}: {counters[bound][0]} calls)",
        f"{ratio:.2f}",
        f"{most or 'none fails'}",
        whole and (most is None or ratio <= most),
    )


Calls = Mapping[str, tuple[int, int]]


def _calls(control: Control) -> Calls:
    """Calls taken and refused, by operation that can be limited."""
    return {
        name: (sum(answers.values()) - answers.get("429", 0), answers.get("429", 0))
        for name, answers in control.counters().items()
        if name in Limits.parse("writes=1,reads=1").by_operation
    }


def _less(calls: Calls, before: Calls) -> Calls:
    return {name: (taken - before.get(name, (0, 0))[0], 0) for name, (taken, _) in calls.items()}


def _least(calls: Calls, limits: Mapping[str, float]) -> tuple[float, str]:
    """Seconds that the calls take at these limits, and of which operation."""
    return max((taken / limits[name], name) for name, (taken, _) in calls.items())


class _Watch(threading.Thread):
    """Looks at the service while it is worked with, and lowers its limits in the middle.

    Attributes:
        seconds: from the first call to the end.
        before: the calls before the limits were lowered.
    """

    def __init__(self, control: Control, later: str | None) -> None:
        super().__init__(daemon=True)
        self._control = control
        self._later = later
        self._ended = threading.Event()
        self._begun = 0.0
        self.seconds = 0.0
        self.before: Calls = {}

    def run(self) -> None:
        """Look again and again until ``end``."""
        while not self._ended.wait(_LOOK):
            calls = _calls(self._control)
            self._begun = self._begun or (time.perf_counter() if calls else 0.0)
            if self._later and calls.get("create", (0, 0))[0] >= _JOBS // 2:
                self._control.set_limits(self._later)
                self._later, self.before = None, calls

    def end(self) -> None:
        """Everything is done."""
        self.seconds = time.perf_counter() - self._begun
        self._ended.set()
        self.join()
