"""What one process shares, a provider's or a program's: settings, connections, throttle, polling.

Kept out of the provider object, which must hold nothing when it is pickled.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .api import Account, MetaStudioClient, Settings, resolve
from .api.credentials import namespace
from .backend import ORGANIZATION, Backend
from .common.logs import configure_logging
from .lifecycle import Context, Run
from .waiting.polling import Poller

_CONTEXTS: dict[Settings, Context] = {}
_STACKS: dict[tuple[str, str], tuple[str, Run]] = {}
_Pollers = dict[MetaStudioClient, Poller]
#: For each program one of each account; the Automation API runs several programs in one process,
#: each in its own loop.
_POLLERS: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Pollers]
_POLLERS = weakref.WeakKeyDictionary()
#: For which settings something has been told that is told once in a run.
_TOLD: set[Settings] = set()
_LOCK = threading.Lock()


def settings_from(config: Any, account: str | None = None) -> Settings:
    """Settings from a Pulumi configuration, the environment and the credentials file.

    Args:
        config: anything with ``get("metastudio:key")``.
        account: the name of an account that the configuration holds beside the one without.

    Raises:
        ConfigurationError: one line with what is missing and every way to give it.
    """

    def lookup(space: str) -> Callable[[str], str | None]:
        def get(key: str) -> str | None:
            value = config.get(f"{space}:{key}")
            return None if value is None else str(value)

        return get

    named = Account(account, lookup(namespace(account))) if account else None
    return resolve(lookup(namespace(None)), account=named)


def shared_context(
    config: Any, props: Mapping[str, Any] = MappingProxyType({}), account: str | None = None
) -> Context:
    """The process's context for these settings and a resource's project; each is made once."""
    configure_logging()
    settings = settings_from(config, account)
    owner, run = _stack(props)
    with _LOCK:
        if settings not in _CONTEXTS:
            _CONTEXTS[settings] = Context.of(settings)
        return replace(_CONTEXTS[settings], owner=owner, run=run)


def first_time(settings: Settings) -> bool:
    """Whether nobody in this process has asked this before, for these settings."""
    with _LOCK:
        if settings in _TOLD:
            return False
        _TOLD.add(settings)
        return True


def shared_poller(client: MetaStudioClient) -> Poller:
    """The account's poller of the program that runs in this event loop."""
    pollers = _POLLERS.setdefault(asyncio.get_running_loop(), {})
    if client not in pollers:
        pollers[client] = Poller(client)
    return pollers[client]


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
