"""Plain lines, in the manner of the CLI's own output without a terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

from ..model.steps import Op, Step
from ..model.urns import urn_name, urn_type
from ..model.values import Properties, Secret, Unknown, Value, equal
from .base import Diagnostic, Display, Severity
from .outlet import Outlet

MARKS: Final = {
    Op.SAME: "  ",
    Op.CREATE: "+ ",
    Op.UPDATE: "~ ",
    Op.DELETE: "- ",
    Op.REPLACE: "+-",
    Op.CREATE_REPLACEMENT: "++",
    Op.DELETE_REPLACED: "--",
    Op.READ: "> ",
    Op.READ_REPLACEMENT: ">>",
    Op.READ_DISCARD: "< ",
    Op.DISCARD_REPLACED: "<<",
    Op.REFRESH: "~ ",
    Op.REMOVE_PENDING_REPLACE: "~ ",
}
# What a step is called in a preview, while it runs, and when it is done.
_WORDS: Final = {
    op: tuple(words.split("/"))
    for op, words in {
        Op.SAME: "//",
        Op.CREATE: "create/creating/created",
        Op.UPDATE: "update/updating/updated",
        Op.DELETE: "delete/deleting/deleted",
        Op.REPLACE: "replace/replacing/replaced",
        Op.CREATE_REPLACEMENT: "create replacement/creating replacement/created replacement",
        Op.DELETE_REPLACED: "delete original/deleting original/deleted original",
        Op.READ: "read/reading/read",
        Op.READ_REPLACEMENT: "read for replacement/reading for replacement/read",
        Op.READ_DISCARD: "discard/discarding/discarded",
        Op.DISCARD_REPLACED: "discard original/discarding original/discarded original",
        Op.REFRESH: "refresh/refreshing/refreshed",
        Op.REMOVE_PENDING_REPLACE: "complete replace/completing replace/completed replace",
    }.items()
}
_LOOKS: Final = frozenset({Op.READ, Op.READ_REPLACEMENT, Op.READ_DISCARD})
_LABELS: Final = {Severity.WARNING: "warning: ", Severity.ERROR: "error: "}


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
        self._started = time.monotonic()

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
            self._line(f"{row(step, 1)} (0s)")

    def _show_step_ended(self, step: Step, failed: bool) -> None:
        if failed:
            self._line(f"{row(step, 1)} failed")
        elif step.op is Op.SAME:
            return
        elif self.dry_run:
            self._line(row(step, 0))
        else:
            self._line(f"{row(step, 2)} ({step.elapsed:.2f}s){changes_note(step)}")

    def _show_diagnostic(self, diagnostic: Diagnostic) -> None:
        urn = diagnostic.urn or self._stack_urn
        first_line = self.secrets.redact(diagnostic.message).partition("\n")[0]
        label = _LABELS.get(diagnostic.severity, "")
        self._line(f"    {urn_type(urn)} {urn_name(urn)} {label}{first_line}")

    def _show_status(self, urn: str, text: str) -> None:
        # There is no row to write over; the provider tells seldom enough for lines of their own.
        first_line = self.secrets.redact(text).partition("\n")[0]
        self._line(f"    {urn_type(urn)} {urn_name(urn)} {first_line}")

    def _summary(self) -> Iterator[str]:
        yield from self._diagnostics_text()
        if self.outputs is not None:
            old, new = map(self.secrets.redact_value, (self.old_outputs, self.outputs))
            yield from outputs_text(old, new, self._show_secrets)
        yield from self._resources_text()
        if not self.dry_run:
            yield f"Duration: {max(1, round(time.monotonic() - self._started))}s"
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
                text = _LABELS.get(diagnostic.severity, "") + message
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
            op = Op(name)
            words = f"to {_WORDS[op][0]}" if self.dry_run else _WORDS[op][2]
            yield f"    {MARKS[op]}{count} {words}"
        if self.failed_urns:
            yield f"    {len(self.failed_urns)} errored"
        if unchanged:
            total = f"{sum(summary.values())} changes. " if len(summary) > 1 else ""
            yield f"    {total}{unchanged} unchanged"
        yield ""


def row(step: Step, tense: int, *, brief: bool = False) -> str:
    """A step's line: 0 says what would be done, 1 what is being done, 2 what was done.

    Args:
        brief: without the type and the changes, where width is short.
    """
    urn = step.urn
    note = "" if tense == 2 or brief else changes_note(step)
    kind = "" if brief else f"{urn_type(urn)} "
    return f" {MARKS[step.op]} {kind}{urn_name(urn)} {_WORDS[step.op][tense]}{note}"


def changes_note(step: Step) -> str:
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
        if name not in old:
            mark, text = "+ ", _format(new[name], show_secrets)
        elif name not in new:
            mark, text = "- ", _format(old[name], show_secrets)
        elif equal(old[name], new[name]):
            mark, text = "  ", _format(new[name], show_secrets)
        else:
            before, after = _format(old[name], show_secrets), _format(new[name], show_secrets)
            mark, text = "~ ", f"{before} => {after}"
        yield f"  {mark}{name:<{width}}: {text}"
    yield ""


def _format(value: Value, show_secrets: bool, indent: str = "    ") -> str:
    if isinstance(value, Secret):
        return _format(value.value, True, indent) if show_secrets else "[secret]"
    if isinstance(value, Unknown):
        return "[unknown]"
    if value is None:
        return "<null>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    deeper = indent + "    "
    if isinstance(value, dict):
        width = max(map(len, value), default=0)
        items = [
            f"{deeper}{key:<{width}}: {_format(item, show_secrets, deeper)}"
            for key, item in sorted(value.items())
        ]
        return "\n".join(["{", *items, f"{indent}}}"]) if items else "{}"
    if isinstance(value, list):
        items = [
            f"{deeper}[{index}]: {_format(item, show_secrets, deeper)}"
            for index, item in enumerate(value)
        ]
        return "\n".join(["[", *items, f"{indent}]"]) if items else "[]"
    return str(value)
