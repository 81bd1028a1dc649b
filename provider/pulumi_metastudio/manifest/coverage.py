"""Whether the shards of a manifest have each of its jobs exactly once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from ..errors import InputError
from .messages import shown
from .shards import Shard, shard_of

#: Jobs that a message names one by one.
_NAMED = 5


class Made(Protocol):
    """What a stack has of a batch: its shard as it was given, and job ids by resource names."""

    @property
    def stack(self) -> str: ...
    @property
    def shard(self) -> str | None: ...
    @property
    def jobs(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Share:
    """One shard.

    Attributes:
        shard: such as ``3/8``.
        stacks: the stacks that say they have it.
        rows: how many jobs of the manifest belong to it.
        made: how many of them its stacks have.
        to_delete: how many jobs its stacks have that the manifest no longer names.
    """

    shard: str
    stacks: tuple[str, ...]
    rows: int
    made: int
    to_delete: int


def shares(resources: Collection[str], count: int, stacks: Iterable[Made]) -> list[Share]:
    """Each shard of a manifest and what is made of it.

    Args:
        resources: the names of the manifest's resources.
    """
    of_shard: dict[str, list[Made]] = {}
    for stack in stacks:
        of_shard.setdefault(stack.shard or "", []).append(stack)
    rows: dict[int, set[str]] = {number: set() for number in range(1, count + 1)}
    for resource in resources:
        rows[shard_of(resource, count)].add(resource)
    named = set(resources)
    found = []
    for number, mine in rows.items():
        shard = str(Shard(number, count))
        of = of_shard.get(shard, [])
        made = {resource for stack in of for resource in stack.jobs}
        names = tuple(stack.stack for stack in of)
        found.append(Share(shard, names, len(mine), len(mine & made), len(made - named)))
    return found


def faults(resources: Collection[str], count: int, stacks: Collection[Made]) -> Iterator[str]:
    """What would make a job twice, or again in another stack; one line each."""
    yield from _cut_otherwise(resources, count, stacks)
    having: dict[str, list[Made]] = {}
    for stack in stacks:
        for resource in stack.jobs:
            having.setdefault(resource, []).append(stack)
    twice = [resource for resource, of in having.items() if len(of) > 1]
    if twice:
        where = ", ".join(sorted({stack.stack for name in twice for stack in having[name]}))
        yield (
            f"{_named(twice)} in more than one stack ({where}): each is trained and billed for "
            "every one of them; take it out of the wrong stack"
        )
    shards: dict[str, list[str]] = {}
    for stack in stacks:
        shards.setdefault(stack.shard or "", []).append(stack.stack)
    for shard, names in shards.items():
        if len(names) > 1:
            yield (
                f"stacks {' and '.join(names)} have the same share, {shard or 'all'}: each makes "
                "the same jobs; give one stack each share"
            )


def moves(
    resources: Collection[str], count: int, stacks: Iterable[Made]
) -> dict[str, dict[str, str]]:
    """The jobs that would change stacks: their ids, where they are, and whose they would be."""
    found = {}
    for stack in stacks:
        has = _parsed(stack.shard)
        for resource, job_id in stack.jobs.items():
            number = shard_of(resource, count)
            if resource in resources and (has is None or has.number != number):
                to = str(Shard(number, count))
                found[resource] = {"job_id": job_id, "stack": stack.stack, "to": to}
    return found


def missing(resources: Iterable[str], stacks: Iterable[Made]) -> str | None:
    """The jobs that no stack has, as one line; None when there are none."""
    made = {resource for stack in stacks for resource in stack.jobs}
    absent = [resource for resource in resources if resource not in made]
    return f"{_named(absent)} in no stack: run 'up' for their shards" if absent else None


def _cut_otherwise(resources: Collection[str], count: int, stacks: Iterable[Made]) -> Iterator[str]:
    """Stacks whose jobs would belong to another one."""
    for stack in stacks:
        mine = [resource for resource in stack.jobs if resource in resources]
        has = _parsed(stack.shard)
        number = has.number if has else None
        leaving = [resource for resource in mine if shard_of(resource, count) != number]
        if has and has.count == count and not leaving:
            continue
        what = f"share {stack.shard}" if stack.shard else "the whole manifest"
        yield (
            f"stack {stack.stack} has {what}: with {count} shards {len(leaving)} of its "
            f"{len(mine)} jobs belong to another stack, where they would be trained, and billed, "
            "again; keep the number of shards (docs/scale.md)"
        )


def _parsed(shard: str | None) -> Shard | None:
    try:
        return Shard.parse(shard)
    except InputError:
        return None


def _named(resources: list[str]) -> str:
    more = f" and {len(resources) - _NAMED} more" if len(resources) > _NAMED else ""
    verb = "is" if len(resources) == 1 else "are"
    return f"{', '.join(map(shown, resources[:_NAMED]))}{more} {verb}"
