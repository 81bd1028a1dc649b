"""Plain lines, in the manner of the CLI's own output without a terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

from ..model.steps import Op, Step
from ..model.urns import urn_name, urn_type
from ..model.values import UNKNOWN, Properties, Secret, Value, equal
from .base import Diagnostic, Display, Severity
from .outlet import Outlet

# A step's mark, and what it is called in a preview, while it runs, and when it is done.
_WORDS: Final = {
    op: line.split("|")
    for op, line in {
        Op.SAME: "  |||",
        Op.CREATE: "+ |create|creating|created",
        Op.UPDATE: "~ |update|updating|updated",
        Op.DELETE: "- |delete|deleting|deleted",
        Op.REPLACE: "+-|replace|replacing|replaced",
        Op.CREATE_REPLACEMENT: "++|create replacement|creating replacement|created replacement",
        Op.DELETE_REPLACED: "--|delete original|deleting original|deleted original",
        Op.READ: "> |read|reading|read",
        Op.READ_REPLACEMENT: ">>|read for replacement|reading for replacement|read",
        Op.READ_DISCARD: "< |discard|discarding|discarded",
        Op.DISCARD_REPLACED: "<<|discard original|discarding original|discarded original",
        Op.REFRESH: "~ |refresh|refreshing|refreshed",
        Op.REMOVE_PENDING_REPLACE: "~ |complete replace|completing replace|completed replace",
    }.items()
}
TO_DO, DOING, DONE = 1, 2, 3
_LOOKS: Final = frozenset({Op.READ, Op.READ_REPLACEMENT, Op.READ_DISCARD})
LABELS: Final = {Severity.WARNING: "warning: ", Severity.ERROR: "error: "}


class TextDisplay(Display):
    """Writes a line when a step begins, one when it ends, and a summary.

    Args:
        title: what is being done, such as ``Updating (dev):``.
        out: where the lines go.
        stack_urn: the stack's own resource; messages without a resource are shown under it.
        show_secrets: whether secret outputs are shown as they are.
        options: those of every display.
    """

    def __init__(
        self, title: str, out: Outlet, stack_urn: str, *, show_secrets: bool = False, **options: Any
    ) -> None:
        super().__init__(**options)
        self._title = title
        self._out = out
        self._stack_urn = stack_urn
        self._show_secrets = show_secrets

    def begin(self) -> None:
        self._line(self._title)

    def end(self) -> None:
        with self._lock:
            for line in self._summary():
                self._line(line)

    def _line(self, text: str) -> None:
        self._out.write(f"{text}\n")

    def _show_step_began(self, step: Step) -> None:
        if not self.dry_run and step.op is not Op.SAME:
            self._line(f"{row(step, DOING)} (0s)")

    def _show_step_ended(self, step: Step, failed: bool) -> None:
        if failed:
            self._line(f"{row(step, DOING)} failed")
        elif step.op is not Op.SAME and self.dry_run:
            self._line(row(step, TO_DO))
        elif step.op is not Op.SAME:
            self._line(f"{row(step, DONE)} ({step.elapsed:.2f}s){_changes_note(step)}")

    def _show_diagnostic(self, diagnostic: Diagnostic) -> None:
        label = LABELS.get(diagnostic.severity, "")
        self._message(diagnostic.urn or self._stack_urn, label, diagnostic.message)

    def _show_status(self, urn: str, text: str) -> None:
        # There is no row to write over; statuses are rare enough for lines of their own.
        self._message(urn, "", text)

    def _message(self, urn: str, label: str, text: str) -> None:
        first_line = self.secrets.redact(text).partition("\n")[0]
        self._line(f"    {urn_type(urn)} {urn_name(urn)} {label}{first_line}")

    def _summary(self) -> Iterator[str]:
        yield from self._diagnostics_text()
        if self.outputs is not None:
            old, new = map(self.secrets.redact_value, (self.old_outputs, self.outputs))
            yield from outputs_text(old, new, self._show_secrets)
        yield from self._resources_text()
        if not self.dry_run:
            yield f"Duration: {max(1, round(time.monotonic() - self.began))}s"
            yield ""

    def _diagnostics_text(self) -> Iterator[str]:
        """The messages, grouped under their resources."""
        groups: dict[str, list[Diagnostic]] = {}
        for diagnostic in self.diagnostics:
            groups.setdefault(diagnostic.urn or self._stack_urn, []).append(diagnostic)
        if groups:
            yield "Diagnostics:"
        for urn, group in groups.items():
            yield f"  {urn_type(urn)} ({urn_name(urn)}):"
            for diagnostic in group:
                message = self.secrets.redact(diagnostic.message)
                text = LABELS.get(diagnostic.severity, "") + message
                yield from (f"    {line}".rstrip() for line in text.splitlines())
            yield ""

    def _resources_text(self) -> Iterator[str]:
        # As the CLI: to look something up is no change.
        summary = {op: n for op, n in self.change_summary().items() if Op(op) not in _LOOKS}
        unchanged = summary.pop(Op.SAME.value, 0)
        if not summary and not self.failed_urns:
            yield f"Resources: no changes, {unchanged} unchanged"
            yield ""
            return
        yield "Resources:"
        for name, count in summary.items():
            mark, to_do, _, done = _WORDS[Op(name)]
            yield f"    {mark}{count} {f'to {to_do}' if self.dry_run else done}"
        if self.failed_urns:
            yield f"    {len(self.failed_urns)} errored"
        if unchanged:
            total = f"{sum(summary.values())} changes. " if len(summary) > 1 else ""
            yield f"    {total}{unchanged} unchanged"
        yield ""


def row(step: Step, tense: int, *, brief: bool = False) -> str:
    """A step's line.

    Args:
        tense: ``TO_DO``, ``DOING`` or ``DONE``.
        brief: without the type and the changes, where width is short.
    """
    words = _WORDS[step.op]
    note = "" if tense == DONE or brief else _changes_note(step)
    kind = "" if brief else f"{urn_type(step.urn)} "
    return f" {words[0]} {kind}{urn_name(step.urn)} {words[tense]}{note}"


def _changes_note(step: Step) -> str:
    """The properties that a step changes: `` [diff: ~name,+tags]``."""
    changes = ",".join(f"{mark}{name}" for mark, name in step.changes())
    return f" [diff: {changes}]" if changes else ""


def outputs_text(old: Properties, new: Properties, show_secrets: bool) -> Iterator[str]:
    """The stack's outputs with what changed in them."""
    names = sorted(old.keys() | new.keys())
    if not names:
        return
    yield "Outputs:"
    width = max(map(len, names))
    for name in names:
        before = _format(old[name], show_secrets) if name in old else ""
        after = _format(new[name], show_secrets) if name in new else ""
        if name not in old:
            mark, text = "+ ", after
        elif name not in new:
            mark, text = "- ", before
        elif equal(old[name], new[name]):
            mark, text = "  ", after
        else:
            mark, text = "~ ", f"{before} => {after}"
        yield f"  {mark}{name:<{width}}: {text}"
    yield ""


def _format(value: Value, show_secrets: bool, indent: str = "    ") -> str:
    if isinstance(value, Secret):
        return _format(value.value, True, indent) if show_secrets else "[secret]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if not isinstance(value, (dict, list)):
        words = {UNKNOWN: "[unknown]", None: "<null>"}
        return str(value).lower() if isinstance(value, bool) else words.get(value, str(value))
    deeper = f"{indent}    "
    if isinstance(value, dict):
        (start, end), pairs, width = "{}", sorted(value.items()), max(map(len, value), default=0)
    else:
        (start, end), pairs, width = "[]", [(f"[{n}]", v) for n, v in enumerate(value)], 0
    lines = [f"{deeper}{key:<{width}}: {_format(v, show_secrets, deeper)}" for key, v in pairs]
    return "\n".join([start, *lines, f"{indent}{end}"]) if lines else start + end
