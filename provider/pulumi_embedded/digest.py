"""A JSON account of a deployment: of a preview, what ``pulumi preview --json`` tells.

That is little of dynamic resources, whose provider passes on whether something changes and what
forces a replacement, and nothing else: so ``detailedDiff`` is null unless it leaves the comparison
to the engine, and a new state has no outputs yet. Only of a real run, of which the CLI gives no
such account, the outputs are told.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from .config import Config
from .diffs import Diff
from .display import Diagnostic, Display, Severity
from .paths import path_text
from .secrecy import KnownSecrets
from .state import ResourceState, resource_fields
from .steps import Op, Step
from .urns import STACK_TYPE
from .values import UNKNOWN_WIRE, Properties, mask, reveal

Show = Callable[[Properties], Properties]

_PREFIXES = {Severity.WARNING: "warning: ", Severity.ERROR: "error: "}


def digest(display: Display, config: Config, show_secrets: bool) -> dict[str, Any]:
    """What was done, or in a preview would be; secrets are masked unless asked for.

    Diagnostics and configuration are left out when there are none.
    """
    shown = {key: "[secret]" if value.secret else value.text for key, value in config.items()}
    told = [_diagnostic(each, display.secrets) for each in display.diagnostics]

    def show(properties: Properties) -> Properties:
        properties = display.secrets.redact_value(properties)
        return dict(mask(reveal(properties) if show_secrets else properties, UNKNOWN_WIRE))

    return {
        **({"config": shown} if shown else {}),
        "steps": [
            _step(step, show, planned=display.dry_run)
            for step in display.steps
            if step.counted and _is_news(step) and (display.dry_run or not step.failed)
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


def _step(step: Step, show: Show, *, planned: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {"op": step.op.value, "urn": step.urn}
    if step.state.provider:
        entry["provider"] = step.state.provider
    if step.old is not None:
        entry["oldState"] = _state(step.old, show)
    new = step.planned if planned and step.planned else step.new
    if new is not None:
        entry["newState"] = _state(new, show)
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


def _diagnostic(diagnostic: Diagnostic, secrets: KnownSecrets) -> dict[str, str]:
    message = secrets.redact(diagnostic.message)
    return {
        **({"urn": diagnostic.urn} if diagnostic.urn else {}),
        "message": f"{_PREFIXES.get(diagnostic.severity, '')}{message}\n",
        "severity": diagnostic.severity.name.lower(),
    }


def _state(state: ResourceState, show: Show) -> dict[str, Any]:
    shown = dataclasses.replace(state, inputs=show(state.inputs), outputs=show(state.outputs))
    return resource_fields(shown, None)
