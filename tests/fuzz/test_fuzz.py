"""A short run of fuzz_emulator.py, which as a command sends more requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from .fuzz_emulator import MEMORY_LIMIT, Fuzz


@pytest.mark.parametrize("anonymous", [False, True], ids=["with credentials", "anonymous"])
def test_odd_requests_are_refused_and_nothing_breaks(tmp_path: Path, anonymous: bool) -> None:
    result = Fuzz(tmp_path, seed=5, anonymous=anonymous).run(300)
    assert result.failures == []
    assert (result.tracebacks, result.forged_lines) == (0, 0)
    assert result.peak_memory < MEMORY_LIMIT
    assert result.alive
    assert result.statuses.total() == 300
    # With credentials, requests reach the operations; without, none succeeds.
    assert (result.statuses["200"] > 10) is not anonymous
