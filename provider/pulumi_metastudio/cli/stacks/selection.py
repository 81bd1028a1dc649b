"""The stack that a command is for, and the service as that stack sees it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ConfigurationError
from . import engines
from .target import Target, find_target, require_target

if TYPE_CHECKING:
    from ...lifecycle import Context


@dataclass(frozen=True)
class Selection:
    """What the options of a command select.

    Attributes:
        engine_name: ``auto``, ``pulumi`` or ``embedded``.
        folder: the folder of a project, or one below it.
        stack: as it was named on the command line.
        account: of the accounts that the stack's configuration holds; None for the one without a
            name.
    """

    engine_name: str
    folder: Path
    stack: str | None
    account: str | None = None

    def engine(self) -> engines.Engine:
        """The engine; ConfigurationError when it is not installed."""
        return engines.choose(self.engine_name)

    def target(self) -> Target:
        """The stack; errors are those of ``require_target``."""
        return require_target(self.folder, self.stack)

    def find_target(self) -> Target | None:
        """The stack; None in a folder of no project. Errors are those of ``find_target``."""
        return find_target(self.folder, self.stack)

    def context(self) -> Context:
        """The service as the stack sees it; without a project, by the environment.

        Raises:
            ConfigurationError: the stack's configuration cannot be read, so that it is unknown
                which project at the service is meant.
        """
        return self.context_of(self.find_target())

    def context_of(self, target: Target | None) -> Context:
        """The service as a stack sees it; errors are those of ``context``."""
        from ...lifecycle import Context
        from ...process_state import settings_from

        config: dict[str, str] = {}
        if target:
            target.require()
            config = self.engine().config(target)
        elif self.account:
            raise ConfigurationError(
                f"--account {self.account}: no Pulumi.yaml in {self.folder.resolve()} or above, "
                "and accounts are named in a stack's configuration: go to its folder, or -C FOLDER"
            )
        return Context.of(settings_from(config, self.account))
