"""A short run of odd requests; the long ones are a command of its own, see fuzz_emulator.py."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fuzz_emulator import MEMORY_LIMIT, Fuzz


@pytest.mark.parametrize("anonymous", [False, True], ids=["with credentials", "anonymous"])
def test_odd_requests_are_refused_and_nothing_breaks(tmp_path: Path, anonymous: bool) -> None:
    result = Fuzz(tmp_path, seed=5, anonymous=anonymous).run(300)
    assert result.failures == []
    assert (result.tracebacks, result.forged_lines) == (0, 0)
    assert result.peak_memory < MEMORY_LIMIT
    assert result.alive
    assert result.statuses.total() == 300
    # It got where it was meant to get: into the operations, or no further than the door.
    assert (result.statuses["200"] > 10) is not anonymous
