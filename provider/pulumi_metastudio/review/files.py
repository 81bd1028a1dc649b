"""The files of a previewed job: which are sent, how large they are, which content they have."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..lifecycle.schema import FILES, UNKNOWN
from ..transfer.sources import is_url, url_label
from .preview_json import SECRET, Step


@dataclass(frozen=True)
class FileReview:
    """One declared file.

    Attributes:
        input: its name among the inputs.
        location: path, or URL without query and user; what it is where that is not to be told.
        size: bytes; None where they are not known before ``up``.
        before, after: SHA-256 of what the service has, and of what is declared; empty where not
            known.
        uploaded: whether ``up`` sends it.
    """

    input: str
    location: str
    size: int | None
    before: str
    after: str
    uploaded: bool


def files_of(step: Step, sent: Collection[str]) -> tuple[FileReview, ...]:
    """The declared files of a job.

    Args:
        sent: the inputs whose files ``up`` uploads.
    """
    inputs = step.new_inputs
    sources = _dict(inputs.get("__sources"))
    now, before = (
        _dict(of.get(name))
        for of, name in ((inputs, "__fingerprints"), (step.old_outputs, "fingerprints"))
    )
    return tuple(
        FileReview(
            name,
            _label(inputs[name]),
            _size(_dict(sources.get(name)).get("size")),
            _text(before.get(name)),
            _text(now.get(name)),
            name in sent,
        )
        for name in FILES
        if name in inputs
    )


def _label(location: Any) -> str:
    if isinstance(location, dict):
        location = location.get("path")
    if location is SECRET:
        return "(secret)"
    if location is UNKNOWN:
        return "(known after up)"
    text = str(location)
    if not is_url(text):
        return text
    try:
        return url_label(text)
    except InputError:
        return "(a URL)"


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _size(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
