"""A job's material, and what a check makes of a declaration."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pulumi_metastudio.lifecycle import FILES


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """All nine files, each with its own content; the videos are worth three parts."""
    folder = tmp_path / "material"
    folder.mkdir()
    made = {}
    for number, name in enumerate(FILES):
        path = folder / f"{name}.bin"
        size = 400 * 1024 if name.endswith("video") else 1000
        path.write_bytes(bytes([number + 1]) * size + name.encode())
        made[name] = str(path)
    return made


@pytest.fixture
def checked() -> Callable[..., dict[str, Any]]:
    """A declaration as it is after its check: with the fingerprints of its files."""

    def check(**inputs: Any) -> dict[str, Any]:
        prints = {
            name: hashlib.sha256(Path(inputs[name]).read_bytes()).hexdigest()
            for name in FILES
            if name in inputs
        }
        return {**inputs, "fingerprints": prints}

    return check
