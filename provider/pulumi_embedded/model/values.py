"""Property values: the engine's own form, and the wire form (protobuf).

The engine's form is plain Python: ``None``, ``bool``, numbers, ``str``, ``list`` and ``dict``,
plus two markers. ``Secret`` wraps a value that must be encrypted at rest and masked on screen;
``UNKNOWN`` stands for a value that exists only once a resource has been created.

References to resources stay the tagged dictionaries that they are on the wire. Assets are
refused: the dynamic provider cannot receive them, so a program with one cannot work.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..errors import UnsupportedError

if TYPE_CHECKING:
    from google.protobuf import struct_pb2  # type: ignore[import-untyped]

Value = Any
Properties = dict[str, Any]

# Pulumi's wire protocol tags a dictionary with this key to give it a special meaning.
SIGNATURE_KEY: Final = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (a public tag)
FLOAT_SIGNATURE: Final = "8ad145fe-0d11-4827-bfd7-1abcbf086f5c"
OUTPUT_SIGNATURE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE_SIGNATURE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
ASSET_SIGNATURES: Final = frozenset(
    {"c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7"}
)
UNKNOWN_WIRE: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# One marker per type of the value that is not known yet; programs send the first only.
_UNKNOWN_MARKERS: Final = frozenset(
    {
        UNKNOWN_WIRE,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
EXACT_INTEGERS: Final = 2**53  # up to which a float can hold each integer


class Unknown(enum.Enum):
    """The type of ``UNKNOWN``."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True)
class Secret:
    """A value that is encrypted in the state and masked on screen."""

    value: Value

    def __repr__(self) -> str:
        return "[secret]"


def plain_number(number: float) -> int | float:
    """An integral number as an ``int``, so that it is stored as ``3`` and not as ``3.0``.

    Beyond 2^53 it stays, or becomes, the ``float`` that it is on the wire and to the CLI.
    """
    if math.isfinite(number) and number == int(number) and abs(number) <= EXACT_INTEGERS:
        return int(number)
    return float(number)


def from_struct(message: struct_pb2.Struct) -> Properties:
    """The properties in a protobuf message.

    Raises:
        UnsupportedError: a property is an asset or an archive.
    """
    return {key: _from_value(value) for key, value in message.fields.items()}


def _from_value(value: struct_pb2.Value) -> Value:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text in _UNKNOWN_MARKERS else text
    if kind == "struct_value":
        return _untag({key: _from_value(v) for key, v in value.struct_value.fields.items()})
    if kind == "list_value":
        return [_from_value(item) for item in value.list_value.values]
    if kind == "number_value":
        return plain_number(value.number_value)
    if kind == "bool_value":
        return value.bool_value
    return None


def _untag(items: Properties) -> Value:
    signature = items.get(SIGNATURE_KEY)
    if signature is None:
        return items
    if signature == SECRET_SIGNATURE:
        return Secret(items.get("value"))
    if signature == OUTPUT_SIGNATURE:
        element = items.get("value", UNKNOWN)
        return Secret(element) if items.get("secret") else element
    if signature in ASSET_SIGNATURES:
        raise UnsupportedError(
            "assets and archives cannot be properties of a dynamic resource: pass a path"
        )
    if signature == RESOURCE_SIGNATURE:
        items.setdefault("packageVersion", "")
    return items


def to_struct(
    properties: Mapping[str, Value], *, keep_secrets: bool, keep_unknowns: bool = True
) -> struct_pb2.Struct:
    """The properties as a protobuf message.

    Args:
        keep_secrets: tag secrets; otherwise, for a provider, send what they hold, and the id in
            the place of a reference to a resource.
        keep_unknowns: send markers; otherwise leave unknown properties out, as a provider that
            really creates something must never see one.
    """
    from google.protobuf import struct_pb2

    message = struct_pb2.Struct()
    message.update(_to_wire(properties, keep_secrets, keep_unknowns))
    return message


def _to_wire(value: Value, secrets: bool, unknowns: bool) -> Value:
    if isinstance(value, Secret):
        if not secrets:
            return _to_wire(value.value, secrets, unknowns)
        value = {SIGNATURE_KEY: SECRET_SIGNATURE, "value": value.value}
    elif not secrets and isinstance(value, dict) and SIGNATURE_KEY in value:
        return _to_wire(_referenced(value), secrets, unknowns)
    if isinstance(value, Mapping):
        return {
            key: _to_wire(item, secrets, unknowns)
            for key, item in value.items()
            if unknowns or item is not UNKNOWN
        }
    if isinstance(value, list):
        return [_to_wire(item, secrets, unknowns) for item in value]
    return UNKNOWN_WIRE if value is UNKNOWN else value


def _referenced(reference: Mapping[str, Value]) -> Value:
    """The id of the resource that is referred to, or the URN of a component, which has no id."""
    if reference.get(SIGNATURE_KEY) != RESOURCE_SIGNATURE:
        return {key: value for key, value in reference.items() if key != SIGNATURE_KEY}
    return reference.get("id", reference.get("urn")) or UNKNOWN


def equal(left: Value, right: Value) -> bool:
    """Deep equality that keeps ``True`` and ``1`` apart, and secrets apart from plain values."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, Secret) and isinstance(right, Secret):
        return equal(left.value, right.value)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return bool(left == right)


def changed_properties(old: Properties, new: Properties) -> tuple[str, ...]:
    """The names of the top-level properties that were added, removed or changed, sorted."""
    shared = old.keys() & new.keys()
    changed = {name for name in shared if not equal(old[name], new[name])}
    return tuple(sorted(changed | (old.keys() ^ new.keys())))


def map_leaves(value: Value, change: Callable[[Value], Value]) -> Value:
    """The value with ``change`` applied to everything in it that is no list and no dictionary."""
    if isinstance(value, dict):
        return {key: map_leaves(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [map_leaves(item, change) for item in value]
    return change(value)


def reveal(value: Value) -> Value:
    """The value without any secret wrapper, at every depth."""
    return map_leaves(value, lambda leaf: reveal(leaf.value) if isinstance(leaf, Secret) else leaf)


def mask(value: Value, unknown: str = "[unknown]") -> Value:
    """The value with every secret, and every unknown, replaced by its display text."""
    if isinstance(value, Secret):
        return "[secret]"
    if value is UNKNOWN:
        return unknown
    if isinstance(value, dict):
        if value.get(SIGNATURE_KEY) == RESOURCE_SIGNATURE:
            unknown = ""  # as the CLI shows the id of a resource that is yet to be made
        return {key: mask(item, unknown) for key, item in value.items()}
    if isinstance(value, list):
        return [mask(item, unknown) for item in value]
    return value


def contains_secret(value: Value) -> bool:
    """Whether a secret is anywhere in the value."""
    if isinstance(value, (dict, list)):
        return any(map(contains_secret, value.values() if isinstance(value, dict) else value))
    return isinstance(value, Secret)


def annotate_secrets(answers: Properties, sent: Mapping[str, Value]) -> None:
    """Mark what a provider answered as secret where what was sent under that name was.

    A provider that cannot receive secrets gets them unwrapped, so its answer has lost the mark.
    Objects are compared member by member; any other value that held a secret anywhere becomes
    secret as a whole (a provider may reorder a list, so members cannot be matched up).
    """
    for key, before in sent.items():
        if key not in answers:
            continue
        after = answers[key]
        if isinstance(after, dict) and isinstance(before, dict):
            annotate_secrets(after, before)
        elif not isinstance(after, Secret) and contains_secret(before):
            answers[key] = Secret(after)


def protect_outputs(
    outputs: Properties, inputs: Mapping[str, Value], secret_names: Iterable[str]
) -> None:
    """Mark outputs as secret that the program named, or whose input of that name is secret."""
    for name in {*secret_names, *(k for k, value in inputs.items() if isinstance(value, Secret))}:
        if name in outputs and not isinstance(outputs[name], Secret):
            outputs[name] = Secret(outputs[name])
