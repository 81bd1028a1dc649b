"""A stack's configuration: the project's defaults, the stack's file, and what a run adds.

A *key* is ``namespace:name``; one without a namespace belongs to the project. Every value is
text; numbers, booleans, lists and objects are their JSON form, as programs expect them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .errors import ConfigurationError, UnsupportedError
from .files import write_atomically
from .passphrase import Crypter
from .project import Project, read_yaml

_DECLARATION_KEYS = frozenset({"type", "description", "items", "default", "value", "secret"})


@dataclass(frozen=True)
class ConfigValue:
    """One value: its text, and whether it is secret.

    Attributes:
        secrets: the parts of it that are secret; when there are none, a secret value is as a whole.
    """

    text: str
    secret: bool = False
    secrets: tuple[str, ...] = ()


Config = dict[str, ConfigValue]


class StackFile:
    """The file ``Pulumi.STACK.yaml``; absent until something is stored in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._settings = read_yaml(path) if path.exists() else {}
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
    def values(self) -> Mapping[str, Any]:
        """The configuration as written: plain values, or ``{secure: CIPHERTEXT}``."""
        values = self._settings.get("config") or {}
        if not isinstance(values, dict):
            raise ConfigurationError(f"{self.path}: 'config' must be a mapping")
        return values

    def remember_salt(self, salt: str) -> None:
        """Store the crypter's state, leaving every other line of the file as it is."""
        if self.salt == salt:
            return
        self._settings["encryptionsalt"] = salt
        text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        lines = [line for line in text.splitlines() if not line.startswith("encryptionsalt:")]
        _write(self.path, "\n".join([f"encryptionsalt: {salt}", *lines]) + "\n")

    def set(self, key: str, value: str | dict[str, str]) -> None:
        """Store one value; comments in the file do not survive."""
        values = {**self.values, key: value}
        self._settings["config"] = dict(sorted(values.items()))
        _write(self.path, yaml.safe_dump(self._settings, sort_keys=False, allow_unicode=True))


def full_key(key: str, project: str) -> str:
    """The key with its namespace.

    Raises:
        ConfigurationError: it has too many parts.
    """
    namespace, colon, name = key.partition(":")
    if not colon:
        return f"{project}:{key}"
    if name.startswith("config:"):
        name = name[len("config:") :]
    if not namespace or not name or ":" in name:
        raise ConfigurationError(f"{key!r} is not a configuration key: use namespace:name")
    return f"{namespace}:{name}"


def resolve_config(
    project: Project,
    stack: str,
    file: StackFile,
    crypter: Callable[[], Crypter],
    extra: Mapping[str, str] | None = None,
) -> Config:
    """Everything the program may read.

    Args:
        crypter: opens the stack's secrets; called only when there is a secret.
        extra: values for this run alone, stronger than any other.

    Raises:
        ConfigurationError: a value that the project declares without a default is missing.
    """
    config: Config = {}
    required: list[str] = []
    for written_key, declaration in project.config.items():
        key = full_key(str(written_key), project.name)
        value = _declared_value(declaration)
        if value is not None:
            config[key] = ConfigValue(_as_text(value))
        elif isinstance(declaration, Mapping):
            required.append(key)
    for written_key, written in file.values.items():
        config[full_key(str(written_key), project.name)] = _stored_value(written, crypter)
    for key, text in (extra or {}).items():
        config[full_key(key, project.name)] = ConfigValue(text)
    missing = [key for key in required if key not in config]
    if missing:
        noun = "value" if len(missing) == 1 else "values"
        names = ", ".join(repr(key) for key in missing)
        raise ConfigurationError(f"Stack '{stack}' is missing configuration {noun} {names}")
    return dict(sorted(config.items()))


def _declared_value(declaration: Any) -> Any:
    """The value that a project-level entry gives; None when it only declares a type."""
    if not isinstance(declaration, Mapping):
        return declaration
    if not declaration.keys() <= _DECLARATION_KEYS:
        raise ConfigurationError(
            "project configuration: an entry is either a plain value or a declaration "
            f"with {', '.join(sorted(_DECLARATION_KEYS))}; found {', '.join(map(str, declaration))}"
        )
    value = declaration.get("value")
    return declaration.get("default") if value is None else value


def _stored_value(written: Any, crypter: Callable[[], Crypter]) -> ConfigValue:
    secrets: list[str] = []

    def open_(value: Any) -> Any:
        if isinstance(value, dict):
            if value.keys() == {"secure"} and isinstance(value["secure"], str):
                secrets.append(crypter().decrypt(value["secure"]))
                return secrets[-1]
            return {key: open_(item) for key, item in value.items()}
        if isinstance(value, list):
            return [open_(item) for item in value]
        return value

    opened = open_(written)
    return ConfigValue(_as_text(opened), bool(secrets), tuple(secrets))


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _write(path: Path, text: str) -> None:
    # It is meant for version control, so it keeps the permissions of an ordinary file.
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    write_atomically(path, text, mode=mode)
