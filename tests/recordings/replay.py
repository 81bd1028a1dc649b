"""Replay a recording: does the client read it, and does an emulator answer the same?

``python -m tests.recordings.replay FILE`` prints each difference; with ``--accept`` it writes them
beside the recording, as known: the suite fails when others come, and when one of them is mended.
"""

from __future__ import annotations

import argparse
import re
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from tests.probe.service import client_of

from metastudio_emulator import Emulator
from pulumi_metastudio.api import CommandAnswer, JobDetail, JobPage, ResourceUsagePage, UploadUrls
from pulumi_metastudio.probe import ProbeClient
from pulumi_metastudio.probe.exchanges import Asked, Content
from pulumi_metastudio.probe.recording import Recording, Scrubber, read
from pulumi_metastudio.probe.recording.scrubbing import TEXTS, time_of

MODELS: dict[str, type[BaseModel]] = {
    "create": UploadUrls,
    "update": UploadUrls,
    "list": JobPage,
    "show": JobDetail,
    "command": CommandAnswer,
    "usage": ResourceUsagePage,
}
_PLACEHOLDER = re.compile(r"<(?:job|url) \d+(?:, part \d+)?>")
_ABSENT = object()


def client_differences(recording: Recording) -> list[str]:
    """What the client's models do not know, or cannot read."""
    found: list[str] = []
    for number, (request, answer) in enumerate(recording.exchanges, 1):
        model = MODELS.get(request["operation"])
        if model is None or not 200 <= answer["status"] < 300:
            continue
        where = f"exchange {number}, {request['operation']}"
        value = _with_numbers(answer.get("value"))
        try:
            parsed = model.model_validate(value).model_dump()
        except ValidationError as error:
            found.append(f"{where}: the client refuses it: {error.errors()[0]['msg']}")
        else:
            found += [f"{where}: {each}" for each in _unread("value", value, parsed)]
    return found


def _unread(path: str, value: Any, parsed: Any) -> Iterator[str]:
    if isinstance(value, dict) and isinstance(parsed, dict):
        for name, each in value.items():
            if name not in parsed:
                yield f"the client does not know {path}.{name}"
            else:
                yield from _unread(f"{path}.{name}", each, parsed[name])
    elif isinstance(value, list) and isinstance(parsed, (list, tuple)):
        if len(value) != len(parsed):
            yield f"the client reads {len(parsed)} of {len(value)} items of {path}"
        for number, (each, read_as) in enumerate(zip(value, parsed, strict=False)):
            yield from _unread(f"{path}[{number}]", each, read_as)
    elif value not in (None, "", "null") and parsed in (None, "", []):
        yield f"the client cannot read {path}"


def _with_numbers(value: Any) -> Any:
    """A scrubbed value with a number where one was hidden."""
    if isinstance(value, dict):
        return {name: _with_numbers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_numbers(each) for each in value]
    return 0 if value == "<number>" else value


def emulator_differences(recording: Recording, emulator: Emulator) -> Iterator[str]:
    """Where an emulator that has no jobs answers otherwise; each line names exchange and field."""
    with client_of(emulator) as client:
        replay = _Replay(client)
        for number, (request, answer) in enumerate(recording.exchanges, 1):
            for each in replay.differences(request, answer):
                yield f"exchange {number}, {request['operation']}: {each}"


class _Replay:
    def __init__(self, client: ProbeClient):
        self._client = client
        self._run_id = secrets.token_hex(6)
        self._scrubber = Scrubber(self._run_id, client.project_id)
        self._values: dict[str, str] = {}

    def differences(self, request: dict[str, Any], recorded: dict[str, Any]) -> list[str]:
        try:
            asked = self._asked(request)
        except KeyError as error:
            return [f"the emulator never gave {error.args[0]}"]
        answered = self._client.send(asked)
        self._scrubber.request(asked)
        shown = self._scrubber.answer(answered)
        raw = {"value": answered.value}
        return list(self._compared("", recorded, shown, raw))

    def _asked(self, request: dict[str, Any]) -> Asked:
        fields = {name: self._real(value) for name, value in request.items()}
        content = fields.pop("content", None)
        if content:
            fields["content"] = Content(*content)
        return Asked(**fields)

    def _real(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._real(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._real(each) for each in value]
        if not isinstance(value, str):
            return value
        if value.startswith("<now"):
            return time_of(value)
        return _PLACEHOLDER.sub(self._value, value.replace("<run>", self._run_id))

    def _value(self, found: re.Match[str]) -> str:
        placeholder = found[0]
        if placeholder.startswith("<url") or placeholder in self._values:
            return self._values[placeholder]
        # An id that no answer gave: the probe made it up.
        return self._values.setdefault(placeholder, secrets.token_hex(16))

    def _compared(self, path: str, recorded: Any, shown: Any, raw: Any) -> Iterator[str]:
        name = path.rpartition(".")[2]
        if name in TEXTS:
            return
        if isinstance(recorded, dict) and isinstance(shown, dict):
            raw = raw if isinstance(raw, dict) else {}
            for each in [*recorded, *(more for more in shown if more not in recorded)]:
                below = f"{path}.{each}" if path else each
                values = (recorded.get(each, _ABSENT), shown.get(each, _ABSENT), raw.get(each))
                yield from self._compared(below, *values)
        elif isinstance(recorded, list) and isinstance(shown, list):
            if len(recorded) != len(shown):
                yield f"{path}: recorded {len(recorded)} items, the emulator gives {len(shown)}"
            raw = raw if isinstance(raw, list) else []
            for number, pair in enumerate(zip(recorded, shown, raw, strict=False)):
                yield from self._compared(f"{path}[{number}]", *pair)
        elif isinstance(recorded, str) and _PLACEHOLDER.fullmatch(recorded):
            yield from self._same_thing(path, recorded, shown, raw)
        elif recorded != shown:
            yield f"{path}: recorded {_told(recorded)}, the emulator gives {_told(shown)}"

    def _same_thing(self, path: str, recorded: str, shown: Any, raw: Any) -> Iterator[str]:
        """A placeholder: of one kind, and a job's for the same job as before."""
        if not isinstance(shown, str) or _kind(shown) != _kind(recorded):
            yield f"{path}: recorded {recorded}, the emulator gives {_told(shown)}"
        elif recorded.startswith("<url"):
            self._values[recorded] = raw
        elif self._values.setdefault(recorded, raw) != raw:
            yield f"{path}: recorded {recorded}, the emulator gives another job"


def _kind(placeholder: str) -> str:
    return re.sub(r" \d+(?=[,>])", "", placeholder, count=1)


def _told(value: Any) -> str:
    return "nothing" if value is _ABSENT else repr(value)


def known(file: Path) -> list[str]:
    """The differences of a recording that are accepted for now."""
    beside = file.with_suffix(".differences")
    return beside.read_text(encoding="utf-8").splitlines() if beside.exists() else []


def differences(file: Path) -> list[str]:
    """All differences of a recording, the client's first."""
    recording = read(file.read_text(encoding="utf-8"))
    with Emulator(profile=recording.facts["profile"], transitions="manual") as emulator:
        return [*client_differences(recording), *emulator_differences(recording, emulator)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--accept", action="store_true")
    arguments = parser.parse_args()
    found = differences(arguments.file)
    print("\n".join(found) or "no difference")
    if arguments.accept:
        text = "".join(f"{each}\n" for each in found)
        arguments.file.with_suffix(".differences").write_text(text, encoding="utf-8")
    sys.exit(found != known(arguments.file))


if __name__ == "__main__":
    main()
