"""Property paths, the language of ``ignore_changes`` and ``replace_on_changes``.

``a.b``, ``a[0]``, ``a["b c"]`` and ``*`` for every member of an object or a list.
"""

from __future__ import annotations

import contextlib
import copy
import re
from collections.abc import Sequence
from typing import Final

from .values import Properties, Secret, Value

PropertyPath = list[str | int]
WILDCARD: Final = "*"

_TOKEN: Final = re.compile(
    r"""\.*(?: \["(?P<quoted>(?:\\"|[^"])*)"\] | \[(?P<index>\*|-?\d+)\] | (?P<name>[^.\[]+) )""",
    re.VERBOSE,
)


def parse_path(text: str) -> PropertyPath:
    """The path's parts: names and list indexes.

    Raises:
        ValueError: the text is not a property path.
    """
    parts: PropertyPath = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or text[0] == ".":
            raise ValueError(f"{text!r} is not a property path")
        if match["quoted"] is not None:
            parts.append(match["quoted"].replace('\\"', '"'))
        elif match["index"] in (None, WILDCARD):
            parts.append(match["name"] or WILDCARD)
        else:
            parts.append(int(match["index"]))
        position = match.end()
    return parts


def path_text(path: Sequence[str | int]) -> str:
    """The path as a text that ``parse_path`` reads."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.search(r"[^A-Za-z0-9_]", part):
            text += '["' + part.replace('"', '\\"') + '"]'
        else:
            text += f".{part}"
    return text.removeprefix(".")


def contains(outer: PropertyPath, inner: PropertyPath) -> bool:
    """Whether ``inner`` is at or below ``outer``, wildcards included."""
    return len(inner) >= len(outer) and all(
        left in (WILDCARD, right) for left, right in zip(outer, inner, strict=False)
    )


def ignore(texts: Sequence[str], old: Properties, new: Properties) -> tuple[Properties, list[str]]:
    """What ``new`` is when what is at the paths stays as in ``old``; both are left as they are.

    A property that ``old`` has not is removed; a text that is no path has no effect.

    Returns:
        the copy, and the paths that could not be followed, because an element between their
        start and their end was added or removed.
    """
    copied = copy.deepcopy(new) if texts else new
    lost = []
    for text in texts:
        with contextlib.suppress(ValueError):
            path = parse_path(text)
            if not path or not _reset(path, old, copied):
                lost.append(text)
    return copied, lost


def _reset(path: PropertyPath, old: Value, new: Value) -> bool:
    head, rest = path[0], path[1:]
    if isinstance(old, Secret):
        old = old.value
    if isinstance(new, Secret):
        # What a secret holds may be shared with the state that it came from: never write into it.
        return False
    if head == WILDCARD:
        return _reset_all(rest, old, new)
    if isinstance(new, dict) and isinstance(head, str) and isinstance(old, dict | None):
        old = old or {}
        if not rest:
            if head in old:
                new[head] = copy.deepcopy(old[head])
            else:
                new.pop(head, None)
            return True
        if head in old and head in new:
            return _reset(rest, old[head], new[head])
        return head not in old and head not in new
    if isinstance(new, list) and isinstance(old, list) and isinstance(head, int):
        if not 0 <= head < min(len(old), len(new)):
            return False
        if rest:
            return _reset(rest, old[head], new[head])
        new[head] = copy.deepcopy(old[head])
        return True
    return False


def _reset_all(rest: PropertyPath, old: Value, new: Value) -> bool:
    keys: list[str | int]
    if isinstance(old, dict) and isinstance(new, dict):
        keys = list(dict.fromkeys([*old, *new]))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        keys = list(range(len(new)))
    else:
        return False
    results = [_reset([key, *rest], old, new) for key in keys]  # each of them, whatever the others
    return all(results)
