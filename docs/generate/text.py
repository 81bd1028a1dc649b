"""What the pages have in common: Markdown, and what docstrings say."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

GENERATED = "<!-- Written by `make docs` from the code: change it there. -->"


def page(title: str, *parts: str) -> str:
    """A whole page; empty parts are left out."""
    return "\n\n".join([f"# {title}", GENERATED, *filter(None, parts)]) + "\n"


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, its cells in one line each."""
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", one_line(text))


def one_line(text: str) -> str:
    """Text without the line breaks of its source."""
    return " ".join(text.split())


def code(text: str) -> str:
    """Text in code type, whatever marks are in it."""
    mark = "``" if "`" in text else "`"
    padding = " " if "`" in text else ""
    return f"{mark}{padding}{text}{padding}{mark}"


def plain(docstring: str) -> str:
    """A docstring's text in Markdown: its code type has single marks."""
    return re.sub(r"``([^`]+)``", r"`\1`", docstring)


def definition(owner: type[Any]) -> ast.ClassDef:
    """A class as its source defines it."""
    (found,) = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
    assert isinstance(found, ast.ClassDef)
    return found


def attribute_texts(owner: type[Any]) -> dict[str, str]:
    """What stands under each attribute in a class's source, as a docstring of its own."""
    body = definition(owner).body
    found = {}
    for node, below in itertools.pairwise(body):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if (
            isinstance(target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
        ):
            found[target.id] = plain(one_line(str(below.value.value)))
    return found


def sections(docstring: str | None) -> dict[str, str]:
    """A docstring by its sections, such as ``Args``; what comes first is under ``""``."""
    parts = re.split(r"^(\w+)::?\n(?=\s)", inspect.cleandoc(docstring or ""), flags=re.MULTILINE)
    return {"": parts[0].strip(), **dict(zip(parts[1::2], parts[2::2], strict=True))}


def entries(section: str) -> dict[str, str]:
    """The entries of a section such as ``Args``, by name; several may share a text."""
    found = {}
    for entry in re.split(r"\n(?=\S)", textwrap.dedent(section).strip()):
        names, _, text = entry.partition(":")
        for name in names.split(","):
            found[name.strip()] = plain(one_line(text))
    return found
