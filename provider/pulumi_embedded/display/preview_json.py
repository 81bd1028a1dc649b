"""A deployment as JSON: of a preview, what ``pulumi preview --json`` gives.

Dynamic resources have little to show there. Their provider passes on whether something changes and
what forces a replacement, and nothing else: so ``detailedDiff`` is null unless it leaves the
comparison to the engine, and a new state has no outputs yet. The CLI has no such JSON for a real
run; ours includes the outputs then.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..model.diffs import Diff
from ..model.property_paths import path_text
from ..model.resources import ResourceState
from ..model.steps import Op, Step
from ..model.urns import STACK_TYPE
from ..model.values import UNKNOWN_WIRE, Properties, mask, reveal
from ..project.checkpoint import resource_fields
from ..project.config import Config
from .base import Diagnostic, Display
from .secrecy import KnownSecrets
from .text import LABELS

Show = Callable[[Properties], Properties]


def preview_digest(display: Display, config: Config, show_secrets: bool) -> dict[str, Any]:
    """What was done, or in a preview would be; secrets are masked unless asked for.

    Diagnostics and configuration are left out when there are none.
    """
    shown = {key: "[secret]" if value.secret else value.text for key, value in config.items()}
    diagnostics = [_diagnostic(each, display.secrets) for each in display.diagnostics]
    counts = display.change_summary()
    counts.pop(Op.READ.value, None)

    def show(properties: Properties) -> Properties:
        properties = display.secrets.redact_value(properties)
        return dict(mask(reveal(properties) if show_secrets else properties, UNKNOWN_WIRE))

    return {
        **({"config": shown} if shown else {}),
        "steps": [
            _step(step, show, planned=display.dry_run)
            for step in display.steps
            if step.counted and _is_listed(step) and (display.dry_run or not step.failed)
        ],
        **({"diagnostics": diagnostics} if diagnostics else {}),
        "duration": int((time.monotonic() - display.began) * 1e9),
        "changeSummary": counts,
    }


def _is_listed(step: Step) -> bool:
    """Of what stays the same, only the stack itself and a changed protection are listed."""
    if step.op is not Op.SAME or step.state.type == STACK_TYPE:
        return True
    return step.old is not None and step.old.protect != step.state.protect


def _step(step: Step, show: Show, *, planned: bool) -> dict[str, Any]:
    def fields(state: ResourceState) -> dict[str, Any]:
        shown = replace(state, inputs=show(state.inputs), outputs=show(state.outputs))
        return resource_fields(shown, None)

    entry: dict[str, Any] = {"op": step.op.value, "urn": step.urn}
    if step.state.provider:
        entry["provider"] = step.state.provider
    if step.old is not None:
        entry["oldState"] = fields(step.old)
    new = step.planned if planned and step.planned else step.new
    if new is not None:
        entry["newState"] = fields(new)
    diff = step.diff or Diff(True)
    if diff.replace_keys:
        entry["replaceReasons"] = list(diff.replace_keys)
    if diff.detailed:
        entry["diffReasons"] = diff.changed_keys
        entry["detailedDiff"] = {
            path_text(path): {"kind": kind, "inputDiff": True}
            for path, kind in diff.detailed.items()
            if path[0] != "__provider"
        }
    entry.setdefault("detailedDiff", None)
    return entry


def _diagnostic(diagnostic: Diagnostic, secrets: KnownSecrets) -> dict[str, str]:
    message = secrets.redact(diagnostic.message)
    return {
        **({"urn": diagnostic.urn} if diagnostic.urn else {}),
        "message": f"{LABELS.get(diagnostic.severity, '')}{message}\n",
        "severity": diagnostic.severity.name.lower(),
    }
