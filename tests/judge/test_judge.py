"""The embedded engine against what the CLI did; the long runs are a command of their own, see
judge.py."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from .compare import account, compact, differences, disorder
from .judge import RECORDED, compared, judge, recorded_file, walk
from .meant import MEANT
from .operate import Outcome, cli_version
from .sequences import sequence

ROOT = Path(__file__).parents[2]
SEEDS = range(1, 21)
AGAIN = f"python -m tests.judge.judge --record --seeds {len(SEEDS)}"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_embedded_engine_does_what_the_cli_did(tmp_path: Path, seed: int) -> None:
    story = sequence(seed)
    recorded = json.loads(recorded_file(seed).read_text())
    assert recorded["program"] == story.fingerprint(), (
        f"the programs of seed {seed} are not those that were recorded: record again, by {AGAIN}"
    )
    report = walk(story, "embedded", tmp_path / "embedded", cross=False)
    accounts = [json.loads(json.dumps(compact(each))) for each in report.accounts]
    findings = [*report.findings, *compared(story, "embedded", accounts, recorded["turns"])]
    assert not findings, "\n".join(map(str, findings))


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_both_engines_do_the_same(tmp_path: Path, seed: int) -> None:
    if cli_version() is None:
        pytest.skip("the Pulumi CLI is not on PATH")
    findings = judge(seed, tmp_path)
    assert not findings, "\n".join(map(str, findings))


def test_what_is_recorded_is_small_and_whole() -> None:
    files = sorted(RECORDED.glob("*.json"))
    assert files == [recorded_file(seed) for seed in SEEDS]
    assert sum(file.stat().st_size for file in files) < 300_000
    assert len({json.loads(file.read_text())["cli"] for file in files}) == 1


def test_the_recorded_sequences_have_some_of_everything() -> None:
    stories = [sequence(seed) for seed in SEEDS]
    turns = [turn for story in stories for turn in story.turns]
    assert len({story.manner for story in stories}) == 3
    assert {turn.operation for turn in turns} == {"up", "preview", "refresh", "destroy"}
    assert any(turn.kills for turn in turns)
    assert any(turn.refresh for turn in turns)
    assert any(turn.meddling for turn in turns)
    calls = {call.split()[0] for turn in turns for call in turn.plan}
    assert {"create", "update", "delete", "read", "refuse"} <= calls
    used = set(re.findall(r"(?:Opts\(|, )(\w+)=", "".join(turn.program for turn in turns)))
    supported = _section("What it supports").partition("- Options:")[2].partition("\n- ")[0]
    assert set(re.findall(r"`(\w+)`", supported)) - used == set()


def test_the_same_seed_makes_the_same_sequence() -> None:
    assert sequence(7).fingerprint() == sequence(7).fingerprint() != sequence(8).fingerprint()


def test_what_is_meant_to_differ_is_documented() -> None:
    assert len(MEANT) <= 10
    section = _section("Differences that are meant")
    assert [each.name for each in MEANT if f"`{each.name}`" not in section] == []


def test_differences_are_found_and_named() -> None:
    left = {"code": 0, "state": {"a": {"id": "1"}, "b": {}}, "calls": {"a": ["create x"]}}
    right = {"code": 1, "state": {"a": {"id": "2"}}, "calls": {"a": ["create x"]}}
    assert list(differences(left, right)) == [
        ("code", 0, 1),
        ("state/a/id", "1", "2"),
        ("state/b", {}, None),
    ]


def test_a_deletion_that_comes_too_early_is_noticed() -> None:
    urn = "urn:pulumi:dev::proj::pulumi-python:dynamic/judge:Thing::{}"
    resources = [
        {"urn": urn.format(key), "custom": True, "inputs": {"key": key}, "dependencies": needs}
        for key, needs in (("a", []), ("b", [urn.format("a")]))
    ]
    full, empty = ({"checkpoint": {"latest": {"resources": each}}} for each in (resources, []))
    moments = [["begin", "delete", "a", {}], ["begin", "delete", "b", {}]]
    moments += [["end", "delete", "b", {}], ["end", "delete", "a", {}]]
    wrong = disorder(full, Outcome(0, "", moments, empty))
    assert wrong == ["delete a began before delete b ended"]
    assert disorder(full, Outcome(0, "", [*moments[1:3], moments[0], moments[3]], empty)) == []


def test_things_of_one_key_are_looked_at_in_any_order() -> None:
    empty: dict[str, Any] = {"checkpoint": {"latest": {}}}
    first, second = (
        [["begin", call, "a", {"id": id_}] for call in ("read", "diff")] for id_ in ("a-1", "a-2")
    )
    update: list[Any] = ["begin", "update", "a", {"id": "a-2"}]
    one, two, other = (
        account(Outcome(0, "", calls, empty))
        for calls in (
            [*first, *second, update],
            [second[0], first[0], second[1], first[1], update],
            [update, *first, *second],
        )
    )
    assert one == two != other


def test_a_digest_of_what_a_call_was_given_is_recorded() -> None:
    calls = [["begin", "create", "a", {"props": {"size": size}}] for size in (1, 2)]
    empty: dict[str, Any] = {"checkpoint": {"latest": {}}}
    one, two = (compact(account(Outcome(0, "", [call], empty))) for call in calls)
    assert one["calls"]["a"].startswith("create:")
    assert one != two


def _section(title: str) -> str:
    text = (ROOT / "docs" / "embedded-engine.md").read_text()
    return text.partition(f"## {title}\n")[2].partition("\n## ")[0]
