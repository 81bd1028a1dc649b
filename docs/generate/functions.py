"""The functions and classes that a program uses."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import pulumi_metastudio
from pulumi_metastudio import TrainingJob

from .text import code, entries, one_line, page, plain, sections, table

#: What has a page of its own.
_ELSEWHERE = {
    "TrainingJob": "[Inputs](inputs.md), [outputs](outputs.md), [the resource](../resource.md).",
    "TrainingJobArgs": "[Inputs](inputs.md).",
    "SharedInputs": "[Inputs](inputs.md).",
    "VoicePropertiesArgs": "[Inputs](inputs.md#the-job).",
    "FileInput": "What a file may be given as: [the resource](../resource.md#files).",
    "TrainingBatch": "[A batch from a manifest](../batch.md).",
}


def _signature(name: str, function: Callable[..., Any]) -> str:
    lines: list[str] = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name == "self":
            continue
        star = "*" * (parameter.kind is parameter.VAR_POSITIONAL)
        star = "**" if parameter.kind is parameter.VAR_KEYWORD else star
        value = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
        kind = f": {parameter.annotation}" if parameter.annotation is not parameter.empty else ""
        keyword_only = parameter.kind is parameter.KEYWORD_ONLY
        if keyword_only and "*" not in lines and not any(line.startswith("*") for line in lines):
            lines.append("*")
        lines.append(f"{star}{parameter.name}{kind}{value}".replace("builtins.", ""))
    result = inspect.signature(function).return_annotation
    inside = "".join(f"    {line},\n" for line in lines)
    end = "" if result in (inspect.Signature.empty, "None", None) else f" -> {result}"
    return f"```text\n{name}(\n{inside}){end}\n```"


def _function(name: str, function: Callable[..., Any], told: str | None) -> Iterator[str]:
    parts = sections(told)
    yield _signature(name, function)
    yield plain("\n\n".join(map(one_line, parts[""].split("\n\n"))))
    for section in ("Args", "Attributes"):
        if section in parts:
            rows = ((code(each), text) for each, text in entries(parts[section]).items())
            yield table(("argument", "meaning"), rows)
    if "Raises" in parts:
        found = entries(parts["Raises"]).items()
        yield "\n".join(f"Raises {code(kind)}: {text}" for kind, text in found)


def _entries() -> Iterator[str]:
    for name in sorted(pulumi_metastudio.__all__, key=lambda name: (name[0].isupper(), name)):
        thing = getattr(pulumi_metastudio, name)
        yield f"## {name}"
        if inspect.isfunction(thing):
            yield from _function(name, thing, thing.__doc__)
        elif name in _ELSEWHERE:
            told = sections(getattr(thing, "__doc__", "") if isinstance(thing, type) else "")[""]
            yield plain(one_line(told.partition("\n\n")[0]))
            yield _ELSEWHERE[name]
        else:
            yield from _function(name, thing, thing.__doc__)
        if thing is TrainingJob:
            yield "### TrainingJob.get"
            yield from _function("TrainingJob.get", thing.get, thing.get.__doc__)


def page_text() -> str:
    """The page of all public names."""
    text = page(
        "Functions and classes",
        "All names of `pulumi_metastudio`. [Functions in the program](../functions.md) says how "
        "they are used.",
        *_entries(),
    )
    return re.sub(r"docs/(\w+)\.md", r"[\1](../\1.md)", text)
