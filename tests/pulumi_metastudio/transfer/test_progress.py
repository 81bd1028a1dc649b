"""What people read while bytes move."""

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
        "40 %, 0:01 left, cover of 1000 B, 333 B/s",
        "80 %, 0:00 left, cover of 1000 B, 333 B/s",
    ]


def test_a_retried_part_takes_its_bytes_back(clock: Clock, notes: Any) -> None:
    meter = Meter("cover", 1000, notes, interval=0.0)
    clock.now += 1
    meter.add(600)
    clock.now += 1
    meter.add(-600)
    assert notes.of("status") == [
        "60 %, 0:00 left, cover of 1000 B, 600 B/s",
        "0 %, 0:03 left, cover of 1000 B, 300 B/s",
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


def test_the_part_is_named(clock: Clock, notes: Any) -> None:
    meter = Meter("video", 1000, notes, parts=8)
    meter.begin(3)
    clock.now += 2
    meter.add(200)
    assert notes.of("status") == ["20 %, 0:08 left, video part 3/8 of 1000 B, 100 B/s"]


def test_the_rate_is_that_of_the_last_seconds(clock: Clock, notes: Any) -> None:
    meter = Meter("video", 100_000, notes)
    for _ in range(60):
        clock.now += 1
        meter.add(1000)
    for _ in range(20):
        clock.now += 1
        meter.add(10)
    assert notes.of("status")[59].endswith(", 1000 B/s")
    assert notes.of("status")[-1].endswith(", 10 B/s")


def test_a_retry_does_not_make_the_rate_negative(clock: Clock, notes: Any) -> None:
    meter = Meter("video", 1000, notes)
    clock.now += 1
    meter.add(600)
    clock.now += 1
    meter.add(-600)
    clock.now += 1
    meter.add(300)
    assert notes.of("status")[-1] == "30 %, 0:02 left, video of 1000 B, 300 B/s"


@pytest.mark.parametrize(
    ("variables", "seconds"),
    [
        ({}, 1),
        ({"CI": "true"}, 30),
        ({"CI": "false"}, 1),
        ({"METASTUDIO_PROGRESS_INTERVAL": "5"}, 5),
        ({"CI": "true", "METASTUDIO_PROGRESS_INTERVAL": "5"}, 5),
        ({"METASTUDIO_PROGRESS_INTERVAL": "often"}, 1),
    ],
)
def test_texts_are_rare_in_ci(
    variables: dict[str, str],
    seconds: int,
    clock: Clock,
    notes: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    meter = Meter("video", 1000, notes)
    for _ in range(60):
        clock.now += 1
        meter.add(1)
    assert len(notes.of("status")) == 60 // seconds
