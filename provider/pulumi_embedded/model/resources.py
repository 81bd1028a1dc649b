"""What a stack consists of: resources, and operations that were begun and not finished."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from .urns import is_provider_type
from .values import Properties


@dataclass(eq=False, kw_only=True)
class ResourceState:
    """One resource as the engine knows it. Two states are the same only if they are one object.

    The fields are in the order in which a checkpoint has them.

    Attributes:
        delete: replaced already, still to be deleted.
        external: read only; the stack does not own it.
        pending_replacement: deleted already, still to be created again.
        created, modified: RFC 3339 in UTC.
        unknown_fields: what a newer CLI stored, carried along.
    """

    urn: str
    custom: bool
    delete: bool = False
    id: str = ""
    type: str
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    parent: str = ""
    protect: bool = False
    taint: bool = False
    external: bool = False
    dependencies: list[str] = field(default_factory=list)
    init_errors: list[str] = field(default_factory=list)
    provider: str = ""
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    pending_replacement: bool = False
    additional_secret_outputs: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    custom_timeouts: dict[str, Any] = field(default_factory=dict)
    import_id: str = ""
    retain_on_delete: bool = False
    deleted_with: str = ""
    replace_with: list[str] = field(default_factory=list)
    created: str = ""
    modified: str = ""
    ignore_changes: list[str] = field(default_factory=list)
    hide_diff: list[str] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)
    unknown_fields: dict[str, Any] = field(default_factory=dict)

    @property
    def is_managed(self) -> bool:
        """Whether a provider creates, reads and deletes it."""
        return self.custom and not is_provider_type(self.type)

    def references(self) -> Iterator[tuple[str, str]]:
        """What must exist for this resource to exist: what each one is to it, and its URN."""
        yield "parent", self.parent
        yield "'deleted with'", self.deleted_with
        yield "provider", self.provider.rpartition("::")[0]
        yield from (("'replace with'", urn) for urn in self.replace_with)
        yield from (("dependency", urn) for urn in self.dependencies)
        for name, urns in self.property_dependencies.items():
            yield from ((f"property dependency (from {name})", urn) for urn in urns or ())

    def needs(self) -> set[str]:
        """The URNs of all resources that must exist for this one to exist."""
        return {urn for _, urn in self.references()} - {""}

    def with_references(self, change: Callable[[str], str]) -> ResourceState:
        """A copy that refers to what ``change`` makes of each URN; to nothing where it is empty."""

        def changed(urns: list[str]) -> list[str]:
            return [new for urn in urns if (new := change(urn))]

        return replace(
            self,
            deleted_with=change(self.deleted_with),
            dependencies=changed(self.dependencies),
            replace_with=changed(self.replace_with),
            property_dependencies={
                key: changed(urns) for key, urns in self.property_dependencies.items()
            },
        )


@dataclass(frozen=True)
class PendingOperation:
    """Something that was begun on a resource: creating, updating, deleting or reading."""

    type: str
    resource: ResourceState


@dataclass
class Snapshot:
    """A stack at one moment.

    Attributes:
        resources: each after everything it depends on.
        metadata: the checkpoint's own, carried along.
    """

    resources: list[ResourceState] = field(default_factory=list)
    pending_operations: list[PendingOperation] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)


def timestamp() -> str:
    """The current time as it is stored."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return now.isoformat(timespec="microseconds").replace("+00:00", "Z")
