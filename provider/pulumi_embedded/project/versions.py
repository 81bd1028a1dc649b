"""The version of the Pulumi CLI that this engine follows, and whether it is in a range."""

from __future__ import annotations

import re
from typing import Final

from ..errors import EngineError

CLI_VERSION: Final = "3.260.0"
_TERM: Final = re.compile(r"(>=|<=|>|<|==?|!=?|)(\d+)\.(?:x|(\d+)\.(?:x|(\d+)))")


def require(wanted: str) -> None:
    """Make sure that our version is in a range such as ``>=3.200.0 <4.0.0 || 3.x``.

    The syntax is the CLI's: terms side by side must all hold, ``||`` stands between alternatives,
    and ``x`` is any number. Versions of releases to come (``4.0.0-rc1``) are not known here.
    """
    alternatives = [
        [_holds(term, wanted) for term in re.sub(r"([<>=!])\s+", r"\1", part).split() or [""]]
        for part in wanted.split("||")
    ]
    if not any(map(all, alternatives)):
        raise EngineError(
            f"the embedded engine follows Pulumi CLI version {CLI_VERSION}, which does not satisfy "
            f"the version range {wanted!r}"
        )


def _holds(term: str, wanted: str) -> bool:
    match = _TERM.fullmatch(term)
    if match is None:
        raise EngineError(f"the version range {wanted!r} cannot be read: {term!r}")
    low = [int(number) for number in match.groups()[1:] if number is not None]
    high = [*low[:-1], low[-1] + 1]  # the first version that does not begin as written
    ours = [int(number) for number in CLI_VERSION.split(".")]
    is_it = low <= ours < high
    return {
        ">": ours >= high,
        ">=": ours >= low,
        "<": ours < low,
        "<=": ours < high,
        "!": not is_it,
        "!=": not is_it,
    }.get(match[1], is_it)
