"""docs/emulator.md names everything that there is to choose or to call."""

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
def test_every_switch_stands_there_with_its_values(switch):
    values = [str(getattr(PROFILES[name], switch)).lower() for name in ("tutorial", "strict")]
    assert f"| `{switch}` | {values[0]} | {values[1]} |" in PAGE


@pytest.mark.parametrize(
    "method",
    [name for name, _ in inspect.getmembers(Control, inspect.isfunction) if name[0] != "_"],
)
def test_every_control_method_stands_there(method):
    assert f"`{method}(" in PAGE


@pytest.mark.parametrize("option", [option.opts[0] for option in emulator.params])
def test_every_option_stands_there(option):
    assert f"`{option}" in PAGE


@pytest.mark.parametrize("action", get_args(Action))
def test_every_fault_stands_there(action):
    assert f"| `{action}` |" in PAGE


def test_the_way_of_a_job_stands_there():
    assert ", ".join([*PATH, "JOB_SUCCESS"]) in " ".join(PAGE.split())
