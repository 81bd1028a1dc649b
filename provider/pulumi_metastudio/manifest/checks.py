"""What the check of each job would refuse, for all jobs, before any of them is registered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..lifecycle import Look, Problem, normalised, problems
from .messages import without_numbers

#: Jobs that are looked at together: most of the time goes into waiting for files and servers.
_AT_ONCE = 8
#: Jobs with the same fault that are named one by one.
_NAMED = 5


def refusals(jobs: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    """Each fault, after the jobs that have it.

    Files are opened, and URLs asked for: into what stands behind a URL the check of its job looks,
    which knows whether it is as it was.

    Args:
        jobs: what to call each job to people, and all its inputs.
    """
    labels, inputs = zip(*jobs, strict=True)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(_problems, inputs))
    places: dict[str, list[str]] = {}
    for label, faults in zip(labels, found, strict=True):
        for problem in faults:
            text = without_numbers(f"{problem.property} {problem.reason}")
            places.setdefault(text, []).append(label)
    for text, where in places.items():
        more = f" and {len(where) - _NAMED} more" if len(where) > _NAMED else ""
        yield f"{', '.join(where[:_NAMED])}{more}: {text}"


def _problems(inputs: dict[str, Any]) -> list[Problem]:
    return problems(normalised(inputs), Look(far=False))
