"""The service as the stack in a folder sees it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import engines

if TYPE_CHECKING:
    from ..lifecycle import Context

__all__ = ["stack_context"]


def stack_context(engine: str, folder: Path, stack: str) -> Context:
    """The service as the stack in this folder sees it; without a project, by the environment."""
    from ..lifecycle import Context
    from ..process import settings_from

    config: dict[str, Any] = {}
    if (folder / "Pulumi.yaml").exists():
        config = dict(engines.choose(engine).config(folder.resolve(), stack))
    return Context.of(settings_from(config))
