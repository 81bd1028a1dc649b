"""Recordings of a probe: a text file that reviewers read and tests replay.

It begins with a line for each fact about the run. Each exchange is a line
``--- NUMBER OPERATION``, the request's fields, a line ``===``, and the answer's fields; a field is
its name, a colon and JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import InputError
from ..exchanges import Answered
from ..report import Where
from .scrubbing import Scrubber

_HEAD = "metastudio recording 1"


@dataclass(frozen=True)
class Recording:
    """A recording that was read.

    Attributes:
        facts: service, region, date and profile, and what somebody added.
        exchanges: scrubbed requests and answers, in their order.
    """

    facts: Mapping[str, str]
    exchanges: tuple[tuple[dict[str, Any], dict[str, Any]], ...]


class Recorder:
    """Keeps what it hears; written when the run has ended."""

    def __init__(self, where: Where):
        self._where = where
        self._heard: list[Answered] = []
        self._run_id = ""

    def begun(self, run_id: str) -> None:
        """Note the run's id, which is hidden."""
        self._run_id = run_id

    def heard(self, answered: Answered) -> None:
        """Note an exchange."""
        self._heard.append(answered)

    def save(self, folder: Path, project_id: str, profile: str) -> Path:
        """Write the recording; returns its file. Arguments are those of ``text``.

        Raises:
            OSError: it cannot be written.
        """
        where = self._where
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{where.service}-{where.region or 'region'}-{where.date}.txt"
        file.write_text(self.text(project_id, profile), encoding="utf-8")
        return file

    def text(self, project_id: str, profile: str) -> str:
        """The recording, scrubbed.

        Args:
            project_id: is hidden.
            profile: what the run observed, for an emulator that replays it.
        """
        where = self._where
        facts = {"service": where.service, "region": where.region, "date": where.date}
        scrubber = Scrubber(self._run_id or "no run id", project_id)
        exchanges = []
        for answered in self._heard:
            request = scrubber.request(answered.asked)
            exchanges.append((request, scrubber.answer(answered)))
        return written({**facts, "profile": profile}, exchanges)


def written(
    facts: Mapping[str, str], exchanges: list[tuple[dict[str, Any], dict[str, Any]]]
) -> str:
    """A recording as text."""
    lines = [_HEAD, *(f"{name}: {value}" for name, value in facts.items())]
    for number, (request, answer) in enumerate(exchanges, 1):
        lines += ["", f"--- {number} {request['operation']}", *_fields(request)]
        lines += ["===", *_fields(answer)]
    return "\n".join(lines) + "\n"


def read(text: str) -> Recording:
    """Read a recording.

    Raises:
        InputError: it is none.
    """
    try:
        head, *rest = text.split("\n--- ")
        first, *facts = head.splitlines()
        if first != _HEAD:
            raise ValueError(first)
        return Recording(
            dict(line.split(": ", 1) for line in facts if ": " in line),
            tuple(_exchange(section) for section in rest),
        )
    except ValueError as error:
        raise InputError(f"no recording of format 1: {error}") from None


def _exchange(section: str) -> tuple[dict[str, Any], dict[str, Any]]:
    title, _, rest = section.partition("\n")
    request, _, answer = rest.partition("\n===\n")
    return {"operation": title.split()[-1], **_read(request)}, _read(answer)


def _fields(shown: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, value in shown.items():
        if name == "operation":
            continue
        if name == "value" and isinstance(value, dict):
            # One line for each field of an answer, so that a difference is one line too.
            lines += [f"value.{field}: {_json(each)}" for field, each in value.items()]
        else:
            lines.append(f"{name}: {_json(value)}")
    return lines


def _read(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in text.splitlines():
        if line:
            name, _, value = line.partition(": ")
            into = found.setdefault("value", {}) if name.startswith("value.") else found
            into[name.removeprefix("value.")] = json.loads(value)
    return found


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
