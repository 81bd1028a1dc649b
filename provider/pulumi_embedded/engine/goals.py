"""What a program asks for, taken from its registration requests.

Whatever the embedded engine does not do is refused here, in one sentence: nothing that a program
says may be silently ignored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ..errors import UnsupportedError
from ..model.property_paths import parse_path, path_text
from ..model.urns import is_provider_type
from ..model.values import Properties, from_struct

if TYPE_CHECKING:
    from pulumi.runtime.proto import alias_pb2, resource_pb2

DYNAMIC_PACKAGE: Final = "pulumi-python"


@dataclass(frozen=True)
class Alias:
    """Another name that a resource may have had: a URN, or parts that differ from today's."""

    urn: str = ""
    name: str = ""
    type: str = ""
    stack: str = ""
    project: str = ""
    parent: str = ""
    no_parent: bool = False


@dataclass
class Goal:
    """The state that a program wants a resource to be in. None means: not said."""

    type: str
    name: str
    custom: bool
    inputs: Properties
    parent: str = ""
    id: str = ""
    dependencies: list[str] = field(default_factory=list)
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    protect: bool | None = None
    retain_on_delete: bool | None = None
    delete_before_replace: bool | None = None
    deleted_with: str = ""
    replace_with: list[str] = field(default_factory=list)
    ignore_changes: list[str] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)
    additional_secret_outputs: list[str] = field(default_factory=list)
    aliases: list[Alias] = field(default_factory=list)
    custom_timeouts: dict[str, Any] = field(default_factory=dict)
    hide_diff: list[str] = field(default_factory=list)


def goal_from_registration(request: resource_pb2.RegisterResourceRequest) -> Goal:
    """The goal of a ``RegisterResource`` call.

    Raises:
        UnsupportedError: it asks for something that the embedded engine does not do.
    """
    _refuse_unknown_package(request.type, request.name, request.custom or request.remote)
    subject = f"resource {request.name!r}"
    unsupported = {
        "an explicit provider": request.provider,
        "remote components": request.remote,
        "import": request.importId,
        "transforms": request.transforms,
        "state migrations": _field(request, "state_migrations"),
        "resource hooks": _has_hooks(request),
        "a replacement trigger": _has_field(request, "replacement_trigger"),
        "a parameterized package": request.packageRef,
    }
    for what, is_used in unsupported.items():
        if is_used:
            raise UnsupportedError(f"{subject} uses {what}, which the embedded engine has not")
    inputs = from_struct(request.object)
    dependencies = sorted(request.dependencies)
    property_dependencies = {
        key: sorted(value.urns) for key, value in request.propertyDependencies.items()
    }
    if not property_dependencies:
        property_dependencies = dict.fromkeys(inputs, dependencies)
    dbr_given = request.deleteBeforeReplaceDefined or request.deleteBeforeReplace
    return Goal(
        type=request.type,
        name=request.name,
        custom=request.custom,
        inputs=inputs,
        parent=request.parent,
        dependencies=dependencies,
        property_dependencies=property_dependencies,
        protect=request.protect if request.HasField("protect") else None,
        retain_on_delete=request.retainOnDelete if request.HasField("retainOnDelete") else None,
        delete_before_replace=request.deleteBeforeReplace if dbr_given else None,
        deleted_with=request.deletedWith,
        replace_with=list(_field(request, "replace_with") or []),
        ignore_changes=list(request.ignoreChanges),
        replace_on_changes=list(request.replaceOnChanges),
        additional_secret_outputs=list(request.additionalSecretOutputs),
        aliases=[Alias(urn=urn) for urn in request.aliasURNs]
        + [_alias(alias) for alias in request.aliases],
        custom_timeouts=_timeouts(request),
        hide_diff=[_spelled(text) for text in _field(request, "hideDiffs") or []],
    )


def goal_from_read(request: resource_pb2.ReadResourceRequest) -> Goal:
    """The goal of a ``ReadResource`` call: a resource that the stack does not own.

    Raises:
        UnsupportedError: it asks for something that the embedded engine does not do.
    """
    _refuse_unknown_package(request.type, request.name, True)
    if request.provider:
        raise UnsupportedError(
            f"resource {request.name!r} uses an explicit provider, "
            "which the embedded engine has not"
        )
    return Goal(
        type=request.type,
        name=request.name,
        custom=True,
        inputs=from_struct(request.properties),
        parent=request.parent,
        id=request.id,
        dependencies=sorted(request.dependencies),
        additional_secret_outputs=list(request.additionalSecretOutputs),
    )


def _refuse_unknown_package(type_: str, name: str, needs_provider: bool) -> None:
    if not needs_provider:
        return
    package = type_.partition(":")[0]
    if is_provider_type(type_):
        package = type_.rpartition(":")[2]
    elif package == DYNAMIC_PACKAGE:
        return
    if type_ == "pulumi:pulumi:StackReference":
        raise UnsupportedError(f"{name!r} is a stack reference, which the embedded engine has not")
    raise UnsupportedError(
        f"resource {name!r} needs the provider {package!r}: "
        "the embedded engine runs dynamic and component resources only"
    )


def _spelled(path: str) -> str:
    """A property path as the CLI spells and stores it; a text that is none stays as it is."""
    try:
        return path_text(parse_path(path))
    except ValueError:
        return path


def _field(request: Any, name: str) -> Any:
    """A field of a message; None where an older SDK does not have it."""
    return getattr(request, name, None)


def _has_field(request: Any, name: str) -> bool:
    return name in request.DESCRIPTOR.fields_by_name and bool(request.HasField(name))


def _has_hooks(request: Any) -> bool:
    hooks = _field(request, "hooks")
    return hooks is not None and bool(hooks.ListFields())


def _alias(alias: alias_pb2.Alias) -> Alias:
    if alias.WhichOneof("alias") == "urn":
        return Alias(urn=alias.urn)
    spec = alias.spec
    return Alias(
        name=spec.name,
        type=spec.type,
        stack=spec.stack,
        project=spec.project,
        parent=spec.parentUrn,
        no_parent=spec.noParent,
    )


_TIMEOUT_UNITS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def _timeouts(request: resource_pb2.RegisterResourceRequest) -> dict[str, Any]:
    """The custom timeouts in seconds. A dynamic provider never sees them; they are only stored."""
    timeouts = {}
    for name in ("create", "update", "delete", "read"):
        text = getattr(request.customTimeouts, name, "")
        if text:
            timeouts[name] = _seconds(text)
    return timeouts


def _seconds(duration: str) -> float:
    import re

    parts = re.findall(r"([0-9.]+)(ms|h|m|s)", duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise UnsupportedError(f"the custom timeout {duration!r} has a form that is not known")
    seconds = sum(float(number) * _TIMEOUT_UNITS[unit] for number, unit in parts)
    return int(seconds) if seconds == int(seconds) else seconds
