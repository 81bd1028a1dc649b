"""What a change of a resource's inputs means: where they differ, and whether it is replaced."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ..errors import EngineError
from .property_paths import PropertyPath, contains, parse_path
from .values import Properties, Value, equal, reveal

_REPLACES = "-replace"


@dataclass(frozen=True)
class Diff:
    """What a provider says about a change.

    Attributes:
        replace_keys: the properties that cannot be changed in place.
        detailed: where the inputs differ, and how: ``add``, ``delete`` or ``update``, followed by
            ``-replace`` where the program wants a replacement. Known only where the provider
            left the comparison to the engine.
        delete_before_replace: the old resource must be gone before a new one is made.
    """

    changes: bool
    replace_keys: tuple[str, ...] = ()
    detailed: Mapping[tuple[str | int, ...], str] | None = None
    delete_before_replace: bool = False

    @property
    def changed_keys(self) -> list[str]:
        """The properties that differ, where that is known."""
        return sorted({str(path[0]) for path in self.detailed or ()})

    @property
    def replaces(self) -> bool:
        """Whether the resource has to be replaced."""
        kinds = (self.detailed or {}).values()
        return bool(self.replace_keys) or any(kind.endswith(_REPLACES) for kind in kinds)


def compare(old: Properties, new: Properties) -> Diff:
    """The engine's own comparison of inputs; whether they are secret makes no difference."""
    detailed = dict(_differences((), reveal(old), reveal(new)))
    return Diff(bool(detailed), detailed=detailed)


def with_replace_on_changes(diff: Diff, texts: list[str]) -> Diff:
    """Turn changes at the named paths into reasons to replace."""
    if not diff.changes or not texts:
        return diff
    try:
        wanted = [parse_path(text) for text in texts]
    except ValueError as error:
        raise EngineError(f"replace_on_changes: {error}") from error

    def named(path: PropertyPath) -> bool:
        return any(contains(outer, path) for outer in wanted)

    keys = [key for key in diff.changed_keys if named([key])]
    detailed = {
        path: kind + _REPLACES if named(list(path)) else kind
        for path, kind in (diff.detailed or {}).items()
    }
    return replace(
        diff,
        replace_keys=tuple(dict.fromkeys([*diff.replace_keys, *keys])),
        detailed=diff.detailed and detailed,
    )


def _differences(
    path: tuple[str | int, ...], old: Value, new: Value
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each path at which two values differ; a property that is null counts as none."""
    pairs: Iterable[tuple[str | int, Value, Value]]
    if isinstance(old, dict) and isinstance(new, dict):
        pairs = ((name, old.get(name), new.get(name)) for name in sorted({*old, *new}))
    elif isinstance(old, list) and isinstance(new, list):
        shared = min(len(old), len(new))
        pairs = zip(itertools.count(), old, new, strict=False)
        rest, kind = (old, "delete") if len(old) > shared else (new, "add")
        yield from (((*path, index), kind) for index in range(shared, len(rest)))
    else:
        if not equal(old, new):
            yield path, "add" if old is None else "delete" if new is None else "update"
        return
    for key, before, after in pairs:
        yield from _differences((*path, key), before, after)
