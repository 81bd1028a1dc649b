"""Keep bearer secrets and personal data out of texts that people read.

An upload or download URL carries its authorisation in the query string, so a query string is
never shown; a phone number or key is shown by its last characters at most.
"""

from __future__ import annotations

import re

__all__ = ["hide_queries", "one_line"]

_QUERY = re.compile(r"\?[^\s'\"<>)\]}]+")


def hide_queries(text: str) -> str:
    """``text`` with every URL query string replaced by ``?[hidden]``."""
    return _QUERY.sub("?[hidden]", text)


def one_line(problem: object, limit: int = 300) -> str:
    """A foreign exception or answer body as one safe line of at most ``limit`` characters."""
    text = hide_queries(" ".join(str(problem).split()))
    return text if len(text) <= limit else text[: limit - 1] + "…"
