"""Keeps secret values out of everything that is shown.

Values marked as secret are masked by their mark. This module searches what has no marks: the text
that a program prints and a provider raises, and plain values. As with the CLI
(``sdk/go/common/util/logging``), it finds the secrets of the configuration and their JSON form,
unless they are shorter than three characters, or a boolean. Beyond the CLI it finds the members
of secret objects, the lines of long texts and, in text, secret properties: from six characters on,
as shorter ones are too often ordinary words.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Iterator
from typing import Any, Final

from ..model.resources import Snapshot
from ..model.values import Secret, Value, map_leaves, reveal
from ..project.config import Config

MASK: Final = "[secret]"
_SHORTEST_CONFIGURED: Final = 3
_SHORTEST: Final = 6
_BOOLEANS: Final = ("true", "false")


class KnownSecrets:
    """The secret values that a run has come across so far. May be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._configured: set[str] = set()
        self._all: set[str] = set()

    def learn_config(self, config: Config) -> None:
        """Know the secrets of the configuration."""
        for value in config.values():
            for text in (value.secrets or (value.text,)) if value.secret else ():
                if len(text) >= _SHORTEST_CONFIGURED and text.lower() not in _BOOLEANS:
                    self._add({text, *_members(text)}, configured=True)

    def learn_stack(self, config: Config, snapshot: Snapshot) -> None:
        """Know the secrets of a stack: those of its configuration and those in its state."""
        self.learn_config(config)
        for state in snapshot.resources:
            self.learn([state.inputs, state.outputs])

    def learn(self, value: Value) -> None:
        """Know every secret in a value, except in properties of the SDK's own (``__...``)."""
        if isinstance(value, Secret):
            found = {form for leaf in _leaves(reveal(value)) for form in (leaf, *_members(leaf))}
            self._add((form for form in found if len(form) >= _SHORTEST), configured=False)
        elif isinstance(value, dict):
            for key, item in value.items():
                if not key.startswith("__"):
                    self.learn(item)
        elif isinstance(value, list):
            for item in value:
                self.learn(item)

    def redact(self, text: str) -> str:
        """The text without the known secrets."""
        return self._redact(text, self._all)

    def redact_value(self, value: Value) -> Value:
        """The value with what is secret in the configuration redacted in its plain texts.

        What is marked keeps its mark and its value. A property that is secret in one place and
        plain in another is the program's own decision, and shown as with the CLI.
        """

        def redacted(leaf: Value) -> Value:
            return self._redact(leaf, self._configured) if isinstance(leaf, str) else leaf

        return map_leaves(value, redacted)

    def _add(self, texts: Iterable[str], *, configured: bool) -> None:
        forms = {form for text in texts for form in _forms(text)}
        with self._lock:
            self._all |= forms
            if configured:
                self._configured |= forms

    def _redact(self, text: str, secrets: set[str]) -> str:
        with self._lock:
            found = sorted((secret for secret in secrets if secret in text), key=len, reverse=True)
        return re.sub("|".join(map(re.escape, found)), MASK, text) if found else text


def _forms(text: str) -> Iterator[str]:
    """The text as it is, and as it is inside JSON."""
    yield text
    for ascii_only in (True, False):
        yield json.dumps(text, ensure_ascii=ascii_only)[1:-1]


def _members(text: str) -> Iterator[str]:
    """The texts inside a text that are worth to be known by themselves."""
    value: Any = None
    if text.lstrip()[:1] in ("{", "["):
        try:
            value = json.loads(text)
        except ValueError:
            value = None
    parts = _leaves(value) if value is not None else map(str.strip, text.splitlines())
    yield from (part for part in parts if len(part) >= _SHORTEST)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
