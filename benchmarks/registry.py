"""What a measurement is, and the list of them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["MEASUREMENTS", "Row", "Say", "alternated", "measurement", "spread"]

Say = Callable[[str], None]
Measure = Callable[[Path, Say], Iterable["Row"]]

#: By name, in the order in which they run.
MEASUREMENTS: dict[str, Measure] = {}


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: what was measured.
        ours: this project's result.
        yardstick: the public thing's result, in the same run.
        ratio: how they compare, as text.
        limit: what the ratio must keep.
        kept: whether it does; None for a line that only explains another.
    """

    what: str
    ours: str
    yardstick: str
    ratio: str
    limit: str
    kept: bool | None


def measurement(name: str) -> Callable[[Measure], Measure]:
    """Put a function on the list; it gets a folder of its own, and a way to say how far it is."""

    def put(measure: Measure) -> Measure:
        MEASUREMENTS[name] = measure
        return measure

    return put


def alternated(
    repeats: int, ours: Callable[[], float], theirs: Callable[[], float], say: Say
) -> tuple[list[float], list[float]]:
    """Results of both, taken in turns, so that a busy moment of the machine hits both alike."""
    results: tuple[list[float], list[float]] = ([], [])
    for number in range(1, repeats + 1):
        for measure, into in ((theirs, results[1]), (ours, results[0])):
            into.append(measure())
        say(f"{number}/{repeats}: ours {results[0][-1]:.2f} s, yardstick {results[1][-1]:.2f} s")
    return results


def spread(results: list[float]) -> str:
    """The least and the median, in seconds."""
    return f"{min(results):.2f} / {statistics.median(results):.2f} s"
