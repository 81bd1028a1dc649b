"""For a terminal: finished steps as lines, running ones as rows that change in place."""

from __future__ import annotations

import threading
from typing import Any, Final, TextIO, cast

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from ..model.steps import Op, Step
from .base import Diagnostic, Severity
from .outlet import Outlet
from .text import DOING, TextDisplay, row

_STYLES: Final = {"+": "green", "-": "red", "~": "yellow", ">": "cyan", "<": "cyan"}
_SEVERITY_STYLES: Final = {Severity.WARNING: "yellow", Severity.ERROR: "red"}
_FRAMES_PER_SECOND: Final = 8


class LiveDisplay(TextDisplay):
    """Adds rows for running steps: what is done, for how long, and the provider's status text."""

    def __init__(self, title: str, out: Outlet, stack_urn: str, **options: Any) -> None:
        super().__init__(title, out, stack_urn, **options)
        self._console = Console(file=cast(TextIO, out), highlight=False, soft_wrap=True)
        self._running: dict[str, Step] = {}
        self._statuses: dict[str, str] = {}
        # Not the display's own lock: that one is held while lines are printed, which waits for
        # the thread that draws the rows, which asks for the rows.
        self._rows_lock = threading.Lock()
        self._live = Live(
            get_renderable=self._rows,
            console=self._console,
            refresh_per_second=_FRAMES_PER_SECOND,
            transient=True,
        )

    def begin(self) -> None:
        super().begin()
        self._live.start()

    def end(self) -> None:
        self._live.stop()
        super().end()

    def _rows(self) -> Any:
        with self._rows_lock:
            running = [(step, self._statuses.get(urn, "")) for urn, step in self._running.items()]
        rows = []
        for step, status in running:
            # A row is one line; it is brief so that there is room for the status.
            text = Text(f"{row(step, DOING, brief=True)} ({step.elapsed:.0f}s) ", _style(step))
            text.append(status, "dim")
            text.truncate(self._console.width, overflow="ellipsis")
            rows.append(text)
        return Group(*rows)

    def _line(self, text: str) -> None:
        self._console.print(Text(text))

    def _show_step_began(self, step: Step) -> None:
        if step.op is not Op.SAME:
            with self._rows_lock:
                self._running[step.urn] = step

    def _show_step_ended(self, step: Step, failed: bool) -> None:
        with self._rows_lock:
            self._running.pop(step.urn, None)
            self._statuses.pop(step.urn, None)
        self._live.refresh()
        super()._show_step_ended(step, failed)

    def _show_diagnostic(self, diagnostic: Diagnostic) -> None:
        if diagnostic.severity in _SEVERITY_STYLES or not diagnostic.urn:
            super()._show_diagnostic(diagnostic)

    def _show_status(self, urn: str, text: str) -> None:
        with self._rows_lock:
            self._statuses[urn] = " ".join(self.secrets.redact(text).split())


def _style(step: Step) -> str:
    mark = row(step, DOING).strip()[:1]
    return _STYLES.get(mark, "")
