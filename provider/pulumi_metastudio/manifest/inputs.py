"""What a manifest may say of a job: the inputs by name, and values made to what each is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..common.names import meant
from ..errors import InputError
from ..lifecycle.schema import BEHAVIOUR, FIELDS, FILES, UNKNOWN, VOICE_CHOICES, Kind
from ..transfer.sources import is_url
from .messages import kind_of, shown

#: The kind of every input of a training job. ``triggers`` takes mappings, too.
INPUTS: dict[str, Kind] = {
    **{name: each.kind for name, each in FIELDS.items()},
    **dict.fromkeys(FILES, Kind.TEXT),
    **{name: Kind.FLAG if isinstance(v, bool) else Kind.TEXT for name, v in BEHAVIOUR.items()},
    "triggers": Kind.TEXTS,
}
#: What a job in a manifest may have: its inputs, and the name of its resource.
OF_JOB = {"resource": Kind.TEXT, **INPUTS}
#: A table has no objects in its cells: their parts have columns of their own.
PARTS = {f"voice_properties.{part}": Kind.TEXT for part in VOICE_CHOICES}
COLUMNS = {n: kind for n, kind in OF_JOB.items() if kind is not Kind.OBJECT} | PARTS


@dataclass
class Document:
    """A manifest's parts as its file has them; each job with what to call it to people."""

    batch_name: Any = None
    defaults: dict[str, Any] = field(default_factory=dict)
    jobs: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


def read_inputs(
    label: str, given: dict[str, Any], known: dict[str, Kind], folder: Path, problems: list[str]
) -> dict[str, Any]:
    """Inputs by name, each of its kind; those of another kind are reported, and become unknown."""
    inputs: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            problems.append(f"{label}: {unknown_input(name, known)}")
            continue
        try:
            inputs[name] = None if value is None else _converted(name, known[name], value)
        except InputError as error:
            problems.append(f"{label}: {name} is {error}: it must be {known[name].value}")
            inputs[name] = UNKNOWN
        else:
            if name in FILES and value is not None:
                inputs[name] = _beside(folder, value)
    return inputs


def unknown_input(name: object, known: Iterable[str] = INPUTS) -> str:
    """The message for an unknown input, with the one that was probably meant."""
    way_out = meant(name, known, "docs/reference/inputs.md lists the inputs")
    return f"{shown(name)} is not an input: {way_out}"


def _converted(name: str, kind: Kind, value: Any) -> Any:
    """A value, converted to the kind of its input.

    Raises:
        InputError: it is of another kind, which the message names.
    """
    if kind is Kind.TEXTS:
        if isinstance(value, str):
            return [text for part in value.split(";") if (text := part.strip())]
        if name == "triggers" or (
            isinstance(value, list) and all(isinstance(item, str) for item in value)
        ):
            return value
    elif kind is Kind.FLAG and isinstance(value, str):
        flag = {"true": True, "false": False}.get(value.strip().lower())
        if flag is not None:
            return flag
    elif isinstance(value, dict if kind is Kind.OBJECT else str):
        return value
    raise InputError(kind_of(value))


def _beside(folder: Path, location: str) -> str:
    """The path of a file that the manifest names; URLs and paths in ``~`` stay as they are."""
    here = is_url(location) or location.startswith("~") or not location
    return location if here else str(folder / location)
