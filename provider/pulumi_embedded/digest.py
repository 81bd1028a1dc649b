"""A JSON account of a deployment, in the manner of ``pulumi preview --json``."""

from __future__ import annotations

from typing import Any

from .display import Display
from .state import ResourceState, resource_fields
from .values import mask, reveal


def digest(display: Display, show_secrets: bool) -> dict[str, Any]:
    """What was done, or in a preview would be; secrets are masked unless asked for."""
    steps = []
    for step in display.steps:
        if not step.counted:
            continue
        entry: dict[str, Any] = {"op": step.op.value, "urn": step.urn}
        if step.state.provider:
            entry["provider"] = step.state.provider
        if step.old is not None:
            entry["oldState"] = _state(step.old, show_secrets)
        if step.new is not None:
            entry["newState"] = _state(step.new, show_secrets)
        if step.replace_keys:
            entry["replaceReasons"] = list(step.replace_keys)
        changes = step.changes()
        if changes:
            kinds = {"+": "add", "-": "delete", "~": "update"}
            entry["detailedDiff"] = {
                name: {"kind": kinds[mark], "inputDiff": True} for mark, name in changes
            }
        else:
            entry["detailedDiff"] = None
        steps.append(entry)
    return {
        "steps": steps,
        "diagnostics": [
            {
                "message": diagnostic.message,
                "severity": diagnostic.severity.name.lower(),
                **({"urn": diagnostic.urn} if diagnostic.urn else {}),
            }
            for diagnostic in display.diagnostics
        ],
        "changeSummary": display.change_summary(),
    }


def _state(state: ResourceState, show_secrets: bool) -> dict[str, Any]:
    shown = {
        name: reveal(value) if show_secrets else mask(value)
        for name, value in (("inputs", state.inputs), ("outputs", state.outputs))
    }
    fields = {key: value for key, value in vars(state).items() if key not in shown}
    return resource_fields(ResourceState(**fields, **shown), None)
