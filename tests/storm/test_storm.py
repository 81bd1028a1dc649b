"""A short storm; the long one is a command of its own, see storm.py."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from storm import Storm


def test_a_short_storm_leaves_nothing_behind(tmp_path: Path) -> None:
    storm = Storm(tmp_path, "embedded", seed=11)
    storm.blow(runs=4)
    assert storm.counts.killed >= 4
    assert storm.counts.killed_at_work >= 1
    assert storm.counts.clean(), dataclasses.asdict(storm.counts)
