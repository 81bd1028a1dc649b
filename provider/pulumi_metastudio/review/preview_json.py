"""Read what ``pulumi preview --json`` prints, of the Pulumi CLI or the embedded engine.

Source: ``pkg/display/json.go`` in pulumi/pulumi (``PreviewDigest``). Of a dynamic resource it
carries operation, URN, old and new state, ``replaceReasons`` and diagnostics; a replacement is one
step, secrets are ``[secret]``, unknown values a fixed UUID.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InputError
from ..lifecycle.schema import BEHAVIOUR, FIELDS, FILES, UNKNOWN, Kind

JOB_TYPE = "pulumi-python:dynamic/metastudio:TrainingJob"
_STACK_TYPE = "pulumi:pulumi:Stack"
_UNKNOWN_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_WAY_OUT = "give what 'pulumi preview --json' or 'metastudio preview --json' prints"
#: In an event stream, which the CLI writes when asked for one, each line has a number.
_EVENT = "sequence"


class _Secret:
    def __repr__(self) -> str:
        return "[secret]"


#: Stands for every secret value; two of them may be the same or not.
SECRET = _Secret()


@dataclass(frozen=True)
class Step:
    """What a preview plans for one training job.

    Attributes:
        op: ``create``, ``update``, ``replace``, ``delete``, ``same``, ``refresh``, …
        old_inputs, old_outputs: as the state records them; empty of a new job.
        new_inputs: as checked now; empty of a job that goes.
        replace_reasons: the inputs that force a new job.
        retained: Pulumi itself keeps the resource (``retain_on_delete``).
        external: the program only looks it up.
        diagnostics: lasting lines of its row, as pairs of severity and text.
    """

    op: str
    urn: str
    old_inputs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    old_outputs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    new_inputs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    replace_reasons: tuple[str, ...] = ()
    retained: bool = False
    external: bool = False
    diagnostics: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return self.urn.rpartition("::")[2]


@dataclass(frozen=True)
class Preview:
    """What a preview plans for a stack.

    Attributes:
        steps: of training jobs, one for each URN.
        others: how many other resources change.
        diagnostics: lines of the stack and of no resource, as pairs of severity and text.
    """

    stack: str
    steps: tuple[Step, ...]
    others: int = 0
    diagnostics: tuple[tuple[str, str], ...] = ()

    @property
    def errors(self) -> tuple[str, ...]:
        """Why the preview failed; empty when it succeeded."""
        lines = [*self.diagnostics, *(line for step in self.steps for line in step.diagnostics)]
        return tuple(text for severity, text in lines if severity == "error")


def read_preview(text: str) -> Preview:
    """Read a preview.

    Raises:
        InputError: it is no preview's JSON.
    """
    try:
        digest = json.loads(text)
    except ValueError as error:
        first = text.lstrip()[:1]
        if first == "{" and _EVENT in text[:200]:
            raise InputError(f"this is a stream of events, and no digest: {_WAY_OUT}") from None
        why = "it is empty" if not first else f"it is no JSON ({error})"
        raise InputError(f"the preview cannot be read, {why}: {_WAY_OUT}") from None
    if not isinstance(digest, dict) or not isinstance(digest.get("changeSummary"), dict):
        raise InputError(f"the JSON is no preview, it has no changeSummary: {_WAY_OUT}")
    listed = [step for step in _list(digest, "steps") if isinstance(step.get("urn"), str)]
    lines = list(_lines(_list(digest, "diagnostics")))
    # With --refresh the CLI lists first that it looks at each resource.
    steps = [step for step in listed if step.get("op") != "refresh"]
    jobs = {step["urn"]: step for step in steps if _type(step["urn"]) == JOB_TYPE}
    # A job that stays as it is has no step, yet perhaps something to say.
    for urn, _, _ in lines:
        if _type(urn) == JOB_TYPE:
            jobs.setdefault(urn, {"op": "same", "urn": urn})
    return Preview(
        _stack(listed, [urn for urn, _, _ in lines]),
        tuple(_step(step, _of(lines, urn)) for urn, step in jobs.items()),
        sum(_changes(step) for step in steps if _type(step["urn"]) not in (JOB_TYPE, _STACK_TYPE)),
        tuple((severity, line) for urn, severity, line in lines if urn not in jobs),
    )


def _step(step: Mapping[str, Any], lines: tuple[tuple[str, str], ...]) -> Step:
    old, new = _dict(step, "oldState"), _dict(step, "newState")
    return Step(
        str(step.get("op")),
        step["urn"],
        _properties(_dict(old, "inputs")),
        _properties(_dict(old, "outputs")),
        _properties(_dict(new, "inputs")),
        tuple(str(name) for name in step.get("replaceReasons") or ()),
        bool(old.get("retainOnDelete")),
        bool(old.get("external") or new.get("external")),
        lines,
    )


def _lines(diagnostics: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """URN, severity and text of each line, without the engine's own prefix."""
    seen = set()
    for each in diagnostics:
        severity = str(each.get("severity", "info"))
        text = str(each.get("message", "")).strip()
        text = text.removeprefix(f"{severity}: ").removeprefix("info: ")
        line = (str(each.get("urn", "")), severity, text)
        if text and line not in seen:  # what is replaced is checked twice, and says so twice
            seen.add(line)
            yield line


def _of(lines: list[tuple[str, str, str]], urn: str) -> tuple[tuple[str, str], ...]:
    return tuple((severity, text) for of, severity, text in lines if of == urn)


def _stack(steps: list[dict[str, Any]], urns: list[str]) -> str:
    for urn in [*(str(step["urn"]) for step in steps), *urns]:
        if urn.startswith("urn:pulumi:"):
            return urn.split("::")[0].removeprefix("urn:pulumi:")
    return ""


def _type(urn: str) -> str:
    parts = urn.split("::")
    return parts[2].rpartition("$")[2] if len(parts) > 3 else ""


def _changes(step: Mapping[str, Any]) -> bool:
    return step.get("op") not in ("same", "read") and not _type(step["urn"]).startswith(
        "pulumi:providers:"
    )


_TYPES: dict[str, type | tuple[type, ...]] = {
    **{
        name: {Kind.TEXT: str, Kind.FLAG: bool, Kind.TEXTS: list, Kind.OBJECT: dict}[field.kind]
        for name, field in FIELDS.items()
    },
    **dict.fromkeys(FILES, (str, dict)),
    **dict.fromkeys(("submit", "expose_download_urls"), bool),
    **dict.fromkeys(("deletion_policy", "existing_job_id", "state", "job_id"), str),
    **dict.fromkeys(("pending", "__declared", "__ignored"), list),
    **dict.fromkeys(("fingerprints", "__fingerprints", "__sources", "__sent"), dict),
}


def _properties(values: dict[str, Any]) -> dict[str, Any]:
    """The values that this provider could have written; what is of another type is left out."""
    return {
        name: value
        for name, value in _plain(values).items()
        if isinstance(value, _TYPES.get(name, object))
        or (value in (SECRET, UNKNOWN) and (name in FIELDS or name in FILES or name in BEHAVIOUR))
    }


def _plain(value: Any) -> Any:
    """Values with the engine's marks as objects that no text can be mistaken for."""
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if value == "[secret]":
        return SECRET
    return UNKNOWN if value == _UNKNOWN_WIRE else value


def _list(of: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = of.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _dict(of: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = of.get(name)
    return found if isinstance(found, dict) else {}
