"""Where the embedded engine means to differ from the Pulumi CLI, and why. At most ten lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .sequences import Turn


@dataclass(frozen=True)
class Meant:
    """One difference that is meant.

    Attributes:
        name: what it is called in docs/embedded-engine.md.
        reason: why.
        path: where in an account, as a regular expression for all of it.
        applies: given the turn, what the embedded engine has there and what the CLI has.
    """

    name: str
    reason: str
    path: str
    applies: Callable[[Turn, Any, Any], bool]


MEANT = (
    Meant(
        "errored",
        "the summary counts the resources that failed; the CLI counts the stack as one of them",
        "summary/errored",
        lambda turn, ours, theirs: (ours or 0) + 1 == theirs,
    ),
)


def is_meant(turn: Turn, engine: str, path: str, ours: Any, theirs: Any) -> bool:
    """Whether a difference is on the list."""
    return engine == "embedded" and any(
        re.fullmatch(each.path, path) and each.applies(turn, ours, theirs) for each in MEANT
    )
