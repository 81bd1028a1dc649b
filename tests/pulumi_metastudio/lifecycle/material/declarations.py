"""Files that are declared by their digests, and what a check makes of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pulumi_metastudio.lifecycle import Context, Look, normalised, problems

ContextFor = Callable[..., Context]
WRONG = "f" * 64


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def sums(file: Path, digest: str | None = None) -> None:
    """Declare a file's digest beside it, by default the right one."""
    digest = digest or sha256(file.read_bytes())
    (file.parent / "SHA256SUMS").write_text(f"{digest}  {file.name}\n")


def check(given: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
    """The checked inputs, as the provider has them."""
    inputs = normalised(given)
    look = Look(before or {})
    assert [str(problem) for problem in problems(inputs, look)] == []
    if before is not None:
        assert list(look.read()) == []
    return {**inputs, **look.as_inputs()}


def declaration(value: Any, **more: Any) -> dict[str, Any]:
    return {"name": "n", "submit": False, "grant_file": value, **more}


def missing(letter: Path) -> Any:
    sums(letter)
    letter.unlink()
    return str(letter)
