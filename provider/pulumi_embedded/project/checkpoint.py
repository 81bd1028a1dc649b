"""The stored form of a stack: the Pulumi CLI's checkpoint.

It is version 3 (``sdk/go/common/apitype/core.go`` in pulumi/pulumi), or 4 where a resource uses a
feature that has to be named. Fields that the engine does not know are carried along unchanged.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import struct
import typing
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from ..errors import EngineError, UnsupportedError
from ..model.resources import PendingOperation, ResourceState, Snapshot, timestamp
from ..model.values import (
    EXACT_INTEGERS,
    FLOAT_SIGNATURE,
    SECRET_SIGNATURE,
    SIGNATURE_KEY,
    UNKNOWN,
    Secret,
    Value,
    map_leaves,
    plain_number,
)
from .passphrase import Crypter
from .versions import CLI_VERSION

# The file backend has no organizations; this word takes the place of one.
ORGANIZATION: Final = "organization"
# Version 4 differs from 3 only by naming the features in use, so that an engine that does not
# know one of them leaves the stack alone. Like the CLI, we write 4 only where there are any.
_VERSION: Final = 3
_VERSION_WITH_FEATURES: Final = 4
_FEATURES: Final = {"replaceWith": "replace_with", "taint": "taint"}
_PARTS: Final = {
    "manifest": dict,
    "secrets_providers": dict,
    "resources": list,
    "pending_operations": list,
    "metadata": dict,
}
# The CLI refuses a manifest whose version is not a semantic one; the suffix says who wrote it.
_MANIFEST_VERSION: Final = f"v{CLI_VERSION}-embedded"
# The types of a resource's fields, and the fields' Python names by their names in a checkpoint.
_TYPES: Final = {
    name: typing.get_origin(hint) or hint
    for name, hint in typing.get_type_hints(ResourceState).items()
    if name != "unknown_fields"
}
_FIELDS: Final = {re.sub("_(id$|.)", lambda match: match[1].upper(), name): name for name in _TYPES}


def full_name(project: str, stack: str) -> str:
    """A stack's name in its checkpoint."""
    return f"{ORGANIZATION}/{project}/{stack}"


def latest_deployment(checkpoint: Any) -> dict[str, Any]:
    """The part of a checkpoint that holds what is in the stack; empty for a new stack.

    Raises:
        UnsupportedError: the checkpoint is of a version that only the CLI knows.
        ValueError: it is not a checkpoint.
    """
    version = checkpoint.get("version") if isinstance(checkpoint, dict) else None
    if type(version) is not int:
        raise ValueError("it has no version")
    if version not in (_VERSION, _VERSION_WITH_FEATURES):
        raise UnsupportedError(f"the stack has checkpoint version {version}")
    body = checkpoint.get("checkpoint")
    if not isinstance(body, dict):
        raise ValueError("it has no checkpoint")
    latest = {} if body.get("latest") is None else body["latest"]
    if not isinstance(latest, dict):
        raise ValueError("'latest' is not an object")
    for name, kind in _PARTS.items():
        if latest.get(name) is not None and not isinstance(latest[name], kind):
            raise ValueError(f"{name!r} is not {'a list' if kind is list else 'an object'}")
    return latest


def secrets_salt(checkpoint: Mapping[str, Any]) -> str:
    """The passphrase crypter's state in a checkpoint; empty when it has none.

    Raises:
        UnsupportedError: its secrets are not under a passphrase.
    """
    provider = latest_deployment(checkpoint).get("secrets_providers") or {}
    if provider.get("type") not in (None, "", "passphrase"):
        raise UnsupportedError(
            f"the stack's secrets are kept by {provider['type']!r}; "
            "the embedded engine knows the passphrase secrets provider only"
        )
    state = provider.get("state")
    return str(state.get("salt", "")) if provider.get("type") and isinstance(state, dict) else ""


def decode_checkpoint(checkpoint: Mapping[str, Any], crypter: Crypter | None) -> Snapshot:
    """The stack that a checkpoint holds.

    Raises:
        UnsupportedError: it uses a feature that only the CLI knows.
    """
    latest = latest_deployment(checkpoint)
    features = {*(checkpoint.get("features") or ()), *({"snippets", "extensions"} & latest.keys())}
    if unknown := features - _FEATURES.keys():
        names = ", ".join(sorted(unknown))
        raise UnsupportedError(f"the stack uses {names}, which the embedded engine does not know")
    try:
        return Snapshot(
            [decode_resource(item, crypter) for item in latest.get("resources") or []],
            [
                PendingOperation(item["type"], decode_resource(item["resource"], crypter))
                for item in latest.get("pending_operations") or []
            ],
            latest.get("metadata") or {},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise EngineError(f"the stack's checkpoint is malformed: {error!r}") from error


def encode_checkpoint(
    name: str,
    salt: str,
    resources: Iterable[str],
    pending_operations: Iterable[str],
    metadata: Mapping[str, Any],
    features: Iterable[str] = (),
) -> str:
    """The checkpoint's text, made of parts that were encoded before.

    Encoding each resource once, when it changes, keeps a stack of a thousand resources from
    being encoded a thousand times over while its steps complete.

    Args:
        name: ``ORGANIZATION/PROJECT/STACK``.
        salt: the crypter's state; empty for a stack without secrets.
        features: those that the resources use.
    """
    manifest = {
        "time": timestamp(),
        "magic": hashlib.sha256(_MANIFEST_VERSION.encode()).hexdigest(),
        "version": _MANIFEST_VERSION,
    }
    secrets = {"type": "passphrase", "state": {"salt": salt}} if salt else None
    parts = {
        "manifest": _json(manifest),
        "secrets_providers": _json(secrets) if salt else "",
        "resources": ",".join(resources),
        "pending_operations": ",".join(pending_operations),
        "metadata": _json(metadata),
    }
    latest = ",".join(
        f'"{part}":[{text}]' if _PARTS[part] is list else f'"{part}":{text}'
        for part, text in parts.items()
        if text
    )
    named = sorted(features)
    version = f'{_VERSION_WITH_FEATURES},"features":{_json(named)}' if named else f"{_VERSION}"
    return f'{{"version":{version},"checkpoint":{{"stack":{_json(name)},"latest":{{{latest}}}}}}}'


def features_of(resources: Iterable[ResourceState]) -> set[str]:
    """The features that an engine must know in order to work on these resources."""
    return {
        feature
        for state in resources
        for feature, field_name in _FEATURES.items()
        if getattr(state, field_name)
    }


def encode_resource(state: ResourceState, crypter: Crypter | None) -> str:
    """One resource's text in a checkpoint; empty fields are left out."""
    fields = resource_fields(state, crypter)
    # References to an old name are brought up to date as the stack is written, so that nothing
    # in it needs the old name any more.
    fields.pop("aliases", None)
    return _json(fields)


def encode_operation(operation: PendingOperation, crypter: Crypter | None) -> str:
    """One unfinished operation's text in a checkpoint."""
    return _json({"resource": resource_fields(operation.resource, crypter), "type": operation.type})


def resource_fields(state: ResourceState, crypter: Crypter | None) -> dict[str, Any]:
    """One resource's stored fields."""
    fields: dict[str, Any] = {}
    for key, name in _FIELDS.items():
        value = getattr(state, name)
        if value or key == "custom":
            fields[key] = encode_value(value, crypter) if key in ("inputs", "outputs") else value
    return {**fields, **state.unknown_fields}


def decode_resource(fields: Mapping[str, Any], crypter: Crypter | None) -> ResourceState:
    """The resource that a checkpoint's entry describes."""
    known = {name: fields[key] for key, name in _FIELDS.items() if fields.get(key) is not None}
    known = {"urn": "", "type": "", "custom": False, **known}
    for name, value in known.items():
        if not isinstance(value, _TYPES[name]):
            raise EngineError(f"the stack's checkpoint is malformed: the {name} of {known['urn']}")
    for name in ("inputs", "outputs"):
        known[name] = _decode_value(known.get(name, {}), crypter)
    unknown = {key: value for key, value in fields.items() if key not in _FIELDS}
    return ResourceState(**known, unknown_fields=unknown)


def encode_value(value: Value, crypter: Crypter | None) -> Any:
    """A value as a checkpoint has it, in what JSON can hold."""
    if isinstance(value, Secret):
        if crypter is None:
            raise EngineError("the stack has secrets but no passphrase")
        inner = map_leaves(value.value, _nested_secret)
        return {
            SIGNATURE_KEY: SECRET_SIGNATURE,
            "ciphertext": crypter.encrypt(_json(encode_value(inner, crypter))),
        }
    if value is UNKNOWN:
        raise EngineError("an unknown value cannot be stored")
    if isinstance(value, dict):
        return {key: encode_value(value[key], crypter) for key in sorted(value)}
    if isinstance(value, list):
        return [encode_value(item, crypter) for item in value]
    return _encode_float(value) if isinstance(value, float) else value


def _nested_secret(leaf: Value) -> Value:
    """A secret inside a secret keeps its mark, but is not encrypted a second time."""
    if not isinstance(leaf, Secret):
        return leaf
    inner = map_leaves(leaf.value, _nested_secret)
    return {SIGNATURE_KEY: SECRET_SIGNATURE, "ciphertext": _json(inner)}


def _encode_float(number: float) -> Any:
    if not math.isfinite(number):  # which JSON does not know
        return {SIGNATURE_KEY: FLOAT_SIGNATURE, "value": struct.pack(">d", number).hex()}
    # As the CLI writes it, in digits and not with an exponent.
    return int(Decimal(repr(number))) if EXACT_INTEGERS < abs(number) < 1e21 else number


def _decode_value(value: Any, crypter: Crypter | None, *, opened: bool = False) -> Value:
    """A stored value; in one that is ``opened`` already, secrets are in the clear."""
    if isinstance(value, dict):
        if value.get(SIGNATURE_KEY) == SECRET_SIGNATURE:
            text = value.get("plaintext")
            if text is None:
                text = str(value["ciphertext"])
                if not opened and crypter is None:
                    raise EngineError("the stack has secrets but no passphrase")
                if not opened and crypter is not None:
                    text = crypter.decrypt(text)
            return Secret(_decode_value(json.loads(text), crypter, opened=True))
        if value.get(SIGNATURE_KEY) == FLOAT_SIGNATURE:
            return struct.unpack(">d", bytes.fromhex(value["value"]))[0]
        return {key: _decode_value(item, crypter, opened=opened) for key, item in value.items()}
    if isinstance(value, list):
        return [_decode_value(item, crypter, opened=opened) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return plain_number(value)
    return value


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
