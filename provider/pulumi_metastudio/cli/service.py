"""The service as the stack in a folder sees it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from . import engines
from .target import Target, find_target

if TYPE_CHECKING:
    from ..lifecycle import Context


def stack_context(engine: str, folder: Path, stack: str | None) -> Context:
    """The service as the stack in this folder sees it; without a project, by the environment.

    Raises:
        ConfigurationError: the stack's configuration cannot be read, so that nobody knows which
            project at the service is meant.
    """
    return context_of(engine, find_target(folder, stack))


def context_of(engine: str, target: Target | None) -> Context:
    """The service as a stack sees it; errors are those of ``stack_context``."""
    from ..lifecycle import Context
    from ..process_state import settings_from

    config: dict[str, str] = {}
    if target:
        target.require()
        config = engines.choose(engine).config(target)
    return Context.of(settings_from(config))
