"""Refuse bad input before anything is created: every problem at once, each with its way out.

A value that is not known yet is passed over; it is looked at again when it is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..api.identifiers import (
    ACCOUNT_RULE,
    APP_USER_ID_RULE,
    JOB_ID_RULE,
    is_account,
    is_app_user_id,
    is_job_id,
)
from .material import Look
from .ownership import is_own_tag
from .schema import (
    BEHAVIOUR,
    DELETION_POLICIES,
    FIELDS,
    FILES,
    UNKNOWN,
    VOICE_CHOICES,
    FieldInput,
    Inputs,
    Kind,
)

#: Files that the review of an ordinary tenant wants.
_REVIEWED = ("id_card_image1", "id_card_image2", "grant_file")
_DEPRECATED = ("V2", "V3")


@dataclass(frozen=True)
class Problem:
    """What is wrong with one input.

    Attributes:
        property: the input's path, for example ``voice_properties.sex``.
        reason: what is wrong and how to mend it, in one line.
    """

    property: str
    reason: str

    def __str__(self) -> str:
        return f"{self.property} {self.reason}"


def normalised(inputs: Inputs) -> dict[str, Any]:
    """Inputs without the ones that were not given; whole numbers as int, not as float."""
    found = {name: _whole(value) for name, value in inputs.items() if value is not None}
    for name in found.keys() & FILES.keys():
        if isinstance(found[name], dict):
            parts = {n: _whole(part) for n, part in found[name].items() if part is not None}
            found[name] = UNKNOWN if UNKNOWN in parts.values() else parts
    return found


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def problems(inputs: Inputs, look: Look | None = None) -> list[Problem]:
    """Everything that is wrong with normalised inputs.

    Args:
        look: looks at the files, and remembers what it found.
    """
    found: list[Problem] = []
    look = look or Look()
    for name in inputs:
        if not name.startswith("__") and name not in FIELDS and name not in FILES:
            found += _behaviour(name, inputs[name])
    for field in FIELDS.values():
        if field.name in inputs:
            found += _field(field, inputs[field.name])
    if "name" not in inputs and "existing_job_id" not in inputs:
        found.append(Problem("name", "is missing: give the model a name of 1 to 256 characters"))
    for file in FILES:
        if file in inputs:
            found += [Problem(file, text) for text in look.problems(file, inputs[file])]
    # Combinations make sense only of values that are fine by themselves.
    bad = {problem.property.partition(".")[0] for problem in found}
    return [*found, *_combinations({**inputs, **dict.fromkeys(bad, UNKNOWN)})]


def _behaviour(name: str, value: Any) -> Iterator[Problem]:
    if name not in BEHAVIOUR:
        yield Problem(
            name, "is not an input of a training job: see docs/reference/inputs.md for the list"
        )
    elif value is UNKNOWN:
        return
    elif name in ("submit", "expose_download_urls") and not isinstance(value, bool):
        yield Problem(name, f"is {_shown(value)}: it must be true or false")
    elif name == "deletion_policy" and value not in DELETION_POLICIES:
        yield Problem(name, f"is {_shown(value)}: choose one of {', '.join(DELETION_POLICIES)}")
    elif name == "existing_job_id" and not is_job_id(value):
        yield Problem(name, f"is {_shown(value)}: {JOB_ID_RULE}")
    elif name == "account" and not is_account(value):
        yield Problem(name, f"is {_shown(value)}: {ACCOUNT_RULE}")


def _field(field: FieldInput, value: Any) -> Iterator[Problem]:
    if value is UNKNOWN:
        return
    if field.kind is Kind.OBJECT:
        yield from _voice(value)
        return
    items: list[Any] = value if isinstance(value, list) else [value]
    if not _fits(field.kind, value, items):
        # A phone number is not to be read in an error.
        what = type(value).__name__ if field.name == "contact" else _shown(value)
        yield Problem(field.name, f"is {what}: it must be {field.kind.value}")
        return
    if field.length and not field.length[0] <= len(value) <= field.length[1]:
        low, high = field.length
        yield Problem(
            field.name, f"has {len(value)} characters: it must have {low} to {high} characters"
        )
    for item in items:
        if field.choices and item is not UNKNOWN and item not in field.choices:
            yield Problem(
                field.name, f"is {_shown(item)}: choose one of {', '.join(field.choices)}"
            )
    if field.name == "app_user_id" and value and not is_app_user_id(value):
        yield Problem(field.name, APP_USER_ID_RULE)
    if field.name == "tags":
        for tag in items:
            if isinstance(tag, str) and is_own_tag(tag):
                yield Problem(
                    field.name,
                    f"has {_shown(tag)}, which is how this provider marks its own jobs: remove it",
                )


def _fits(kind: Kind, value: Any, items: list[Any]) -> bool:
    if kind is Kind.TEXTS:
        return value is items and all(isinstance(i, str) or i is UNKNOWN for i in items)
    return isinstance(value, bool if kind is Kind.FLAG else str)


def _voice(value: Any) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem("voice_properties", f"is {_shown(value)}: it must be an object")
        return
    for key, choices in VOICE_CHOICES.items():
        path = f"voice_properties.{key}"
        if key not in value:
            yield Problem(path, f"is missing: choose one of {', '.join(choices)}")
        elif value[key] is not UNKNOWN and value[key] not in choices:
            yield Problem(path, f"is {_shown(value[key])}: choose one of {', '.join(choices)}")
    for key in value.keys() - VOICE_CHOICES.keys():
        yield Problem(f"voice_properties.{key}", "is not known: give job_tag, sex and language")


def _combinations(inputs: Inputs) -> Iterator[Problem]:
    editions = [inputs.get(name, False) for name in ("is_flexus", "is_fast_flexus")]
    flexus = True in editions
    standard = not flexus and UNKNOWN not in editions
    way_out = "set is_flexus (or is_fast_flexus) to true, or leave it out"
    if standard and inputs.get("voice_properties", UNKNOWN) is not UNKNOWN:
        yield Problem("voice_properties", f"is for the Flexus edition only: {way_out}")
    if standard and inputs.get("is_only_human_model") is True:
        yield Problem("is_only_human_model", f"is for the Flexus edition only: {way_out}")
    submitted = inputs.get("submit", True) is True and "existing_job_id" not in inputs
    if submitted and "training_video" not in inputs:
        yield Problem(
            "training_video",
            "is missing: a job without one cannot be submitted; give it, or set submit to false",
        )
    services = inputs.get("supported_service")
    if flexus and isinstance(services, list):
        for service in services:
            if service not in ("VIDEO_2D", UNKNOWN):
                yield Problem(
                    "supported_service",
                    f"has {service}, but a Flexus avatar serves VIDEO_2D only: remove it",
                )
    if inputs.get("audio_source_type") == "AUDIO" and "audio" not in inputs:
        yield Problem(
            "audio_source_type",
            "is AUDIO without an audio archive: give audio (a zip file), or choose VIDEO",
        )


def warnings(inputs: Inputs) -> list[str]:
    """What is allowed in normalised inputs and yet worth a second look; one line each."""
    found = []
    version = inputs.get("model_version")
    if version in _DEPRECATED:
        found.append(f"model_version {version} is deprecated: choose V3.2 (the default) or V3.3")
    missing = [name for name in _REVIEWED if name not in inputs]
    submitted = inputs.get("submit", True) is True and "existing_job_id" not in inputs
    if missing and submitted:
        found.append(
            f"without {_listed(missing)} the review fails; only whitelisted tenants need none"
        )
    return found


def _listed(names: list[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
