"""Values in messages: short, on one line, and without anybody's phone number."""

from __future__ import annotations

import re
from typing import Any

#: Nine digits or more: a cell in a wrong column may be somebody's phone number.
_NUMBER = re.compile(r"(?:\d[ -]?){8,}\d")


def without_numbers(text: str) -> str:
    """The text, with everything hidden that may be a phone number."""
    return _NUMBER.sub("[hidden]", text)


def shown(value: object) -> str:
    """A value in quotes."""
    text = without_numbers(repr(value))
    return text if len(text) <= 60 else text[:59] + "…"


def kind_of(value: Any) -> str:
    """A value of the wrong kind, described: a list, a mapping, or the text itself."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a mapping"
    return shown(value)
