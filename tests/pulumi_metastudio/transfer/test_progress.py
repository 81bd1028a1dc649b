"""What people are told while bytes move."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_metastudio.transfer import progress
from pulumi_metastudio.transfer.progress import Meter, human_size


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_texts_come_once_an_interval(clock: Clock, notes: Any) -> None:
    meter = Meter("cover", 1000, notes, interval=1.0)
    for _ in range(10):
        clock.now += 0.3
        meter.add(100)
    assert notes.of("status") == [
        "uploading cover 40 % of 1000 B, 333 B/s, 0:01 left",
        "uploading cover 80 % of 1000 B, 333 B/s, 0:00 left",
    ]


def test_a_retried_part_takes_its_bytes_back(clock: Clock, notes: Any) -> None:
    meter = Meter("cover", 1000, notes, interval=0.0)
    clock.now += 1
    meter.add(600)
    clock.now += 1
    meter.add(-600)
    assert notes.of("status") == [
        "uploading cover 60 % of 1000 B, 600 B/s, 0:00 left",
        "uploading cover 0 % of 1000 B, 300 B/s, 0:03 left",
    ]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1536, "1.5 KiB"),
        (5 * 1024**2, "5.0 MiB"),
        (3 * 1024**3, "3.0 GiB"),
        (2048 * 1024**3, "2048.0 GiB"),
    ],
)
def test_human_size(count: int, text: str) -> None:
    assert human_size(count) == text
