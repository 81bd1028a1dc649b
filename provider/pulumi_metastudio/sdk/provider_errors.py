"""Errors of a dynamic provider that a user reads as one line.

The SDK's provider host answers every exception with a formatted traceback.
"""

from __future__ import annotations

import sys
import traceback
from types import ModuleType
from typing import Any


class _Traceback:
    """Stands for the module ``traceback`` in the SDK's host, and nowhere else."""

    def __init__(self, plain: type[Exception]):
        self._plain = plain

    def format_exc(self, *arguments: Any, **options: Any) -> str:
        """The message of an error that was written for users; of any other, its traceback."""
        error = sys.exc_info()[1]
        if isinstance(error, self._plain):
            return str(error)
        return traceback.format_exc(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(traceback, name)


def show_as_lines(plain: type[Exception]) -> None:
    """Let exceptions of this kind reach the user as their one line; any other is as ever.

    Outside the SDK's provider host nothing is changed.
    """
    host = sys.modules.get("__main__")
    spec = getattr(host, "__spec__", None)
    if isinstance(host, ModuleType) and spec and spec.name == "pulumi.dynamic.__main__":
        vars(host)["traceback"] = _Traceback(plain)
