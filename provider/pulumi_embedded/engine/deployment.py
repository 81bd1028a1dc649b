"""One deployment: the stack it is for, what its parts share, and whether it may go on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from ..display.base import Display
from ..errors import CancelledError
from ..model.resources import Snapshot
from ..model.urns import STACK_TYPE, make_urn
from ..processes.dynamic_provider import DynamicProvider
from ..project.checkpoint import full_name
from ..project.config import Config
from ..project.passphrase import Crypter
from ..project.project import Project
from .snapshot_manager import SnapshotManager


@dataclass(frozen=True)
class Target:
    """A stack as it is, and how to store its changes.

    Attributes:
        write: stores a checkpoint; None for a preview, which must not change anything.
        command: the program that messages name where the user has to do something.
    """

    project: Project
    stack: str
    config: Config
    snapshot: Snapshot
    crypter: Crypter
    write: Callable[[str], None] | None
    command: str = "pulumi"

    @property
    def dry_run(self) -> bool:
        """Whether this is a preview."""
        return self.write is None

    @property
    def urn(self) -> str:
        """The URN of the stack's own resource."""
        name = f"{self.project.name}-{self.stack}"
        return make_urn(self.stack, self.project.name, "", STACK_TYPE, name)


class Cancellation:
    """Says whether further steps may start."""

    def __init__(self) -> None:
        self.requested = threading.Event()
        self.interrupted = False
        self._listeners: list[Callable[[], None]] = []

    def on_request(self, listener: Callable[[], None]) -> None:
        """Call the listener when cancellation is requested, or at once if it was."""
        self._listeners.append(listener)
        if self.requested.is_set():
            listener()

    def request(self) -> None:
        """Let no further step start."""
        if not self.requested.is_set():
            self.requested.set()
            for listener in list(self._listeners):
                listener()

    def interrupt(self) -> None:
        """The user asked to stop."""
        self.interrupted = True
        self.request()

    def check(self) -> None:
        """Raise CancelledError when no further step may start."""
        if self.requested.is_set():
            raise CancelledError("cancelled")


class Deployment:
    """What the parts of one deployment share.

    Args:
        parallel: how many steps may run at a time, at least one.
    """

    def __init__(self, target: Target, display: Display, parallel: int) -> None:
        self.target = target
        self.display = display
        self.parallel = max(1, parallel)
        self.cancellation = Cancellation()
        self.provider = DynamicProvider(target.project, target.config, display.info)
        name = full_name(target.project.name, target.stack)
        self.snapshots = SnapshotManager(target.snapshot, target.write, name, target.crypter)

    def kill(self) -> None:
        """End what is running at once. The stack keeps it recorded as unfinished."""
        self.snapshots.freeze()
        self.provider.close()
