"""A JSON account of a deployment: of a preview, what ``pulumi preview --json`` tells.

That is little of dynamic resources, whose provider passes on whether something changes and what
forces a replacement, and nothing else: so ``detailedDiff`` is null unless it leaves the comparison
to the engine, and a new state has no outputs yet. Only of a real run, of which the CLI gives no
such account, the outputs are told.
"""

from __future__ import annotations

import time
from typing import Any

from .config import Config
from .diffs import Diff
from .display import Diagnostic, Display, Severity
from .paths import path_text
from .state import ResourceState, resource_fields
from .steps import Op, Step
from .urns import STACK_TYPE
from .values import UNKNOWN_WIRE, mask, reveal

_PREFIXES = {Severity.WARNING: "warning: ", Severity.ERROR: "error: "}


def digest(display: Display, config: Config, show_secrets: bool) -> dict[str, Any]:
    """What was done, or in a preview would be; secrets are masked unless asked for.

    Diagnostics and configuration are left out when there are none.
    """
    shown = {key: "[secret]" if value.secret else value.text for key, value in config.items()}
    told = [_diagnostic(each) for each in display.diagnostics]
    return {
        **({"config": shown} if shown else {}),
        "steps": [
            _step(step, show_secrets, planned=display.dry_run)
            for step in display.steps
            if step.counted and _is_news(step)
        ],
        **({"diagnostics": told} if told else {}),
        "duration": int((time.monotonic() - display.began) * 1e9),
        "changeSummary": {
            op: count for op, count in display.change_summary().items() if op != Op.READ.value
        },
    }


def _is_news(step: Step) -> bool:
    """Of what stays the same, only the stack itself and a changed protection are told."""
    if step.op is not Op.SAME or step.state.type == STACK_TYPE:
        return True
    return step.old is not None and step.old.protect != step.state.protect


def _step(step: Step, show_secrets: bool, *, planned: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {"op": step.op.value, "urn": step.urn}
    if step.state.provider:
        entry["provider"] = step.state.provider
    if step.old is not None:
        entry["oldState"] = _state(step.old, show_secrets)
    new = step.planned if planned and step.planned else step.new
    if new is not None:
        entry["newState"] = _state(new, show_secrets)
    diff = step.diff or Diff(True)
    if diff.replace_keys:
        entry["replaceReasons"] = list(diff.replace_keys)
    if diff.detailed:
        entry["diffReasons"] = diff.changed_keys
        differences = {
            path_text(path): {"kind": kind, "inputDiff": True}
            for path, kind in diff.detailed.items()
            if path[0] != "__provider"
        }
    return {**entry, "detailedDiff": differences if diff.detailed else None}


def _diagnostic(diagnostic: Diagnostic) -> dict[str, str]:
    return {
        **({"urn": diagnostic.urn} if diagnostic.urn else {}),
        "message": f"{_PREFIXES.get(diagnostic.severity, '')}{diagnostic.message}\n",
        "severity": diagnostic.severity.name.lower(),
    }


def _state(state: ResourceState, show_secrets: bool) -> dict[str, Any]:
    shown = {
        name: mask(reveal(value) if show_secrets else value, UNKNOWN_WIRE)
        for name, value in (("inputs", state.inputs), ("outputs", state.outputs))
    }
    fields = {key: value for key, value in vars(state).items() if key not in shown}
    return resource_fields(ResourceState(**fields, **shown), None)
