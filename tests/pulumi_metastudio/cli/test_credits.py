"""``metastudio credits``."""

from __future__ import annotations

import json

from metastudio_emulator import Emulator

from .conftest import Run


def test_a_table(emulator: Emulator, run: Run) -> None:
    emulator.control.set_credits("FLEXUS_2D", 3, used=1)
    result = run("credits")
    assert result.exit_code == 0
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["edition", "total", "used", "left"],
        ["standard", "edition", "5", "0", "5"],
        ["Flexus", "edition", "3", "1", "2"],
    ]
    assert result.stderr.startswith("Not documented: when a credit is used up")


def test_json(run: Run) -> None:
    result = run("credits", "--json")
    assert json.loads(result.stdout)[0] == {
        "edition": "standard edition",
        "total": 5,
        "used": 0,
        "left": 5,
    }


def test_who_may_not_ask_is_told(emulator: Emulator, run: Run) -> None:
    emulator.control.add_fault("credits", "status", status=403)
    result = run("credits")
    assert result.exit_code == 1
    assert "HTTP 403" in result.stderr
    assert "ask an administrator of IAM" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_busy_service_is_asked_again(emulator: Emulator, run: Run) -> None:
    emulator.control.add_fault("credits", "status", status=503, times=1)
    assert run("credits").exit_code == 0
    assert emulator.control.counters()["credits"] == {"503": 1, "200": 1}
