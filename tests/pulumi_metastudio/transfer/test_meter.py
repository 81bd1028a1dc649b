"""How often, and about what, people are told."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_metastudio.transfer import progress
from pulumi_metastudio.transfer.progress import Meter


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_the_part_is_named(clock: Clock, notes: Any) -> None:
    meter = Meter("video", 1000, notes, parts=8)
    meter.begin(3)
    clock.now += 2
    meter.add(200)
    assert notes.of("status") == ["uploading video part 3/8 20 % of 1000 B, 100 B/s, 0:08 left"]


def test_the_rate_is_that_of_the_last_seconds(clock: Clock, notes: Any) -> None:
    meter = Meter("video", 100_000, notes)
    for _ in range(60):
        clock.now += 1
        meter.add(1000)
    for _ in range(20):
        clock.now += 1
        meter.add(10)
    assert ", 1000 B/s, " in notes.of("status")[59]
    assert ", 10 B/s, " in notes.of("status")[-1]


def test_a_retry_does_not_make_the_rate_negative(clock: Clock, notes: Any) -> None:
    meter = Meter("video", 1000, notes)
    clock.now += 1
    meter.add(600)
    clock.now += 1
    meter.add(-600)
    clock.now += 1
    meter.add(300)
    assert notes.of("status")[-1] == "uploading video 30 % of 1000 B, 300 B/s, 0:02 left"


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
