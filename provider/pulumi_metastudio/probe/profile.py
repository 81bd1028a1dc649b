"""Write what was observed as a file that ``metastudio emulator --profile FILE`` loads.

TOML, one table for each switch. A switch that was not observed has no value, so that the emulator
keeps its default; the file says why.
"""

from __future__ import annotations

import json

from .report import Where
from .runner import Result

FORMAT = 1


def as_toml(result: Result, where: Where) -> str:
    """The profile of the service that a run was against."""
    lines = [
        "# What 'metastudio probe' observed; 'metastudio emulator --profile FILE' behaves like it.",
        "# A switch that was not observed has no value: there, the emulator keeps its default.",
        f"format = {FORMAT}",
        f"date = {_text(where.date)}",
        f"region = {_text(where.region)}",
        f"service = {_text(where.service)}",
    ]
    for each in result.findings.switches(result.otherwise):
        lines += ["", f"[switch.{each.switch}]", f"observed = {_plain(each.value is not None)}"]
        if each.value is None:
            lines.append(f"why = {_text(each.why)}")
            continue
        lines += [
            f"value = {_plain(each.value)}",
            f"date = {_text(where.date)}",
            f"region = {_text(where.region)}",
            f"answers = {_text(each.why)}",
            f"evidence = {_text('; '.join(map(str, each.evidence)))}",
        ]
    return "\n".join(lines) + "\n"


def as_text(result: Result) -> str:
    """The same on one line, as the emulator's ``--profile`` takes it."""
    found = result.findings.switches(result.otherwise)
    observed = [f"{e.switch}={_plain(e.value)}" for e in found if e.value is not None]
    return ",".join(["tutorial", *observed])


def _plain(value: bool | int) -> str:
    return str(value).lower()


def _text(text: str) -> str:
    # A basic string of TOML is one of JSON, but for DEL, which no text here has.
    return json.dumps(text.replace("\x7f", ""), ensure_ascii=False)
