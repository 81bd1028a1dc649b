"""What a program asks for, taken from its registration requests.

What the embedded engine does not do is refused here, in one sentence; nothing is ignored silently.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from pulumi.runtime.proto import alias_pb2, resource_pb2

from ..errors import UnsupportedError
from ..model.property_paths import parse_path, path_text
from ..model.resources import ResourceState
from ..model.urns import DYNAMIC_PACKAGE, is_provider_type
from ..model.values import Properties, from_struct

# What a registration must not ask for, by the field of its request.
_REFUSED: Final = {
    "provider": "an explicit provider",
    "remote": "remote components",
    "importId": "import",
    "transforms": "transforms",
    "state_migrations": "state migrations",
    "hooks": "resource hooks",
    "replacement_trigger": "a replacement trigger",
    "packageRef": "a parameterized package",
}


@dataclass
class Goal:
    """What a program wants one resource to be.

    Attributes:
        state: the resource as it was asked for; the deployment fills in the rest.
        inputs: as the program gave them, before the provider checked them.
        protect, retain_on_delete, delete_before_replace: None means that the program does not say.
    """

    name: str
    state: ResourceState
    inputs: Properties
    protect: bool | None = None
    retain_on_delete: bool | None = None
    delete_before_replace: bool | None = None
    aliases: list[alias_pb2.Alias] = field(default_factory=list)


def goal_from_registration(request: resource_pb2.RegisterResourceRequest) -> Goal:
    """The goal of a ``RegisterResource`` call.

    Raises:
        UnsupportedError: it asks for something that the embedded engine does not do.
    """
    if request.custom or request.remote:
        refuse_other_packages(request.type, request.name)
    _refuse_options(request)
    inputs = from_struct(request.object)
    dependencies = sorted(request.dependencies)
    property_dependencies = {
        key: sorted(value.urns) for key, value in request.propertyDependencies.items()
    }
    state = ResourceState(
        urn="",
        type=request.type,
        custom=request.custom,
        inputs=inputs,
        parent=request.parent,
        dependencies=dependencies,
        property_dependencies=property_dependencies or dict.fromkeys(inputs, dependencies),
        deleted_with=request.deletedWith,
        replace_with=list(getattr(request, "replace_with", ())),
        ignore_changes=list(request.ignoreChanges),
        replace_on_changes=list(request.replaceOnChanges),
        additional_secret_outputs=list(request.additionalSecretOutputs),
        custom_timeouts=_timeouts(request),
        hide_diff=[_spelled(text) for text in getattr(request, "hideDiffs", ())],
    )
    dbr_given = request.deleteBeforeReplaceDefined or request.deleteBeforeReplace
    return Goal(
        request.name,
        state,
        inputs,
        protect=request.protect if request.HasField("protect") else None,
        retain_on_delete=request.retainOnDelete if request.HasField("retainOnDelete") else None,
        delete_before_replace=request.deleteBeforeReplace if dbr_given else None,
        aliases=[*(alias_pb2.Alias(urn=urn) for urn in request.aliasURNs), *request.aliases],
    )


def goal_from_read(request: resource_pb2.ReadResourceRequest) -> Goal:
    """The goal of a ``ReadResource`` call: a resource that the stack does not own.

    Raises:
        UnsupportedError: it asks for something that the embedded engine does not do.
    """
    refuse_other_packages(request.type, request.name)
    _refuse_options(request)
    state = ResourceState(
        urn="",
        type=request.type,
        custom=True,
        id=request.id,
        inputs=from_struct(request.properties),
        parent=request.parent,
        dependencies=sorted(request.dependencies),
        additional_secret_outputs=list(request.additionalSecretOutputs),
        external=True,
    )
    return Goal(request.name, state, state.inputs)


def refuse_other_packages(type_: str, name: str) -> None:
    """Raise UnsupportedError where a resource needs another provider than the dynamic one."""
    package = type_.rpartition(":")[2] if is_provider_type(type_) else type_.partition(":")[0]
    if type_ == "pulumi:pulumi:StackReference":
        raise UnsupportedError(f"{name!r} is a stack reference, which the embedded engine has not")
    if is_provider_type(type_) or package != DYNAMIC_PACKAGE:
        raise UnsupportedError(
            f"resource {name!r} needs the provider {package!r}: "
            "the embedded engine runs dynamic and component resources only"
        )


def _refuse_options(request: Any) -> None:
    for field_, value in request.ListFields():
        # SDKs send the hooks of every resource, which are mostly none.
        if field_.name in _REFUSED and not (field_.name == "hooks" and not value.ListFields()):
            raise UnsupportedError(
                f"resource {request.name!r} uses {_REFUSED[field_.name]}, "
                "which the embedded engine has not"
            )


def _spelled(path: str) -> str:
    """A property path as the CLI spells and stores it; a text that is none stays as it is."""
    try:
        return path_text(parse_path(path))
    except ValueError:
        return path


_TIMEOUT_UNITS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def _timeouts(request: resource_pb2.RegisterResourceRequest) -> dict[str, Any]:
    """The custom timeouts in seconds. A dynamic provider never sees them; they are only stored."""
    timeouts = {
        n: getattr(request.customTimeouts, n, "") for n in "create update delete read".split()
    }
    return {name: _seconds(text) for name, text in timeouts.items() if text}


def _seconds(duration: str) -> float:
    parts = re.findall(r"([0-9.]+)(ms|h|m|s)", duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise UnsupportedError(f"the custom timeout {duration!r} has a form that is not known")
    seconds = sum(float(number) * _TIMEOUT_UNITS[unit] for number, unit in parts)
    return int(seconds) if seconds == int(seconds) else seconds
