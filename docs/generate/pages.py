"""Which page is written by which module."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from . import command, errors, functions, resource, settings, states, tutorial

FOLDER = Path(__file__).parents[1] / "reference"

PAGES: dict[str, Callable[[], str]] = {
    "inputs.md": resource.inputs,
    "outputs.md": resource.outputs,
    "functions.md": functions.page_text,
    "settings.md": settings.page_text,
    "command.md": command.page_text,
    "states.md": states.page_text,
    "errors.md": errors.page_text,
    "../tutorial.md": tutorial.page_text,
}
