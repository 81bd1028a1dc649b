"""What all worker threads of one provider process share: settings, connections, throttle.

Kept out of the provider object, which must hold nothing when it is pickled.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .api import Settings, resolve
from .backend import ORGANIZATION, Backend
from .lifecycle import Context, Run

__all__ = ["settings_from", "shared_context"]

_CONTEXTS: dict[Settings, Context] = {}
_STACKS: dict[tuple[str, str], tuple[str, Run]] = {}
_LOCK = threading.Lock()


def settings_from(config: Any) -> Settings:
    """Settings from a Pulumi configuration, the environment and the credentials file.

    Args:
        config: anything with ``get("metastudio:key")``.

    Raises:
        ConfigurationError: one line with what is missing and every way to give it.
    """

    def lookup(key: str) -> str | None:
        value = config.get(f"metastudio:{key}")
        return None if value is None else str(value)

    return resolve(lookup)


def shared_context(config: Any, props: Mapping[str, Any] = MappingProxyType({})) -> Context:
    """The process's context for these settings and a resource's project; each is made once."""
    settings = settings_from(config)
    owner, run = _stack(props)
    with _LOCK:
        if settings not in _CONTEXTS:
            _CONTEXTS[settings] = Context.of(settings)
        return replace(_CONTEXTS[settings], owner=owner, run=run)


def _stack(props: Mapping[str, Any]) -> tuple[str, Run]:
    """Whose jobs a resource's are, and what this run knows of them."""
    urn = props.get("__urn")
    project = urn.split("::")[1] if isinstance(urn, str) else os.environ.get("PULUMI_PROJECT", "")
    organization = str(props.get("__organization") or ORGANIZATION)
    with _LOCK:
        if (project, organization) not in _STACKS:
            backend = Backend.here(Path.cwd(), project or None, organization)
            run = Run(lambda: backend.records(project))
            _STACKS[project, organization] = (backend.owner, run)
        return _STACKS[project, organization]
