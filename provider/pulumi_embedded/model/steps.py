"""What a deployment does to one resource at a time, and the words for it."""

from __future__ import annotations

import contextlib
import copy
import enum
import time
from dataclasses import dataclass, field

from .diffs import Diff
from .property_paths import parse_path
from .resources import ResourceState
from .urns import is_provider_type
from .values import Properties, changed_properties


class Op(str, enum.Enum):
    """The kinds of steps, named as the CLI names them."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    CREATE_REPLACEMENT = "create-replacement"
    DELETE_REPLACED = "delete-replaced"
    READ = "read"
    READ_REPLACEMENT = "read-replacement"
    READ_DISCARD = "discard"
    DISCARD_REPLACED = "discard-replaced"
    REFRESH = "refresh"
    REMOVE_PENDING_REPLACE = "remove-pending-replace"


@dataclass(eq=False)
class Step:
    """One step on one resource.

    Attributes:
        old: the resource before; None when it is new.
        new: the resource after; None when it goes.
        diff: what the change means, and why it cannot be made in place.
        counted: whether it appears in the summary; half of a replacement does not.
        refreshed: whether it shows what really is, so that the outputs are compared.
        planned: ``new`` as it was before the step.
        failed: whether it ended without having done what it says.
    """

    op: Op
    old: ResourceState | None = None
    new: ResourceState | None = None
    diff: Diff | None = None
    counted: bool = True
    refreshed: bool = False
    started: float = field(default_factory=time.monotonic)
    planned: ResourceState | None = field(init=False)
    failed: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.planned = copy.copy(self.new)

    @property
    def state(self) -> ResourceState:
        """The resource, as it will be or, when it goes, as it was."""
        state = self.new or self.old
        assert state is not None
        return state

    @property
    def urn(self) -> str:
        """The resource's URN."""
        return self.state.urn

    @property
    def hidden(self) -> bool:
        """Whether the user does not see it: it is on a provider resource, the engine's own."""
        return is_provider_type(self.state.type)

    @property
    def elapsed(self) -> float:
        """Seconds since it started."""
        return time.monotonic() - self.started

    def changes(self) -> list[tuple[str, str]]:
        """What differs: pairs of ``+``, ``-`` or ``~`` and the property's name.

        Properties whose names start with two underscores are the SDK's and the provider's own.
        """
        if self.old is None or self.new is None or self.op is Op.SAME:
            return []
        before: Properties = self.old.outputs if self.refreshed else self.old.inputs
        after: Properties = self.new.outputs if self.refreshed else self.new.inputs
        hidden = _hidden(self.new.hide_diff)
        return [
            ("+" if name not in before else "-" if name not in after else "~", name)
            for name in changed_properties(before, after)
            if not name.startswith("__") and name not in hidden
        ]


def _hidden(texts: list[str]) -> set[str | int]:
    """Whole properties whose changes are not shown; a malformed path is no error, as in the CLI."""
    hidden: set[str | int] = set()
    for text in texts:
        with contextlib.suppress(ValueError):
            name, *rest = parse_path(text) or [""]
            hidden |= set() if rest else {name}
    return hidden
