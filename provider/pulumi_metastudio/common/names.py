"""Names that mean nothing, and what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def meant(name: object, known: Iterable[str], otherwise: str) -> str:
    """The way out for an unknown name: the one of the known names that is close, or a hint."""
    close = difflib.get_close_matches(str(name), list(known), 1)
    return f"did you mean {close[0]}?" if close else otherwise
