"""The throttle, on a clock that only moves when somebody waits or the test says so."""

from __future__ import annotations

import pytest

from pulumi_metastudio.api import throttle
from pulumi_metastudio.api.throttle import Throttle


class Clock:
    """Stands in for the module's ``time``: sleeping is what moves it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(throttle, "time", clock)
    return clock


def test_a_burst_goes_at_once(clock: Clock) -> None:
    bucket = Throttle(rate=2.0, burst=3)
    for _ in range(3):
        bucket.acquire()
    assert clock.slept == []


def test_the_long_run_keeps_the_rate(clock: Clock) -> None:
    bucket = Throttle(rate=2.0, burst=3)
    started = clock.now
    for _ in range(3 + 10):
        bucket.acquire()
    assert clock.now - started == pytest.approx(10 / 2.0)


def test_quiet_time_fills_no_more_than_the_burst(clock: Clock) -> None:
    bucket = Throttle(rate=2.0, burst=3)
    clock.now += 3600
    for _ in range(4):
        bucket.acquire()
    assert clock.slept == pytest.approx([0.5])


def test_callers_queue_behind_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    # Threads that arrive at the same moment: nobody's sleep moves the clock for the others.
    clock = Clock()
    monkeypatch.setattr(throttle, "time", clock)
    monkeypatch.setattr(clock, "sleep", clock.slept.append)
    bucket = Throttle(rate=4.0, burst=1)
    for _ in range(4):
        bucket.acquire()
    assert clock.slept == pytest.approx([0.25, 0.5, 0.75])


def test_a_refusal_halves_the_rate_at_once(clock: Clock) -> None:
    bucket = Throttle(rate=8.0, burst=5)
    bucket.refused()
    assert bucket.rate == 4.0
    bucket.acquire()  # the burst is gone too
    assert clock.slept == pytest.approx([0.25])


def test_refusals_never_stop_it_altogether(clock: Clock) -> None:
    bucket = Throttle(rate=64.0)
    for _ in range(50):
        bucket.refused()
    assert bucket.rate == 1.0


def test_successes_give_the_rate_back_and_no_more(clock: Clock) -> None:
    bucket = Throttle(rate=10.0)
    bucket.refused()
    rates = []
    for _ in range(15):
        bucket.succeeded()
        rates.append(bucket.rate)
    assert rates[0] == pytest.approx(5.5)
    assert rates == sorted(rates)
    assert rates[-1] == 10.0
