"""What two runs of the same turn must have in common, and where they differ."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

from .operate import Outcome, summary

#: What the same resource need not have in two stacks.
VOLATILE = frozenset({"created", "modified", "sourcePosition", "stackTrace"})
_SHORT = (
    ("urn:pulumi:dev::proj::", ""),
    ("pulumi-python:dynamic/judge:", ""),
    ("judge:index:", ""),
)


def account(outcome: Outcome) -> dict[str, Any]:
    """A turn's outcome in comparable form. ``form`` is the checkpoint's own.

    ``calls`` are those of each thing in their order, the order between things being checked
    by ``disorder``; the resources of ``state`` and the steps of ``preview`` have no order.
    """
    resources = outcome.checkpoint["checkpoint"]["latest"].get("resources", [])
    pending = outcome.checkpoint["checkpoint"]["latest"].get("pending_operations", [])
    preview = outcome.preview
    return {
        "code": outcome.code,
        "form": {k: v for k, v in outcome.checkpoint.items() if k != "checkpoint"},
        "summary": summary(outcome.text) if preview is None and outcome.code >= 0 else {},
        "calls": _calls(outcome),
        "state": _by_name((_title(each), each) for each in resources),
        "pending": _by_name((f"{op['type']} {_title(op['resource'])}", op) for op in pending),
        "preview": _preview(preview, outcome.code) if preview is not None else {},
    }


def compact(accounted: dict[str, Any]) -> dict[str, Any]:
    """An account to be recorded: what was given to a call is reduced to a digest."""
    calls = {
        key: " ".join(
            f"{call}:{hashlib.sha256(given.encode()).hexdigest()[:6]}"
            for call, _, given in (each.partition(" ") for each in calls)
        )
        for key, calls in accounted["calls"].items()
    }
    return {part: value for part, value in {**accounted, "calls": calls}.items() if value != {}}


def differences(left: Any, right: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two accounts differ: the path, and what either has there (``None``: nothing)."""
    if isinstance(left, dict) and isinstance(right, dict):
        for name in sorted({*left, *right}):
            yield from differences(left.get(name), right.get(name), f"{path}/{name}".lstrip("/"))
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, pair in enumerate(zip(left, right, strict=True)):
            yield from differences(*pair, f"{path}/{index}")
    elif left != right or type(left) is not type(right):
        yield path, left, right


def disorder(before: dict[str, Any], outcome: Outcome) -> list[str]:
    """Calls that came too early: a creation before what it depends on, a deletion before its
    dependents are gone.

    Args:
        before: the checkpoint before the turn.
    """
    began, ended = (
        {
            (call, key): number
            for number, (moment, call, key, _) in enumerate(outcome.calls)
            if moment == wanted
        }
        for wanted in ("begin", "end")
    )
    wrong = []
    for call, checkpoint in (("create", outcome.checkpoint), ("delete", before)):
        resources = checkpoint["checkpoint"]["latest"].get("resources", [])
        live = {each["urn"]: each for each in resources if not each.get("delete")}
        for each in live.values():
            for urn in _needs(each, live):
                first, second = (live[urn], each) if call == "create" else (each, live[urn])
                pair = ((call, _key(first)), (call, _key(second)))
                if not began.keys() >= set(pair):
                    continue
                if began[pair[1]] < ended.get(pair[0], len(outcome.calls)):
                    wrong.append(f"{call} {_key(second)} began before {call} {_key(first)} ended")
    return wrong


def _key(resource: dict[str, Any]) -> str:
    key: str = _opened(resource.get("inputs", {}).get("key", ""))
    return key


def _opened(value: Any) -> Any:
    return value["secret"] if isinstance(value, dict) and "secret" in value else value


def _needs(resource: dict[str, Any], live: dict[str, Any]) -> set[str]:
    """What a resource depends on, directly or through components."""
    found: set[str] = set()
    waiting = [resource]
    while waiting:
        each = waiting.pop()
        for urn in {each.get("parent", ""), *each.get("dependencies", [])} & live.keys() - found:
            found.add(urn)
            if not live[urn].get("custom"):
                waiting.append(live[urn])
    return {urn for urn in found if live[urn].get("custom") and urn != resource["urn"]}


def _calls(outcome: Outcome) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for moment, call, key, given in outcome.calls:
        if moment == "begin":
            found.setdefault(key, []).append(f"{call} {json.dumps(given, sort_keys=True)}")
    # Several things of one key are looked at at the same time: by a refresh a new one, and an old
    # one that is still to go; by a program what it does not manage, perhaps twice under one id.
    for calls in found.values():
        looks = list(itertools.takewhile(lambda call: call.startswith(("read", "diff")), calls))
        calls[: len(looks)] = sorted(looks, key=_subject)
    return found


def _subject(call: str) -> tuple[str, str]:
    """The id of the thing that a call is about, and what the program calls it."""
    given = json.loads(call.partition(" ")[2])
    properties = given.get("props") or given.get("news") or {}
    return given["id"], properties.get("key", "")


def _title(resource: dict[str, Any]) -> str:
    words = [resource["urn"]]
    if resource.get("delete"):
        words.append(f"to delete {resource.get('id', '')}")
    return " ".join(words)


def _by_name(items: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for title, item in items:
        key = _short(title)
        while key in found:
            key += " again"
        found[key] = _normal(item)
    return found


def _normal(value: Any, name: str = "") -> Any:
    if name == "__provider":
        return "…"  # the provider's code
    if name == "provider":
        return re.sub(r"::[^:]*$", "", _short(value))
    if name == "dependencies" and isinstance(value, list):
        return sorted(map(_short, value))
    if name == "propertyDependencies" and isinstance(value, dict):
        return {key: sorted(map(_short, urns or [])) for key, urns in value.items() if urns}
    if isinstance(value, dict):
        provider = str(value.get("type", "")).startswith("pulumi:providers:")
        return {
            key: _normal(item, key)
            for key, item in value.items()
            if key not in VOLATILE and key not in ("type", "urn") and not (provider and key == "id")
        }
    if isinstance(value, list):
        return [_normal(item) for item in value]
    return _short(value) if isinstance(value, str) else value


def _short(text: str) -> str:
    for long, short in _SHORT:
        text = text.replace(long, short)
    return text


def _preview(digest: dict[str, Any], code: int) -> dict[str, Any]:
    """A preview's JSON without the time it took and, where it failed, what is chance."""
    diagnostics = [
        (_short(each.get("urn", "")), each["severity"], _last_line(each["message"]))
        for each in digest.get("diagnostics", [])
        if each["severity"] != "info#err"  # what a program that is cut off complains of
    ]
    rest = {k: v for k, v in digest.items() if k not in ("steps", "diagnostics", "duration")}
    if code:
        rest.pop("changeSummary", None)
    steps = digest.get("steps", [])
    return {
        **_normal(rest),
        "steps": _by_name((f"{step['op']} {step['urn']}", step) for step in steps),
        "diagnostics": sorted(" ".join(words) for words in diagnostics),
    }


def _last_line(message: str) -> str:
    """Of a traceback its last line: the others name this machine's folders."""
    lines = message.strip().splitlines()
    return _short(lines[-1] if "Traceback" in message else "\n".join(lines))
