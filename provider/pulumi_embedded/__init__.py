"""Runs a Pulumi program, unmodified, on a machine that has no Pulumi CLI.

It serves Pulumi's own protocol to the program, starts the SDK's own dynamic provider, and keeps
state in the CLI's format and place, so that either can carry on a stack that the other made. It
knows Python programs with dynamic and component resources; whatever else a program asks for
is refused in one sentence. ``docs/embedded-engine.md`` has the details.

>>> import pulumi_embedded
>>> exit_code = pulumi_embedded.run("up", directory=Path("."), stack="dev", yes=True)

Importing this package is cheap; what it needs is imported when it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import EngineError
    from .management import (
        cancel,
        config_all,
        config_get,
        config_remove,
        config_set,
        create_stack,
        remove_stack,
        stack_exists,
        stacks,
    )
    from .operations import Operation, run
    from .project.config import ConfigValue

__all__ = [
    "ConfigValue",
    "EngineError",
    "Operation",
    "cancel",
    "config_all",
    "config_get",
    "config_remove",
    "config_set",
    "create_stack",
    "remove_stack",
    "run",
    "stack_exists",
    "stacks",
]

_MODULES = {
    "ConfigValue": "project.config",
    "EngineError": "errors",
    "Operation": "operations",
    "run": "operations",
}


def __getattr__(name: str) -> Any:
    import importlib

    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f".{_MODULES.get(name, 'management')}", __name__)
    return getattr(module, name)
