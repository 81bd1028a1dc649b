"""Short storms over the embedded engine; the long ones are a command, see engine_storm.py."""

from __future__ import annotations

import os
from pathlib import Path
from unittest import mock

import pytest

from .engine_storm import KINDS, EngineStorm


@pytest.mark.timeout(600)  # seconds on a quiet machine; each run starts three processes
@pytest.mark.parametrize("kind", KINDS)
def test_a_short_storm_leaves_nothing_that_nobody_is_told_of(tmp_path: Path, kind: str) -> None:
    with mock.patch.dict(os.environ):
        storm = EngineStorm(tmp_path / "storm", kind, seed=7, resources=60, span=1.0)
        storm.blow(runs=3)
    assert storm.problems == []
    assert storm.counts["runs"] == 3
