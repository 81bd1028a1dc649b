"""No traceback when the engine stops a program.

When one resource fails, the Pulumi CLI interrupts the program, which then dies of a
``KeyboardInterrupt`` and prints where it was waiting. That buries the one line that matters.
"""

from __future__ import annotations

import sys
from types import TracebackType


def hide_interrupts() -> None:
    """Let an interrupted Pulumi program end without a traceback; other errors are printed."""
    original = sys.excepthook
    if getattr(original, "hides_interrupts", False):
        return

    def hook(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            original(kind, error, where)

    hook.hides_interrupts = True  # type: ignore[attr-defined]
    sys.excepthook = hook
