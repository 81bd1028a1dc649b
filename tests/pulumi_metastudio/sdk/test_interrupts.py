"""An interrupted program ends without a traceback, and any other as ever."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from pulumi_metastudio.sdk.interrupts import hide_interrupts


class Stopped(KeyboardInterrupt):
    """An interrupt of somebody's own kind."""


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """What the program's own hook is called with."""
    hooked: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, where: hooked.append(error))
    return hooked


def end(error: BaseException) -> None:
    sys.excepthook(type(error), error, None)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Stopped()])
def test_an_interrupt_is_not_printed(error: BaseException, printed: list[Any]) -> None:
    hide_interrupts()
    end(error)
    assert printed == []


@pytest.mark.parametrize("error", [ValueError("v"), SystemExit(1), BaseException()])
def test_all_else_goes_to_the_programs_own_hook(error: BaseException, printed: list[Any]) -> None:
    hide_interrupts()
    end(error)
    assert printed == [error]


def test_each_job_asks_and_one_hook_is_enough(printed: list[Any]) -> None:
    hide_interrupts()
    first = sys.excepthook
    hide_interrupts()
    assert sys.excepthook is first


@pytest.mark.parametrize(("raised", "quiet"), [("KeyboardInterrupt", True), ("ValueError", False)])
def test_a_real_program(raised: str, quiet: bool) -> None:
    module = "pulumi_metastudio.sdk.interrupts"
    program = f"from {module} import hide_interrupts as h; h(); raise {raised}"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode != 0
    assert (run.stderr == "") is quiet
    assert ("Traceback" in run.stderr) is not quiet
