"""What all worker threads of one provider process share: settings, connections, throttle.

Kept out of the provider object, which must hold nothing when it is pickled.
"""

from __future__ import annotations

import threading
from typing import Any

from .api import Settings, resolve
from .lifecycle import Context

__all__ = ["settings_from", "shared_context"]

_CONTEXTS: dict[Settings, Context] = {}
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


def shared_context(config: Any) -> Context:
    """The process's context for these settings; made once."""
    settings = settings_from(config)
    with _LOCK:
        if settings not in _CONTEXTS:
            _CONTEXTS[settings] = Context.of(settings)
        return _CONTEXTS[settings]
