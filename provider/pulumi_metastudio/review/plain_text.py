"""A review as text for a terminal."""

from __future__ import annotations

from ..common.redact import one_line
from .consequences import Review
from .headlines import Headline, headlines

_LONGEST = 1000


def plain_text(review: Review) -> str:
    """One line for each thing that a reviewer must know; the serious ones begin with ``!``."""
    lines = [
        ("! " if line.serious else "  ") + one_line(_line(line), _LONGEST)
        for line in headlines(review)
    ]
    return "\n".join(lines or ["Nothing changes."])


def _line(line: Headline) -> str:
    count = f" ({len(line.jobs)})" if len(line.jobs) > 1 else ""
    names = f": {', '.join(line.jobs)}" if line.jobs else ""
    details = f" - {'; '.join(line.details)}" if line.details else ""
    return f"{line.title}{count}{names}{details}"
