"""A judge of two engines: random programs, random operations, and the same outcome.

    python -m tests.judge.judge --runs 300 --seed 1 [--jobs 2]
    python -m tests.judge.judge --record --seeds 20

Each run is a sequence of three or four operations on one stack, with edits of the program, things
changed in the service, refusals and kills in between. It is run by the Pulumi CLI alone, by the
embedded engine alone, and by both in turn on one state; the CLI's outcome is what is right:
exit code, calls of the provider with their order, state, outputs, summary, preview. After a last
``up`` that succeeded, the other engine's preview must find nothing to do.

Every line that is printed names a difference, and the command that shows it again. Differences
that are meant are listed in ``meant.py``. ``--record`` writes what the CLI does of the first seeds
into ``recorded/``, which the suite holds the embedded engine to where there is no CLI.
"""

from __future__ import annotations

import argparse
import collections
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .compare import account, compact, differences, disorder
from .meant import is_meant
from .operate import ENGINES, Workspace, cli_version
from .sequences import Sequence, sequence

RECORDED = Path(__file__).parent / "recorded"
WAYS = ("pulumi", "embedded", "alternating")
_SHOWN = 200  # characters of a value
_LISTED = 5  # differences of one turn; more of them are seldom more than consequences


@dataclass(frozen=True)
class Finding:
    """One difference."""

    seed: int
    turn: str
    way: str
    what: str

    def __str__(self) -> str:
        again = f"python -m tests.judge.judge --runs 1 --seed {self.seed}"
        return f"seed {self.seed}, {self.turn}, {self.way}: {self.what}; again: {again}"


@dataclass(frozen=True)
class Report:
    """What a way through a sequence came to: an account for each turn, and what is wrong by
    itself."""

    accounts: list[dict[str, Any]]
    findings: list[Finding]


def engine_of(way: str, turn: int, seed: int) -> str:
    """Which engine takes a turn."""
    return way if way in ENGINES else ENGINES[(turn + seed) % 2]


def walk(story: Sequence, way: str, folder: Path, *, cross: bool) -> Report:
    """Take all turns of a sequence.

    Args:
        folder: an empty one; engines keep what they look up beside it.
        cross: let the other engine preview what the last turn made.
    """
    workspace = Workspace(folder, story.parallel)
    accounts, findings = [], []
    before = workspace.checkpoint()
    for number, turn in enumerate(story.turns):
        engine = engine_of(way, number, story.seed)
        outcome = workspace.take(turn, engine)
        accounts.append(account(outcome))
        title = f"turn {number + 1} {turn}"
        wrong = disorder(before, outcome)
        before = outcome.checkpoint
        if cross and turn is story.turns[-1] and turn.operation == "up" and outcome.code == 0:
            other = next(each for each in ENGINES if each != engine)
            changes = workspace.changes(turn, other)
            # A NaN differs from itself: a program with one may settle on neither engine.
            if changes and not workspace.changes(turn, engine):
                wrong.append(f"the preview of {other} has changes: {changes}")
        findings += [Finding(story.seed, title, way, each) for each in wrong]
    return Report(accounts, findings)


def compared(
    story: Sequence, way: str, accounts: Iterable[dict[str, Any]], right: Iterable[dict[str, Any]]
) -> list[Finding]:
    """How accounts differ from those of the CLI. Only the first turn that differs tells
    something: the others go on from there."""
    for number, (turn, left, reference) in enumerate(
        zip(story.turns, accounts, right, strict=True)
    ):
        found = [
            Finding(
                story.seed,
                f"turn {number + 1} {turn}",
                way,
                f"{path} is {_shown(ours)}, of the CLI {_shown(theirs)}",
            )
            for path, ours, theirs in differences(left, reference)
            if not path.startswith("form/")
            and not is_meant(turn, engine_of(way, number, story.seed), path, ours, theirs)
        ]
        if found:
            return found[:_LISTED]
    return []


def judge(seed: int, folder: Path) -> list[Finding]:
    """All three ways of a seed."""
    story = sequence(seed)
    reports = {
        way: walk(story, way, folder / f"{seed}-{way}", cross=way == "embedded") for way in WAYS
    }
    findings = [each for report in reports.values() for each in report.findings]
    for way in WAYS[1:]:
        findings += compared(story, way, reports[way].accounts, reports["pulumi"].accounts)
    return findings


def recorded_file(seed: int) -> Path:
    """Where the results of a seed are recorded."""
    return RECORDED / f"{seed:03}.json"


def record(seed: int, folder: Path) -> None:
    """Write down what the CLI does of a seed."""
    story = sequence(seed)
    report = walk(story, "pulumi", folder / f"{seed}-record", cross=False)
    if report.findings:
        raise SystemExit("\n".join(map(str, report.findings)))
    result = {
        "cli": cli_version(),
        "program": story.fingerprint(),
        "turns": [compact(each) for each in report.accounts],
    }
    text = json.dumps(result, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    recorded_file(seed).write_text(f"{text}\n")


def _shown(value: Any) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _judged(seed: int, folder: Path) -> list[Finding]:
    try:
        return judge(seed, folder)
    except Exception as error:  # noqa: BLE001 (one seed must not end the others)
        return [Finding(seed, "all turns", "the judge", f"{type(error).__name__}: {error}")]


def _all(seeds: range, folder: Path, jobs: int) -> Iterator[list[Finding]]:
    if jobs == 1:
        yield from (_judged(seed, folder) for seed in seeds)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(_judged, seeds, [folder] * len(seeds))


def main() -> int:
    """Judge or record; 1 when there were differences that are not meant."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1, help="of the first run")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    parser.add_argument("--record", action="store_true", help="record what the CLI does")
    parser.add_argument("--seeds", type=int, default=20, help="how many are recorded")
    parser.add_argument("--keep", type=Path, help="a folder to leave projects and states in")
    options = parser.parse_args()
    if cli_version() is None:
        parser.error("the Pulumi CLI is not on PATH")
    with tempfile.TemporaryDirectory(prefix="judge-") as temporary:
        folder = options.keep or Path(temporary)
        if options.record:
            recorded = range(1, options.seeds + 1)
            with ProcessPoolExecutor(options.jobs) as pool:
                list(pool.map(record, recorded, [folder] * len(recorded)))
            return 0
        counts = collections.Counter({"runs": 0, "differing": 0, "differences": 0})
        seeds = range(options.seed, options.seed + options.runs)
        for findings in _all(seeds, folder, options.jobs):
            counts.update(runs=1, differing=bool(findings), differences=len(findings))
            for finding in findings:
                print(finding, flush=True)
    for name, count in counts.items():
        print(f"{name:>12}  {count}")
    print("clean" if not counts["differences"] else "NOT CLEAN")
    return int(counts["differences"] > 0)


if __name__ == "__main__":
    sys.exit(main())
