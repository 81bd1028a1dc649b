"""A profile from a file: what ``metastudio probe`` observed at a real service."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_FORMAT = 1


@dataclass(frozen=True)
class ObservedProfile:
    """A profile file's content.

    Attributes:
        date, region: when and where the probe was.
        values: the switches that were observed; the others keep their defaults.
    """

    date: str
    region: str
    values: Mapping[str, object]


def read_profile_file(path: Path) -> ObservedProfile:
    """Read a profile file.

    Raises:
        ValueError: it cannot be read or is no such file; the message is one line.
    """
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"profile {path}: {error.strerror}") from None
    except ValueError as error:  # no UTF-8, or no TOML
        raise ValueError(f"profile {path} is no TOML: {error}") from None
    if content.get("format") != _FORMAT:
        raise ValueError(
            f"profile {path}: format is not {_FORMAT}: write it with 'metastudio probe'"
        )
    tables = content.get("switch", {})
    if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
        raise ValueError(f"profile {path}: [switch] holds a table for each switch")
    values = {n: t.get("value") for n, t in tables.items() if t.get("observed") is True}
    return ObservedProfile(str(content.get("date", "")), str(content.get("region", "")), values)
