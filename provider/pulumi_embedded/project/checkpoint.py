"""The stored form of a stack: the Pulumi CLI's checkpoint.

It is version 3 (``sdk/go/common/apitype/core.go`` in
pulumi/pulumi). Fields that the engine does not know itself are carried along unchanged.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..errors import EngineError, UnsupportedError
from ..model.resources import PendingOperation, ResourceState, Snapshot, timestamp
from ..model.values import (
    FLOAT_SIGNATURE,
    SECRET_SIGNATURE,
    SIGNATURE_KEY,
    UNKNOWN,
    Secret,
    Value,
    loaded_number,
    plain_number,
    stored_number,
)
from .passphrase import Crypter
from .versions import CLI_VERSION

# Version 4 differs from 3 only by naming the features in use, so that an engine that does not
# know one of them leaves the stack alone. Like the CLI, we write 4 only where there are any.
_VERSION: Final = 3
_VERSION_WITH_FEATURES: Final = 4
_FEATURES: Final = {"replaceWith": "replace_with", "taint": "taint"}
# The file backend has no organizations; this word takes the place of one.
ORGANIZATION: Final = "organization"
_PARTS: Final = {
    "manifest": dict,
    "secrets_providers": dict,
    "resources": list,
    "pending_operations": list,
    "metadata": dict,
}
# The CLI refuses a manifest whose version is not a semantic one; the suffix says who wrote it.
MANIFEST_VERSION: Final = f"v{CLI_VERSION}-embedded"

# Python names of the fields that a resource has in a checkpoint, in the order they are written.
_FIELDS: Final = {
    "urn": "urn",
    "custom": "custom",
    "delete": "delete",
    "id": "id",
    "type": "type",
    "inputs": "inputs",
    "outputs": "outputs",
    "parent": "parent",
    "protect": "protect",
    "taint": "taint",
    "external": "external",
    "dependencies": "dependencies",
    "initErrors": "init_errors",
    "provider": "provider",
    "propertyDependencies": "property_dependencies",
    "pendingReplacement": "pending_replacement",
    "additionalSecretOutputs": "additional_secret_outputs",
    "aliases": "aliases",
    "customTimeouts": "custom_timeouts",
    "importID": "import_id",
    "retainOnDelete": "retain_on_delete",
    "deletedWith": "deleted_with",
    "replaceWith": "replace_with",
    "created": "created",
    "modified": "modified",
    "ignoreChanges": "ignore_changes",
    "hideDiff": "hide_diff",
    "replaceOnChanges": "replace_on_changes",
}


_KINDS: Final[dict[str, Any]] = {
    item.name: item.default_factory if callable(item.default_factory) else type(item.default)
    for item in dataclasses.fields(ResourceState)
} | {"urn": str, "type": str, "custom": bool}


def full_name(project: str, stack: str) -> str:
    """A stack's name in its checkpoint."""
    return f"{ORGANIZATION}/{project}/{stack}"


def secrets_salt(checkpoint: Mapping[str, Any]) -> str:
    """The passphrase crypter's state in a checkpoint; empty when it has none.

    Raises:
        UnsupportedError: its secrets are not under a passphrase.
    """
    provider = latest_deployment(checkpoint).get("secrets_providers") or {}
    if not provider.get("type"):
        return ""
    if provider["type"] != "passphrase":
        raise UnsupportedError(
            f"the stack's secrets are kept by {provider['type']!r}; "
            "the embedded engine knows the passphrase secrets provider only"
        )
    state = provider.get("state")
    return str(state.get("salt", "")) if isinstance(state, dict) else ""


def decode_checkpoint(checkpoint: Mapping[str, Any], crypter: Crypter | None) -> Snapshot:
    """The stack that a checkpoint holds.

    Raises:
        UnsupportedError: it was written in a form that only the CLI knows.
        EngineError: it is malformed, or a secret cannot be decrypted.
    """
    latest = latest_deployment(checkpoint)
    features = {*(checkpoint.get("features") or ()), *({"snippets", "extensions"} & latest.keys())}
    if features - _FEATURES.keys():
        raise UnsupportedError(
            f"the stack uses {', '.join(sorted(features - _FEATURES.keys()))}, which the embedded "
            "engine does not know"
        )
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
        "magic": hashlib.sha256(MANIFEST_VERSION.encode()).hexdigest(),
        "version": MANIFEST_VERSION,
    }
    parts = [f'"manifest":{_json(manifest)}']
    if salt:
        provider = {"type": "passphrase", "state": {"salt": salt}}
        parts.append(f'"secrets_providers":{_json(provider)}')
    resource_text = ",".join(resources)
    if resource_text:
        parts.append(f'"resources":[{resource_text}]')
    operation_text = ",".join(pending_operations)
    if operation_text:
        parts.append(f'"pending_operations":[{operation_text}]')
    parts.append(f'"metadata":{_json(metadata)}')
    latest = ",".join(parts)
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
        if not value and key != "custom":
            continue
        fields[key] = encode_value(value, crypter) if key in ("inputs", "outputs") else value
    return {**fields, **state.unknown_fields}


def decode_resource(fields: Mapping[str, Any], crypter: Crypter | None) -> ResourceState:
    """The resource that a checkpoint's entry describes."""
    known = {name: fields[key] for key, name in _FIELDS.items() if fields.get(key) is not None}
    known = {"urn": "", "type": "", "custom": False, **known}
    for name, value in known.items():
        if not isinstance(value, _KINDS[name]):
            raise EngineError(f"the stack's checkpoint is malformed: the {name} of {known['urn']}")
    for name in ("inputs", "outputs"):
        if name in known:
            known[name] = _decode_value(known[name], crypter)
    unknown = {key: value for key, value in fields.items() if key not in _FIELDS}
    return ResourceState(**known, unknown_fields=unknown)


def encode_value(value: Value, crypter: Crypter | None) -> Any:
    """A value as a checkpoint has it, in what JSON can hold."""
    if isinstance(value, Secret):
        if crypter is None:
            raise EngineError("the stack has secrets but no passphrase")
        plaintext = _json(encode_value(_without_nested_secrets(value.value), crypter))
        return {
            SIGNATURE_KEY: SECRET_SIGNATURE,
            "ciphertext": crypter.encrypt(plaintext),
        }
    if value is UNKNOWN:
        raise EngineError("an unknown value cannot be stored")
    if isinstance(value, dict):
        return {key: encode_value(value[key], crypter) for key in sorted(value)}
    if isinstance(value, list):
        return [encode_value(item, crypter) for item in value]
    return stored_number(value) if isinstance(value, float) else value


def _without_nested_secrets(value: Value) -> Value:
    """A secret inside a secret keeps its mark, but is not encrypted a second time."""
    if isinstance(value, Secret):
        return {
            SIGNATURE_KEY: SECRET_SIGNATURE,
            "ciphertext": _json(_without_nested_secrets(value.value)),
        }
    if isinstance(value, dict):
        return {key: _without_nested_secrets(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nested_secrets(item) for item in value]
    return value


def _decode_value(value: Any, crypter: Crypter | None, *, opened: bool = False) -> Value:
    if isinstance(value, dict):
        if value.get(SIGNATURE_KEY) == SECRET_SIGNATURE:
            plaintext = value.get("plaintext")
            if plaintext is None:
                ciphertext = str(value["ciphertext"])
                if opened:
                    plaintext = ciphertext
                elif crypter is None:
                    raise EngineError("the stack has secrets but no passphrase")
                else:
                    plaintext = crypter.decrypt(ciphertext)
            return Secret(_decode_value(json.loads(plaintext), crypter, opened=True))
        if value.get(SIGNATURE_KEY) == FLOAT_SIGNATURE:
            return loaded_number(value["value"])
        return {key: _decode_value(item, crypter, opened=opened) for key, item in value.items()}
    if isinstance(value, list):
        return [_decode_value(item, crypter, opened=opened) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return plain_number(value)
    return value


def latest_deployment(checkpoint: Any) -> dict[str, Any]:
    """The part of a checkpoint that tells what is in the stack; empty for a new stack.

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


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
