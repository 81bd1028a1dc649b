"""Project and stack files as the CLI reads and writes them: YAML by go-yaml's rules, or JSON.

YAML leaves open what a plain word means. The CLI's library (``resolve.go`` in go-yaml v3) mixes
YAML 1.2 with parts of 1.1: ``yes`` and ``12:30`` are text, ``017`` and ``0o17`` are fifteen,
``2020-01-02`` is a date. PyYAML reads the syntax; what words mean is decided here.
"""

from __future__ import annotations

import base64
import datetime
import json
import math
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import yaml

from ..errors import EngineError
from ..files import write_atomically

_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_INTEGERS: Final = {
    16: re.compile(r"([-+]?)0[xX]([0-9a-fA-F]+)"),
    8: re.compile(r"([-+]?)0[oO]?([0-7]+)"),
    2: re.compile(r"([-+]?)0[bB]([01]+)"),
    10: re.compile(r"([-+]?)(0|[1-9][0-9]*)"),
}
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DATE: Final = re.compile(
    r"(\d{4}-\d\d?-\d\d?)(?:[Tt]([\d:]+)(\.\d+)?(Z|[-+]\d\d:\d\d)| ([\d:]+)(\.\d+)?)?", re.ASCII
)
_PLAIN: Final = "!plain"
_MERGE: Final = "tag:yaml.org,2002:merge"
_WORD_TAGS: Final = {
    _PLAIN,
    *(f"tag:yaml.org,2002:{t}" for t in "int float bool null timestamp".split()),
}
_HTML: Final = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
# Text that needs no quotes: words that are words in every version of YAML, keys, and ciphertexts.
_BARE: Final = re.compile(
    r"(?!(?i:true|false|null|yes|no|on|off|y|n)$)[A-Za-z][\w-]*"
    r"|v1:[\w+/=:]*[\w+/=]|[A-Za-z_][\w-]*:[A-Za-z_][\w-]*",
    re.ASCII,
)


class Date(str):
    """A date or a moment that was written without quotes, as Go prints a time.

    Attributes:
        rfc3339: what the program gets where the project file gives it as a default.
    """

    rfc3339: str


class OtherKey(str):
    """A mapping's key that was a number, a boolean, a date or nothing."""


def read(file: Path) -> dict[str, Any]:
    """The mapping in a file, JSON or YAML by its name; an empty one when there is nothing in it."""
    try:
        content = _parse(file, file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise EngineError(f"{file}: could not be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        # Its own text quotes the line, in which there may be a secret.
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        reason = getattr(error, "problem", None) or "it is not YAML"
        raise EngineError(f"{file}: could not be read: {where}{reason}") from None
    except ValueError as error:
        raise EngineError(f"{file}: could not be read: {error}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise EngineError(f"{file}: must hold a mapping")
    return content


def store(file: Path, keys: tuple[str, ...], value: str | dict[str, str]) -> None:
    """Put a value under a path of keys, and leave everything else as it is, comments too.

    A file in which that cannot be done, because of anchors or braces, is written anew.
    """
    text = file.read_text(encoding="utf-8-sig") if file.exists() else ""
    content = (_parse(file, text) if text.strip() else None) or {}
    inner = content
    for key in keys[:-1]:
        inner[key] = inner = inner.get(key) or {}
    inner[keys[-1]] = value
    if file.suffix == ".json":
        text = json.dumps(content, indent=4, ensure_ascii=False) + "\n"
    else:
        try:
            edited = _edit(text, keys, value)
            fits = _parse(file, edited) == content
        except yaml.YAMLError:
            fits = False
        text = edited if fits else _render(content, 0).lstrip("\n") + "\n"
    _write(file, text)


def remove(file: Path, section: str, key: str) -> None:
    """Take a key out of a mapping, and the mapping when nothing is left in it; see ``store``."""
    text = file.read_text(encoding="utf-8-sig")
    content = _parse(file, text)
    del content[section][key]
    path = (section, key) if content[section] else (section,)
    if not content[section]:
        del content[section]
    if file.suffix == ".json":
        text = json.dumps(content, indent=4, ensure_ascii=False) + "\n"
    else:
        try:
            edited = _without(text, path)
            fits = (_parse(file, edited) or {}) == content
        except yaml.YAMLError:
            fits = False
        text = edited if fits else _render(content, 0).lstrip("\n") + "\n"
    _write(file, text)


def _write(file: Path, text: str) -> None:
    # It is meant for version control, so it keeps the permissions of an ordinary file.
    write_atomically(file, text, mode=file.stat().st_mode & 0o777 if file.exists() else 0o644)


def json_text(value: Any) -> str:
    """The JSON that Go writes for a value: sorted, without spaces, with its numbers and escapes.

    Raises:
        ValueError: it has a number that is not finite.
    """
    if isinstance(value, dict):
        pairs = (f"{json_text(k)}:{json_text(v)}" for k, v in sorted(value.items()))
        return f"{{{','.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(json_text, value))}]"
    if isinstance(value, float) or (type(value) is int and value >= 2**63):
        return _float_text(float(value))
    return json.dumps(value, ensure_ascii=False).translate(_HTML)


def _float_text(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a number that can be stored")
    if value == 0 or 1e-6 <= abs(value) < 1e21:
        text = format(Decimal(repr(value or 0.0)), "f")
        return text.removesuffix(".0")
    return re.sub(r"(\.0)?e([-+])0*", r"e\2", repr(value))


def _parse(file: Path, text: str) -> Any:
    if file.suffix == ".json":
        return json.loads(text, parse_int=float)  # as Go reads a number of unknown type
    return next(yaml.load_all(text, _Loader), None)


def _word(word: str) -> Any:
    """What a plain word means."""
    if word in _WORDS:
        return _WORDS[word]
    digits = word if word[0] == "." else word.replace("_", "")
    if not (word[0].isascii() and (word[0].isdigit() or word[0] in "+-.")):
        return word
    date = _date(word)
    if date is not None:
        return date
    for base, pattern in _INTEGERS.items():
        match = pattern.fullmatch(digits)
        if match:
            number = int(f"{match[1]}{match[2]}", base)
            if -(2**63) <= number < 2**64:
                return number
    if _FLOAT.fullmatch(digits) and math.isfinite(float(digits)):
        return float(digits)
    return word


def _date(word: str) -> Date | None:
    match = _DATE.fullmatch(word)
    if match is None:
        return None
    date, time, fraction, zone, spaced_time, spaced_fraction = match.groups()
    parts = [*date.split("-"), *(time or spaced_time or "0:0:0").split(":")]
    try:
        year, month, day, hour, minute, second = map(int, parts)
        when = datetime.datetime(year, month, day, hour, minute, second)
        offset = datetime.datetime.strptime(zone or "Z", "%z").strftime("%z")
    except ValueError:
        return None
    plain = f"{when}{(fraction or spaced_fraction or '').rstrip('0').rstrip('.')}"
    name, suffix = ("UTC", "Z") if int(offset) == 0 else (offset, zone)
    result = Date(f"{plain} {offset} {name}")
    result.rfc3339 = f"{plain.replace(' ', 'T')}{suffix}"
    return result


class _Loader(yaml.SafeLoader):
    """PyYAML's syntax with the words of go-yaml."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        if kind is yaml.ScalarNode and implicit[0]:
            return _MERGE if value == "<<" else _PLAIN
        return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]

    def construct(self, node: Any) -> Any:
        """What a node holds, whatever tags stand before it."""
        if isinstance(node, yaml.SequenceNode):
            return [self.construct_object(item) for item in node.value]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node)
        if node.tag == "tag:yaml.org,2002:binary":
            return base64.b64decode(node.value).decode()
        return _word(node.value) if node.tag in _WORD_TAGS else node.value

    def _mapping(self, node: Any) -> dict[str, Any]:
        written: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _wrong(key, "a key must be text")
            if key.value in written and key.tag != _MERGE:
                raise _wrong(key, f"mapping key {key.value!r} is given twice")
            written.add(key.value)
        self.flatten_mapping(node)
        return {
            _key(self.construct(key)): self.construct_object(value) for key, value in node.value
        }


_Loader.yaml_constructors = {None: _Loader.construct}
_Loader.yaml_multi_constructors = {}


def _wrong(node: Any, problem: str) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def _key(key: Any) -> str:
    if type(key) is str:
        return key
    return OtherKey("<nil>" if key is None else key if isinstance(key, Date) else json_text(key))


def _edit(text: str, keys: tuple[str, ...], value: Any) -> str:
    """The text with a value put in at its place."""
    node = yaml.compose(text, _Loader)
    end, indent = len(text.rstrip()), 0
    for depth, key in enumerate(keys):
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        if pairs:
            end, indent = _end(text, node), pairs[0][0].start_mark.column
        found = next((pair for pair in pairs if pair[0].value == key), None)
        rest: Any = value
        for inner in reversed(keys[depth + 1 :]):
            rest = {inner: rest}
        if found is None:
            line_end = text.find("\n", end) if pairs else end
            line_end = len(text) if line_end < 0 else line_end
            added = _render({key: rest}, indent)
            return (text[:line_end] + added + text[line_end:].rstrip("\n")).lstrip("\n") + "\n"
        name, node = found
        if depth == len(keys) - 1 or not getattr(node, "value", None):
            after = text[max(_end(text, node), name.end_mark.index) :].removeprefix(":")
            return text[: name.end_mark.index] + ":" + _render(rest, indent + 2) + after
    raise AssertionError("there is a key to set")


def _without(text: str, keys: tuple[str, ...]) -> str:
    """The text without the lines of a key and its value, nor the comment right above them."""
    node: Any = yaml.compose(text, _Loader)
    for key in keys:
        name, node = next(pair for pair in node.value if pair[0].value == key)
    begin = text.rfind("\n", 0, name.start_mark.index) + 1
    while begin and len(keys) > 1:  # what stands above a section is about the file
        above = text.rfind("\n", 0, begin - 1) + 1
        if not text[above:begin].startswith(" " * name.start_mark.column + "#"):
            break
        begin = above
    end = text.find("\n", max(_end(text, node), name.end_mark.index))
    return text[:begin] + (text[end + 1 :] if end >= 0 else "")


def _end(text: str, node: Any) -> int:
    """Where a node ends, without the comments after it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(text, last[1] if isinstance(last, tuple) else last)
    return len(text[: node.end_mark.index].rstrip())


def _render(value: Any, indent: int) -> str:
    """A value as it stands after a key's colon; at the left margin, a whole document."""
    if isinstance(value, dict) and value:
        margin = "\n" + " " * indent
        return "".join(f"{margin}{_quoted(k)}:{_render(v, indent + 2)}" for k, v in value.items())
    if isinstance(value, list):
        return f" {json_text(value)}"
    return f" {_quoted(value) if isinstance(value, str) else json_text(value)}"


def _quoted(text: str) -> str:
    if _BARE.fullmatch(text):
        return text
    quoted: str = yaml.dump(text, default_style='"', width=math.inf, allow_unicode=True)
    return quoted.rstrip("\n")
