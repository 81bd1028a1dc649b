"""docs/emulator.md describes every option, switch, control method and fault."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path
from typing import get_args

import pytest

from metastudio_emulator import PROFILES, Control, Profile
from metastudio_emulator.command_line import emulator
from metastudio_emulator.training.states import PATH
from metastudio_emulator.transport.faults import Action

PAGE = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text()


@pytest.mark.parametrize("switch", [field.name for field in dataclasses.fields(Profile)])
def test_every_switch_is_documented_with_its_values(switch: str) -> None:
    values = [str(getattr(PROFILES[name], switch)).lower() for name in ("tutorial", "strict")]
    assert f"| `{switch}` | {values[0]} | {values[1]} |" in PAGE


@pytest.mark.parametrize(
    "method",
    [name for name, _ in inspect.getmembers(Control, inspect.isfunction) if name[0] != "_"],
)
def test_every_control_method_is_documented(method: str) -> None:
    assert f"`{method}(" in PAGE


@pytest.mark.parametrize("option", [option.opts[0] for option in emulator.params])
def test_every_option_is_documented(option: str) -> None:
    assert f"`{option}" in PAGE


@pytest.mark.parametrize("action", get_args(Action))
def test_every_fault_is_documented(action: str) -> None:
    assert f"| `{action}` |" in PAGE


def test_the_states_of_a_successful_job_are_documented() -> None:
    assert ", ".join([*PATH, "JOB_SUCCESS"]) in " ".join(PAGE.split())
