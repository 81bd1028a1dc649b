"""The rates, on a clock that is handed in; and threads that wait for their turn."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_metastudio.api.throttle import Rate, Throttle, Throttles
from pulumi_metastudio.errors import ServerError, Throttled


class Gateway:
    """Takes so many calls in a sliding window of a second, and counts refused ones too."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._calls: deque[float] = deque()

    def takes(self, now: float) -> bool:
        while self._calls and now - self._calls[0] >= 1:
            self._calls.popleft()
        self._calls.append(now)
        return len(self._calls) <= self.limit


def against(gateway: Gateway, rate: Rate, now: float, seconds: float) -> tuple[float, int, int]:
    """One call after the other for a while: when it ended, calls taken, calls refused."""
    until, taken, refused = now + seconds, 0, 0
    while now < until:
        waited = rate.wait(now) > 0
        now += rate.wait(now)
        rate.take(now, waited=waited)
        if gateway.takes(now):
            taken += 1
            rate.taken(now + 0.01, waited=waited)
        else:
            refused += 1
            rate.refused(now + 0.01, now)
        now += 0.01
    return now, taken, refused


# ------------------------------------------------------------------------------------ a rate


def test_calls_go_one_by_one() -> None:
    rate = Rate(4.0)
    times: list[float] = []
    now = 10.0
    for _ in range(5):
        now += rate.wait(now)
        rate.take(now, waited=bool(times))
        times.append(now)
    assert [later - earlier for earlier, later in pairwise(times)] == pytest.approx([0.25] * 4)


def test_quiet_time_saves_nothing_up() -> None:
    rate = Rate(4.0)
    rate.take(0.0, waited=False)
    assert rate.wait(3600.0) == 0
    rate.take(3600.0, waited=False)
    assert rate.wait(3600.0) == pytest.approx(0.25)


def test_a_call_that_is_a_little_late_does_not_delay_the_next() -> None:
    rate = Rate(4.0)
    rate.take(0.0, waited=False)
    rate.take(0.29, waited=True)
    assert rate.wait(0.29) == pytest.approx(0.21)


def test_a_refusal_halves_the_rate_and_it_comes_back_below() -> None:
    rate = Rate(8.0)
    rate.take(0.0, waited=False)
    rate.refused(0.1, 0.0)
    assert rate.at(0.1) == 4.0
    assert rate.wait(0.1) == pytest.approx(0.25)
    assert 4.0 < rate.at(0.5) < rate.at(1.5) < rate.at(2.2) < 8.0


def test_one_burst_of_refusals_halves_once() -> None:
    rate = Rate(16.0)
    for sent in range(10):  # ten on their way at once
        rate.refused(1.0 + sent / 100, sent / 100)
    assert rate.at(1.0) == 8.0
    rate.refused(2.0, 1.5)  # sent at the half
    assert rate.at(2.0) < 8.0


def test_a_rate_that_nobody_waits_for_does_not_grow() -> None:
    rate = Rate(8.0)
    for now in range(1000):
        rate.taken(float(now), waited=False)
    assert rate.at(1000.0) == 8.0


@pytest.mark.parametrize(
    ("limit", "seconds", "share", "refusals"),
    # Of what the gateway would have taken: at the start's own rate, below, and beyond it.
    [(5, 60, 0.9, 6), (1, 120, 0.8, 20), (20, 60, 0.6, 6)],
)
def test_it_finds_the_limit(limit: int, seconds: int, share: float, refusals: int) -> None:
    _, taken, refused = against(Gateway(limit), Rate(5.0), 0.0, seconds)
    assert taken >= share * limit * seconds
    assert refused <= refusals


def test_it_follows_a_limit_down_and_up_again() -> None:
    gateway, rate = Gateway(20), Rate(20.0)
    now, _, _ = against(gateway, rate, 0.0, 30)
    gateway.limit = 5
    now, taken, refused = against(gateway, rate, now, 60)
    assert taken >= 0.6 * 5 * 60
    assert refused <= 15
    gateway.limit = 20
    now, _, _ = against(gateway, rate, now, 90)
    assert rate.at(now) > 10


_EVENTS = st.lists(
    st.tuples(st.sampled_from(["taken", "refused", "quiet"]), st.floats(0.0, 5.0)), max_size=50
)


@given(_EVENTS, st.floats(0.1, 100), st.booleans())
def test_a_rate_stays_within_its_bounds(
    events: list[tuple[str, float]], start: float, fixed: bool
) -> None:
    rate = Rate(start, start if fixed else None)
    now, sent = 0.0, list[float]()
    for event, seconds in events:
        now += seconds
        if event != "quiet":
            waited = rate.wait(now) > 0
            now += rate.wait(now)
            rate.take(now, waited=waited)
            sent.append(now)
        if event == "refused":
            rate.refused(now, now)
        elif event == "taken":
            rate.taken(now, waited=True)
        assert start / 64 <= rate.at(now) <= (start if fixed else 16 * start)
    # In any window, the calls of the highest rate, one, and the part of one that was late.
    for first, last in zip(sent, sent[5:], strict=False):
        assert (last - first) * rate.most + 1 + 0.2 + 1e-6 >= 5


@pytest.mark.parametrize("refusals", [1, 3, 20])
def test_it_recovers(refusals: int) -> None:
    rate, now = Rate(4.0), 0.0
    for _ in range(refusals):
        now += rate.wait(now)
        rate.take(now, waited=True)
        rate.refused(now, now)
    assert 4 / 64 <= rate.at(now) <= 2
    refused_until = now
    while rate.at(now) < 4:
        now += rate.wait(now)
        rate.take(now, waited=True)
        rate.taken(now, waited=True)
    assert now - refused_until < 360


# ------------------------------------------------------------------------------------ threads


def refusal(operation: str = "read") -> Throttled:
    return Throttled(operation, 429, "APIGW.0308", "too many", "")


def test_a_refused_call_goes_again_in_its_turn() -> None:
    answers: list[Throttled | None] = [refusal(), refusal(), None]
    throttle = Throttle(Rate(100.0))

    def call() -> str:
        if error := answers.pop(0):
            raise error
        return "done"

    assert throttle.run("read", call) == "done"
    assert throttle.rate < 50


@pytest.mark.parametrize("refusals", [1, 5])
def test_it_is_not_repeated_for_ever(refusals: int) -> None:
    calls = []

    def call() -> None:
        calls.append(1)
        raise refusal()

    with pytest.raises(Throttled):
        Throttle(Rate(1000.0), refusals=refusals).run("read", call)
    assert len(calls) == refusals


@pytest.mark.parametrize(
    "error", [ServerError("read", 503, "APIGW.0801", "unavailable", ""), refusal("log in")]
)
def test_other_failures_say_nothing_about_the_rate(error: Exception) -> None:
    throttle = Throttle(Rate(100.0))

    def call() -> None:
        raise error

    with pytest.raises(type(error)):
        throttle.run("read", call)
    assert throttle.rate == 100.0


def test_threads_go_in_the_order_in_which_they_came() -> None:
    throttle = Throttle(Rate(100.0))
    went: list[int] = []
    came = threading.Lock()

    def wait(number: int) -> None:
        throttle.run("read", partial(went.append, number))

    with came, ThreadPoolExecutor(8) as pool:
        waiting = []
        for number in range(8):
            waiting.append(pool.submit(wait, number))
            while len(throttle._queue) + len(went) <= number:
                pass  # until it is in the queue
        for each in waiting:
            each.result()
    assert went == list(range(8))


def test_each_operation_has_its_own() -> None:
    throttles = Throttles("cn-north-4")
    requests = [
        *(("POST", ""), ("GET", ""), ("GET", "id"), ("PUT", "id"), ("DELETE", "id")),
        *(("POST", "id/command"), ("GET", "/tenants/resources-usage")),
    ]
    found = [throttles.of(*request) for request in requests]
    assert len(set(map(id, found))) == len(requests)
    assert [each.rate for each in found] == [5, 20, 20, 5, 5, 5, 20]
    assert throttles.of("POST", "other/command") is throttles.of("POST", "id/command")


@pytest.mark.parametrize(
    ("region", "limits", "rates"),
    [
        ("cn-north-4", {}, (5, 20)),
        ("ap-southeast-3", {}, (3, 10)),
        ("", {}, (3, 10)),
        ("cn-north-4", {"most_writes": 2.5}, (2.5, 20)),
        ("cn-north-4", {"most_reads": 1000.0}, (5, 1000)),
    ],
)
def test_where_they_start(
    region: str, limits: dict[str, float], rates: tuple[float, float]
) -> None:
    throttles = Throttles(region, **limits)
    assert (throttles.of("POST", "").rate, throttles.of("GET", "id").rate) == rates
