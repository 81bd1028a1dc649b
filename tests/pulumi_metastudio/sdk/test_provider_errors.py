"""What the SDK's provider host answers of an error: one line of ours, a traceback of any other."""

from __future__ import annotations

import importlib.machinery
import sys
import traceback
from types import ModuleType

import pytest
from pulumi.dynamic import Config, ConfigureRequest

from pulumi_metastudio.errors import JobRefusal, MetaStudioError
from pulumi_metastudio.provider import TrainingJobProvider
from pulumi_metastudio.sdk.provider_errors import show_as_lines


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module that is started as the SDK's provider host is."""
    module = ModuleType("__main__")
    module.__spec__ = importlib.machinery.ModuleSpec("pulumi.dynamic.__main__", None)
    vars(module)["traceback"] = traceback
    monkeypatch.setitem(sys.modules, "__main__", module)
    return module


def answer(host: ModuleType, error: Exception) -> str:
    try:
        raise error
    except (JobRefusal, ValueError):
        return str(vars(host)["traceback"].format_exc())


def test_an_error_for_users_is_its_line_and_any_other_a_traceback(host: ModuleType) -> None:
    original = traceback.format_exc
    show_as_lines(MetaStudioError)
    assert answer(host, JobRefusal("not in this state")) == "not in this state"
    assert answer(host, ValueError("odd")).startswith("Traceback")
    assert vars(host)["traceback"].print_exc is traceback.print_exc
    assert traceback.format_exc is original  # of every other module


def test_debugging_shows_every_traceback(host: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METASTUDIO_DEBUG", "1")
    TrainingJobProvider().configure(ConfigureRequest(Config({}, "p")))
    assert answer(host, JobRefusal("not in this state")).startswith("Traceback")
    monkeypatch.delenv("METASTUDIO_DEBUG")
    TrainingJobProvider().configure(ConfigureRequest(Config({}, "p")))
    assert answer(host, JobRefusal("not in this state")) == "not in this state"


def test_any_other_process_is_left_alone(host: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    host.__spec__ = importlib.machinery.ModuleSpec("pytest", None)
    show_as_lines(MetaStudioError)
    assert vars(host)["traceback"] is traceback
