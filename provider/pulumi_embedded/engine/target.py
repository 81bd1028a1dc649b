"""The stack that a deployment is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..model.resources import Snapshot
from ..model.urns import STACK_TYPE, make_urn
from ..project.config import Config
from ..project.file_backend import ORGANIZATION
from ..project.passphrase import Crypter
from ..project.project import Project


@dataclass(frozen=True)
class Target:
    """A stack as it is, and how to store what becomes of it.

    Attributes:
        write: stores a checkpoint; None for a preview, which must leave no trace.
        command: the program that messages name where something is to be done by hand.
    """

    project: Project
    stack: str
    config: Config
    snapshot: Snapshot
    crypter: Crypter | None
    write: Callable[[str], None] | None
    command: str = "pulumi"

    @property
    def dry_run(self) -> bool:
        """Whether nothing may really be changed."""
        return self.write is None

    @property
    def full_name(self) -> str:
        """The stack's name in its checkpoint."""
        return f"{ORGANIZATION}/{self.project.name}/{self.stack}"

    @property
    def urn(self) -> str:
        """The URN of the stack's own resource."""
        name = f"{self.project.name}-{self.stack}"
        return make_urn(self.stack, self.project.name, "", STACK_TYPE, name)
