"""A YAML manifest: a list of jobs, or a mapping with the list in it.

Every scalar is read as text and becomes later what its input is: a phone number is no integer,
and a model called "No" is not false.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import yaml

from ..common.redact import one_line
from .inputs import Document
from .messages import kind_of, shown, without_numbers

if TYPE_CHECKING:
    from yaml import SafeLoader
else:  # the loader in C, where there is one, is ten times as fast
    SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_PARTS = ("batch_name", "defaults", "jobs")


def read_yaml(text: str, problems: list[str]) -> Document:
    """A list of jobs, or a mapping with ``jobs``, ``defaults`` and ``batch_name``."""
    try:
        content = _loaded(text, problems)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        # The fault alone: its context would show the lines around, somebody's number among them.
        what = getattr(error, "problem", None) or getattr(error, "reason", "not readable")
        detail = without_numbers(one_line(what))
        problems.append(f"{where}broken YAML, {detail}: mend it, quotes make a text of anything")
        return Document()
    found = Document()
    jobs = content
    if isinstance(content, dict):
        problems += [
            f"{shown(name)} is not a part of a manifest: give {', '.join(_PARTS)}"
            for name in content
            if name not in _PARTS
        ]
        found.batch_name = content.get("batch_name")
        jobs = content.get("jobs")
        defaults = content.get("defaults")
        if isinstance(defaults, dict):
            found.defaults = defaults
        elif defaults is not None:
            problems.append(f"defaults is {kind_of(defaults)}: it must be inputs and values")
    if not isinstance(jobs, list | None):
        problems.append(f"the jobs are {kind_of(jobs)}: they must be a list, '- name: Anna' …")
        jobs = None
    for number, job in enumerate(jobs or [], 1):
        if isinstance(job, dict):
            found.jobs.append((f"job {number}", job))
        else:
            problems.append(f"job {number} is {kind_of(job)}: it must be inputs and values")
    return found


_NULL, _MERGE, _STR, _SEQ, _MAP = (
    f"tag:yaml.org,2002:{kind}" for kind in ("null", "merge", "str", "seq", "map")
)


class _Loader(SafeLoader):
    """Knows texts, lists, mappings, null and merging (``<<``), and nothing else."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own, narrowed
        first: [(tag, rule) for tag, rule in rules if tag in (_NULL, _MERGE)]
        for first, rules in SafeLoader.yaml_implicit_resolvers.items()
    }
    yaml_constructors = {  # noqa: RUF012
        tag: SafeLoader.yaml_constructors[tag] for tag in (_NULL, _STR, _SEQ, _MAP, None)
    }


def _loaded(text: str, problems: list[str]) -> Any:
    """The content of a YAML text.

    Raises:
        yaml.YAMLError: it is broken.
    """
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        problems += _given_twice(root, set())
        return loader.construct_document(root)
    finally:
        loader.dispose()


def _given_twice(node: yaml.Node, seen: set[int]) -> Iterator[str]:
    """YAML takes the last of two equal keys without a word: a second ``jobs`` would hide the first.

    Args:
        seen: the nodes that were looked at; an alias is one node in several places.
    """
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _given_twice(item, seen)
    elif isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in keys:
                    line = key.start_mark.line + 1
                    yield f"line {line}: {shown(key.value)} is given twice: remove one"
                keys.add(key.value)
            yield from _given_twice(value, seen)
