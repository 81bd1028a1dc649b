"""What all worker threads of one provider process share: settings, connections, throttle.

Kept out of the provider object, which must hold nothing when it is pickled.
"""

from __future__ import annotations

import threading
from typing import Any

from .api import Settings, resolve
from .lifecycle import Context

__all__ = ["MEMORY", "settings_from", "shared_context"]


class Memory:
    """Which jobs this run has seen in the state, and which it has recovered."""

    def __init__(self) -> None:
        self._known: dict[str, set[str]] = {}
        self._recovered: set[str] = set()

    def know(self, urn: str | None, job_id: str) -> None:
        """The state holds this job under this URN."""
        if urn:
            self._known.setdefault(urn, set()).add(job_id)

    def known(self, urn: str | None) -> frozenset[str]:
        """The jobs that the state holds under a URN, as far as this run has seen."""
        return frozenset(self._known.get(urn or "", ()))

    def recover(self, job_id: str) -> None:
        """This run goes on with a job that an earlier run left behind."""
        self._recovered.add(job_id)

    def recovered(self, job_id: str) -> bool:
        """Whether this run goes on with the job, so that it must not be deleted as an old one."""
        return job_id in self._recovered


MEMORY = Memory()
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
