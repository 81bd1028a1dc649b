"""Which shard a job belongs to, and whether shards have each job of a manifest once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest

from pulumi_metastudio.errors import InputError
from pulumi_metastudio.manifest import Shard, shard_of
from pulumi_metastudio.manifest.coverage import faults, missing, moves, shares

NAMES = [f"job{number:04}" for number in range(1000)]


@dataclass
class Stack:
    stack: str
    shard: str | None
    jobs: dict[str, str] = field(default_factory=dict)


def cut(count: int, names: list[str] = NAMES) -> list[Stack]:
    """A stack for each shard, with all its jobs."""
    stacks = [Stack(f"prod-{number}", f"{number}/{count}") for number in range(1, count + 1)]
    for name in names:
        stacks[shard_of(name, count) - 1].jobs[name] = f"id of {name}"
    return stacks


def test_a_job_stays_in_its_shard_for_ever() -> None:
    """Other numbers would be other stacks, which make, and pay, the same jobs again."""
    found = {name: shard_of(name, 8) for name in ("anna", "ben", "安娜", "Anna, news desk", "")}
    assert found == {"anna": 8, "ben": 1, "安娜": 1, "Anna, news desk": 7, "": 5}


def test_each_job_has_one_shard_and_all_have_about_as_many() -> None:
    shards = [Shard(number, 8) for number in range(1, 9)]
    assert all(sum(shard.takes(name) for shard in shards) == 1 for name in NAMES)
    counts = Counter(shard_of(name, 8) for name in NAMES)
    assert min(counts.values()) > 95
    assert max(counts.values()) < 155
    assert {shard_of(name, 1) for name in NAMES} == {1}


def test_a_ninth_shard_moves_a_ninth_and_only_to_itself() -> None:
    moved = [name for name in NAMES if shard_of(name, 8) != shard_of(name, 9)]
    assert {shard_of(name, 9) for name in moved} == {9}
    assert 80 < len(moved) < 145


@pytest.mark.parametrize("text", ["1/1", "3/8", "1000/1000"])
def test_a_shard_is_written_as_it_is_read(text: str) -> None:
    assert str(Shard.parse(text)) == text


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("0/8", "'0/8'"),
        ("9/8", "'9/8'"),
        ("x", "'x'"),
        ("", "''"),
        ("3", "'3'"),
        (" 3/8", "' 3/8'"),
        ("3/8\n", "'3/8\\n'"),
        ("1/1001", "'1/1001'"),
        ("٣/٨", "'٣/٨'"),
        (3, "3"),
        (None, "a NoneType"),
        ("9" * 99, "'" + "9" * 39),
    ],
)
def test_what_is_no_shard_is_refused_in_one_line(given: object, shown: str) -> None:
    with pytest.raises(InputError) as raised:
        Shard.parse(given)
    assert str(raised.value) == (
        f"shard is {shown}: give which of how many, '1/8' to '8/8' for eight (at most 1000), or "
        "leave it out for the whole manifest"
    )


def test_shards_that_cover_a_manifest_have_no_fault() -> None:
    stacks = cut(8)
    assert list(faults(NAMES, 8, stacks)) == []
    assert missing(NAMES, stacks) is None
    found = shares(NAMES, 8, stacks)
    assert sum(share.rows for share in found) == sum(share.made for share in found) == 1000
    assert [share.stacks for share in found] == [(f"prod-{n}",) for n in range(1, 9)]
    # Before the first up there is nothing to be wrong.
    assert list(faults(NAMES, 8, [])) == []


def test_jobs_that_are_missing_or_no_longer_named_are_told() -> None:
    stacks = cut(2, [*NAMES[1:], "gone"])
    assert missing(NAMES, stacks) == "'job0000' is in no stack: run 'up' for their shards"
    assert list(faults(NAMES, 2, stacks)) == []
    assert sum(share.to_delete for share in shares(NAMES, 2, stacks)) == 1
    text = missing(NAMES, [])
    assert text is not None
    assert text.endswith("'job0004' and 995 more are in no stack: run 'up' for their shards")


def test_another_number_of_shards_is_told_before_anything_moves() -> None:
    lines = list(faults(NAMES, 9, cut(8)))
    assert len(lines) == 8
    moving = moves(NAMES, 9, cut(8))
    assert moving.keys() == {name for name in NAMES if shard_of(name, 9) == 9}
    name = next(iter(moving))
    old = f"prod-{shard_of(name, 8)}"
    assert moving[name] == {"job_id": f"id of {name}", "stack": old, "to": "9/9"}
    assert moves(NAMES, 8, cut(8)) == {}
    assert lines[0].startswith("stack prod-1 has share 1/8: with 9 shards ")
    moved = [int(line.split(" of its ")[0].rpartition(" ")[2]) for line in lines]
    assert sum(moved) == sum(shard_of(name, 9) == 9 for name in NAMES)


def test_a_whole_batch_beside_shards_is_every_job_twice() -> None:
    whole = Stack("prod", None, dict.fromkeys(NAMES, "id"))
    lines = list(faults(NAMES, 2, [*cut(2), whole]))
    assert len(lines) == 2
    assert lines[0].startswith("stack prod has the whole manifest: with 2 shards 1000 of its 1000")
    assert "'job0000'" in lines[1] or "and 995 more are in more than one stack" in lines[1]


def test_two_stacks_with_one_share_are_told() -> None:
    stacks = [*cut(2, NAMES[:4]), Stack("copy", "2/2")]
    assert list(faults(NAMES[:4], 2, stacks)) == [
        "stacks prod-2 and copy have the same share, 2/2: each makes the same jobs; give one "
        "stack each share"
    ]
