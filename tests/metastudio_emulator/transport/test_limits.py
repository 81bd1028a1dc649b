"""Rate limits on request, as a client and the control interface see them."""

from __future__ import annotations

import pytest

from metastudio_emulator import Emulator, EmulatorError
from metastudio_emulator.settings import Limits
from metastudio_emulator.transport.limits import RateLimits

from ..clients import Api, error_of


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def taken(limits: RateLimits, clock: Clock, *times: float) -> list[bool]:
    answers = []
    for clock.now in times:
        answers.append(limits.takes("show"))
    return answers


def test_a_window_slides() -> None:
    clock = Clock()
    limits = RateLimits(Limits.parse("show=2"), clock)
    assert taken(limits, clock, 0.0, 0.9, 1.0, 1.5, 1.9) == [True, True, True, False, False]


def test_a_refused_call_counts() -> None:
    clock = Clock()
    limits = RateLimits(Limits.parse("show=1"), clock)
    assert taken(limits, clock, 0.0, 0.5, 1.2, 2.2) == [True, False, False, True]


def test_a_part_of_a_call_takes_longer() -> None:
    clock = Clock()
    limits = RateLimits(Limits.parse("show=0.5"), clock)
    assert taken(limits, clock, 0.0, 2.0, 3.9) == [True, True, False]


def test_each_operation_has_its_own() -> None:
    limits = RateLimits(Limits.parse("writes=1,show=1"), Clock())
    calls = [limits.takes(name) for name in ("create", "command", "show", "create", "list", "list")]
    assert calls == [True, True, True, False, True, True]


def test_groups_and_single_operations() -> None:
    limits = Limits.parse("writes=5,reads=20,create=2.5").by_operation
    assert limits == {
        **dict.fromkeys(("update", "delete", "command"), 5),
        **dict.fromkeys(("list", "show", "credits"), 20),
        "create": 2.5,
    }


@pytest.mark.parametrize("text", ["writes", "writes=", "writes=0", "upload=5", "show=inf", "=5"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not OPERATION=CALLS_PER_SECOND"):
        Limits.parse(text)


def test_refusals_have_the_gateways_body_and_are_counted(api: Api) -> None:
    control = api.emulator.control
    control.set_limits("list=0.01,create=0.01")
    assert control.limits() == {"list": 0.01, "create": 0.01}
    assert api.call("GET").status_code == 200
    refused = api.call("GET")
    assert error_of(refused) == (429, "APIGW.0308")
    assert "request_id" in refused.json()
    first = api.create()["job_id"]
    assert error_of(api.call("POST", json={"name": "n"})) == (429, "APIGW.0308")
    assert [job["job_id"] for job in control.jobs()] == [first]
    assert control.counters()["list"] == {"200": 1, "429": 1}
    control.set_limits("")
    assert api.call("GET").status_code == 200
    with pytest.raises(EmulatorError, match="limits"):
        control.set_limits("nonsense=1")


def test_they_can_be_given_at_the_start() -> None:
    with Emulator(limits="reads=20") as emulator:
        assert emulator.control.limits() == {"list": 20, "show": 20, "credits": 20}
