"""What a run shows the user. This base class only remembers; its subclasses show it."""

from __future__ import annotations

import enum
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Final

from ..model.steps import Op, Step
from ..model.values import Properties
from .secrecy import KnownSecrets

# Steps that leave nothing different for the next run to see.
_UNCHANGING: Final = frozenset(
    {Op.SAME, Op.READ, Op.READ_REPLACEMENT, Op.READ_DISCARD, Op.REMOVE_PENDING_REPLACE}
)


class Severity(enum.IntEnum):
    """How serious a message is; the numbers are those of Pulumi's engine service."""

    DEBUG = 0
    INFO = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True)
class Diagnostic:
    """A lasting message, under a resource or, with an empty URN, under the stack."""

    severity: Severity
    message: str
    urn: str


class Display:
    """Follows one deployment. Its methods may be called from any thread.

    Attributes:
        steps: the steps that ended, in order.
        diagnostics: the lasting messages, in order.
        outputs: the stack's outputs, once they are known, and those of the run before.
        secrets: what must not be shown in the clear.
        began: when it was made, by the monotonic clock.
    """

    def __init__(self, *, dry_run: bool, secrets: KnownSecrets | None = None) -> None:
        self.dry_run = dry_run
        self.secrets = secrets or KnownSecrets()
        self.steps: list[Step] = []
        self.diagnostics: list[Diagnostic] = []
        self.outputs: Properties | None = None
        self.old_outputs: Properties = {}
        self.failed_urns: set[str] = set()
        self.began = time.monotonic()
        self._lock = threading.RLock()

    def step_began(self, step: Step) -> None:
        """A step started."""
        if not step.hidden:
            with self._lock:
                self._show_step_began(step)

    def step_ended(self, step: Step, *, failed: bool = False) -> None:
        """A step ended."""
        self.secrets.learn(step.state.outputs)
        if step.hidden:
            return
        with self._lock:
            step.failed = failed
            self.steps.append(step)
            if failed:
                self.failed_urns.add(step.urn)
            self._show_step_ended(step, failed)

    def diagnostic(self, severity: Severity, message: str, urn: str = "") -> None:
        """A message that lasts. Those for debugging are dropped."""
        if severity is Severity.DEBUG or not message.strip():
            return
        with self._lock:
            if severity is Severity.ERROR:
                self.failed_urns.add(urn)
            diagnostic = Diagnostic(severity, message.rstrip(), urn)
            self.diagnostics.append(diagnostic)
            self._show_diagnostic(diagnostic)

    def info(self, message: str, urn: str = "") -> None:
        """A lasting message for information."""
        self.diagnostic(Severity.INFO, message, urn)

    def warning(self, message: str, urn: str = "") -> None:
        """A lasting warning."""
        self.diagnostic(Severity.WARNING, message, urn)

    def error(self, message: str, urn: str = "") -> None:
        """A lasting error."""
        self.diagnostic(Severity.ERROR, message, urn)

    def status(self, urn: str, text: str) -> None:
        """What is going on inside a running step right now."""
        with self._lock:
            self._show_status(urn, text)

    def set_outputs(self, old: Properties, new: Properties) -> None:
        """The stack's outputs, before and after."""
        self.old_outputs, self.outputs = old, new

    def begin(self) -> None:
        """The deployment starts."""

    def end(self) -> None:
        """The deployment has ended."""

    def change_summary(self) -> dict[str, int]:
        """How many resources each kind of step was for, in the order of ``Op``."""
        counts = Counter(step.op for step in self.steps if step.counted and not step.failed)
        return {op.value: counts[op] for op in Op if counts[op]}

    def has_changes(self) -> bool:
        """Whether any resource was, or in a preview would be, changed."""
        return any(step.counted and step.op not in _UNCHANGING for step in self.steps)

    def _show_step_began(self, step: Step) -> None: ...

    def _show_step_ended(self, step: Step, failed: bool) -> None: ...

    def _show_diagnostic(self, diagnostic: Diagnostic) -> None: ...

    def _show_status(self, urn: str, text: str) -> None: ...
