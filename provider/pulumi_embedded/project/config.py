"""A stack's configuration: the project's defaults, the stack's file, and what a run adds.

A *key* is ``namespace:name``; one without a namespace belongs to the project. Every value is
text; lists and objects are their JSON form, as programs expect them. What is refused, and in which
words, is the CLI's (``pkg/workspace/config.go``, ``sdk/go/common/workspace/project.go`` in
pulumi/pulumi).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import EngineError, UnsupportedError
from ..model.values import map_leaves
from .documents import Date, OtherKey, json_text, read, remove, store
from .passphrase import Crypter
from .project import Project

_TYPES = ("string", "integer", "boolean", "array", "object")
_DECLARATION_KEYS = frozenset({"type", "description", "items", "default", "value", "secret"})


@dataclass(frozen=True)
class ConfigValue:
    """One value: its text, and whether it is secret.

    Attributes:
        nested: it is a list or an object, and the text its JSON.
        secrets: the parts of it that are secret; when there are none, a secret value is as a whole.
    """

    text: str
    secret: bool = False
    nested: bool = False
    secrets: tuple[str, ...] = ()


Config = dict[str, ConfigValue]


class Blinded:
    """In the place of a crypter, for what is shown: every secret is ``[secret]``."""

    def decrypt(self, _: str) -> str:
        return "[secret]"


class StackFile:
    """The file ``Pulumi.STACK.yaml``; absent until something is stored in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._settings = read(path) if path.exists() else {}
        provider = str(self._settings.get("secretsprovider") or "")
        if provider not in ("", "passphrase", "default") or self._settings.get("encryptedkey"):
            raise UnsupportedError(
                f"{path}: the embedded engine knows the passphrase secrets provider only"
            )
        if self._settings.get("environment"):
            raise UnsupportedError(f"{path}: environments are not known to the embedded engine")

    @property
    def salt(self) -> str:
        """``encryptionsalt``: the state of the passphrase crypter; empty when there is none."""
        return str(self._settings.get("encryptionsalt") or "")

    @property
    def values(self) -> dict[str, Any]:
        """The configuration as written: plain values, or ``{secure: CIPHERTEXT}``."""
        values = self._settings.get("config") or {}
        if not isinstance(values, dict):
            raise EngineError(f"{self.path}: 'config' must be a mapping")
        for key in values:
            if isinstance(key, OtherKey):
                raise EngineError(f"{self.path}: {key} is not a configuration key: quote it")
        # The CLI reads an empty value as the empty text in YAML, and as "null" in JSON.
        empty = "null" if self.path.suffix == ".json" else ""
        return {key: empty if value is None else value for key, value in values.items()}

    def remember_salt(self, salt: str) -> None:
        """Store the crypter's state."""
        if self.salt != salt:
            self._settings["encryptionsalt"] = salt
            store(self.path, ("encryptionsalt",), salt)

    def set(self, key: str, project: str, value: str | dict[str, str]) -> None:
        """Store one value, under the name that it has in the file already."""
        written = [old for old in self.values if full_key(old, project) == full_key(key, project)]
        store(self.path, ("config", written[-1] if written else full_key(key, project)), value)

    def remove(self, key: str, project: str) -> None:
        """Take one value out, however its key is written; that there is none is no error."""
        for old in self.values:
            if full_key(old, project) == full_key(key, project):
                remove(self.path, "config", old)


def full_key(key: str, project: str) -> str:
    """The key with its namespace."""
    namespace, colon, name = key.partition(":")
    if not colon:
        return f"{project}:{key}"
    if name.startswith("config:"):
        name = name[len("config:") :]
    if not namespace or not name or ":" in name:
        raise EngineError(
            f"invalid configuration key: could not parse {key} as a configuration key "
            "(configuration keys should be of the form `<namespace>:<name>`)"
        )
    return f"{namespace}:{name}"


def resolve_config(
    project: Project,
    stack: str,
    file: StackFile,
    crypter: Callable[[], Crypter | Blinded],
    extra: Mapping[str, str] | None = None,
    *,
    validate: bool = True,
) -> Config:
    """Everything the program may read.

    Args:
        crypter: opens the stack's secrets; called only when there is a secret.
        extra: values for this run alone, stronger than any other.
        validate: whether all that the project declares must be there, and as it is declared.
    """
    values: dict[str, tuple[Any, list[str]]] = {}
    for written_key, written in file.values.items():
        secrets: list[str] = []
        opened = _open(written, crypter, secrets)
        values[full_key(written_key, project.name)] = opened, secrets
    for given_key, text in (extra or {}).items():
        values[full_key(given_key, project.name)] = text, []
    declarations = {name: _declaration(project, name) for name in project.config}
    for name, declared in declarations.items():
        value = declared.get("value", declared.get("default"))
        if value is not None:
            values.setdefault(full_key(name, project.name), (_default(value), []))
    if validate:
        missing = sorted(n for n in declarations if full_key(n, project.name) not in values)
        if missing:
            *others, last = map(repr, missing)
            names = f"s {', '.join(others)} and {last}" if others else f" {last}"
            raise EngineError(f"Stack '{stack}' is missing configuration value{names}")
        for name, declared in sorted(declarations.items()):
            value, secrets = values[full_key(name, project.name)]
            what = f"Stack '{stack}' with configuration key '{name}'"
            _check(what, declared, value, bool(secrets))
    return {
        key: ConfigValue(
            _text(key, value), bool(secrets), isinstance(value, (dict, list)), tuple(secrets)
        )
        for key, (value, secrets) in sorted(values.items())
    }


def _declaration(project: Project, name: str) -> Mapping[str, Any]:
    """The project's entry for a key, in its long form."""
    entry = project.config[name]
    where = f"{project.file}: configuration key '{name}'"
    own = ":" not in name or name.startswith(f"{project.name}:")
    if isinstance(name, OtherKey) or re.search(r'[.\[\]"]', name):
        raise UnsupportedError(f"{where} is a path; the embedded engine wants a plain name here")
    if isinstance(entry, (str, bool, int, list)) and not isinstance(entry, Date):
        return {"default" if own else "value": entry}
    if not isinstance(entry, dict) or not entry.keys() <= _DECLARATION_KEYS:
        raise EngineError(
            f"{where} must be text, a whole number, a boolean, a list, or a declaration of "
            f"{', '.join(sorted(_DECLARATION_KEYS))}"
        )
    declared = {key: value for key, value in entry.items() if value is not None}
    kind, default = declared.get("type"), declared.get("default")
    wrong = ""
    if "default" in declared and "value" in declared:
        wrong = "cannot have both a 'default' and 'value' attribute"
    elif not own and kind is not None:
        wrong = "is not namespaced by the project and should not define a type"
    elif not own and "value" not in declared:
        wrong = "is namespaced and must provide an attribute 'value'"
    elif kind == "array" and "items" not in declared:
        wrong = "declares an array but does not specify the underlying type via 'items'"
    elif kind is not None and not _is_type(declared):
        wrong = f"has no type that is known: use {', '.join(_TYPES)}"
    elif not isinstance(declared.get("secret", False), bool):
        wrong = "must say true or false for 'secret'"
    elif kind and default is not None and not _fits(default, declared):
        wrong = f"has a default value that is not of the expected type '{_type_name(declared)}'"
    if wrong:
        raise EngineError(f"{where} {wrong}")
    return declared


def _is_type(declared: Any) -> bool:
    if not isinstance(declared, dict) or declared.get("type") not in _TYPES:
        return False
    return declared["type"] != "array" or _is_type(declared.get("items"))


def _check(what: str, declared: Mapping[str, Any], value: Any, secret: bool) -> None:
    """Hold a value to what the project declares; only what has a type is held to anything."""
    if "type" not in declared:
        return
    if declared.get("secret") and not secret:
        raise EngineError(f"{what} must be encrypted as it's secret")
    text = _text(what, value)
    if not _fits(json.loads(text) if isinstance(value, (list, dict)) else text, declared):
        raise EngineError(f"{what} must be of type '{_type_name(declared)}'")


def _fits(value: Any, declared: Mapping[str, Any]) -> bool:
    kind = declared.get("type")
    if kind == "string":
        return isinstance(value, str) and not isinstance(value, Date)
    if kind == "boolean":
        return isinstance(value, bool) or value in ("true", "false")
    if kind == "object":
        return isinstance(value, dict)
    if kind == "integer":
        if isinstance(value, str):
            return bool(re.fullmatch(r"[-+]?[0-9]+", value)) and -(2**63) <= int(value) < 2**63
        return not isinstance(value, bool) and isinstance(value, (int, float)) and value % 1 == 0
    return isinstance(value, list) and all(_fits(item, declared["items"]) for item in value)


def _type_name(declared: Mapping[str, Any]) -> str:
    items = declared.get("items")
    return f"array<{_type_name(items)}>" if items else str(declared.get("type"))


def _default(value: Any) -> Any:
    """A project's default as its text will be read: without dates, with Go's numbers."""
    dated = map_leaves(value, lambda leaf: leaf.rfc3339 if isinstance(leaf, Date) else leaf)
    return json.loads(json_text(dated)) if isinstance(dated, (list, dict)) else dated


def _open(value: Any, crypter: Callable[[], Crypter | Blinded], secrets: list[str]) -> Any:
    """A value with its secrets in the clear, each of which is added to the list."""
    if isinstance(value, dict):
        if value.keys() == {"secure"} and isinstance(value["secure"], str):
            secrets.append(crypter().decrypt(value["secure"]))
            return secrets[-1]
        return {key: _open(item, crypter, secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [_open(item, crypter, secrets) for item in value]
    return value


def _text(key: str, value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    if type(value) is int:
        return str(value)  # of any size, unlike a number within an object
    try:
        return json_text(value)
    except ValueError as error:
        raise EngineError(f"configuration value {key!r}: {error}") from None
