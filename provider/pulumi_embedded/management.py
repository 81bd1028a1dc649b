"""Looking after stacks and their configuration, apart from running anything."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .errors import EngineError
from .model.resources import Snapshot
from .project.checkpoint import (
    ORGANIZATION,
    decode_checkpoint,
    encode_checkpoint,
    full_name,
    latest_deployment,
    secrets_salt,
)
from .project.config import (
    Blinded,
    Config,
    ConfigValue,
    StackFile,
    full_key,
    resolve_config,
)
from .project.file_backend import open_backend
from .project.passphrase import Crypter, create_crypter, open_crypter
from .project.project import is_name, load_project


class StackHandle:
    """One stack of one project, with its secrets opened on demand.

    Args:
        directory: where the project file is, or a folder below it.
        stack: ``NAME`` or ``organization/PROJECT/NAME``.
        interactive: whether the passphrase may be asked for; a function, as it is seldom needed.

    Raises:
        EngineError: the project, the backend or the stack's file is not usable.
    """

    def __init__(
        self, directory: Path, stack: str, interactive: Callable[[], bool] | None = None
    ) -> None:
        self.project = load_project(directory)
        self.stack = _stack_name(stack, self.project.name)
        self.backend = open_backend(self.project)
        self.file = StackFile(self.project.stack_file(self.stack))
        self._interactive = interactive or (lambda: sys.stdin.isatty() and sys.stdout.isatty())
        self._crypter: Crypter | None = None

    @property
    def exists(self) -> bool:
        """Whether the stack is in the backend."""
        return self.backend.exists(self.stack)

    def crypter(self) -> Crypter:
        """The crypter for new secrets; one is made, and remembered, when there is none yet."""
        if self._crypter is None:
            salt = self.file.salt
            if not salt and self.exists:
                salt = secrets_salt(self.read())
            self._crypter = (
                self._open(salt) if salt else create_crypter(interactive=self._interactive())
            )
            self.file.remember_salt(self._crypter.state)
        return self._crypter

    def create(self) -> None:
        """Make the stack, empty."""
        name = full_name(self.project.name, self.stack)
        self.write(encode_checkpoint(name, self.crypter().state, (), (), {}))

    def read(self) -> dict[str, Any]:
        """The stack's checkpoint."""
        return self.backend.read(self.stack)

    def write(self, checkpoint: str) -> None:
        """Store the stack's checkpoint."""
        self.backend.write(self.stack, checkpoint)

    def config(self, extra: Mapping[str, str] | None = None, *, validate: bool = True) -> Config:
        """Everything the program may read; ``extra`` holds values for this run alone."""
        return resolve_config(
            self.project, self.stack, self.file, self.crypter, extra, validate=validate
        )

    def snapshot(self, checkpoint: Mapping[str, Any]) -> Snapshot:
        """What a checkpoint holds."""
        salt, crypter = secrets_salt(checkpoint), self.crypter()
        # What is stored may still be under an older key; it is written under the current one.
        return decode_checkpoint(
            checkpoint, crypter if salt in ("", crypter.state) else self._open(salt)
        )

    def _open(self, salt: str) -> Crypter:
        return open_crypter(salt, interactive=self._interactive())


def _stack_name(written: str, project: str) -> str:
    """A stack's own name, of which organization and project may be written before it."""
    *before, name = written.split("/")
    if before not in ([], [ORGANIZATION], [ORGANIZATION, project]):
        raise EngineError(
            f"{written!r} is not a stack of this project: use NAME or {full_name(project, 'NAME')}"
        )
    if not is_name(name):
        raise EngineError(
            f"{name!r} is not a stack name: up to 100 letters, digits, hyphens, underscores and "
            "periods"
        )
    return name


def stacks(directory: Path) -> list[str]:
    """The names of the project's stacks, sorted."""
    return open_backend(load_project(directory)).stacks()


def stack_exists(directory: Path, stack: str) -> bool:
    """Whether the project has a stack of that name."""
    return StackHandle(directory, stack).exists


def create_stack(directory: Path, stack: str) -> None:
    """Make an empty stack.

    Raises:
        EngineError: it exists already.
    """
    handle = StackHandle(directory, stack)
    if handle.exists:
        raise EngineError(f"stack '{stack}' already exists")
    handle.create()


def remove_stack(directory: Path, stack: str, *, force: bool = False) -> None:
    """Forget a stack, and delete its configuration file.

    Args:
        force: even if it has resources, which then nobody manages any more.

    Raises:
        EngineError: it has resources, or another process works on it.
    """
    handle = StackHandle(directory, stack)
    with handle.backend.lock(handle.stack, "pulumi"):
        if latest_deployment(handle.read()).get("resources") and not force:
            raise EngineError(
                f"'{handle.stack}' still has resources; removal rejected. Destroy them first"
            )
        handle.backend.remove(handle.stack)
    handle.file.path.unlink(missing_ok=True)


def cancel(directory: Path, stack: str) -> int:
    """Remove the locks on a stack, such as those that a killed run left; returns how many.

    This does not stop a run that still holds one: make sure first that there is none.
    """
    handle = StackHandle(directory, stack)
    return handle.backend.unlock(handle.stack)


def config_set(directory: Path, stack: str, key: str, value: str, *, secret: bool = False) -> None:
    """Store one configuration value in the stack's file, encrypted when it is secret.

    Args:
        key: ``namespace:name``, or a name of the project's own.
    """
    handle = StackHandle(directory, stack)
    stored = {"secure": handle.crypter().encrypt(value)} if secret else value
    # The crypter may have written its salt into the file.
    StackFile(handle.file.path).set(key, handle.project.name, stored)


def config_remove(directory: Path, stack: str, key: str) -> None:
    """Take one configuration value out of the stack's file; that there is none is no error."""
    handle = StackHandle(directory, stack)
    full_key(key, handle.project.name)  # which refuses what is no key
    handle.file.remove(key, handle.project.name)


def config_get(directory: Path, stack: str, key: str) -> ConfigValue | None:
    """One value as a program would read it; None when there is none.

    The passphrase is asked for only when the value is secret.
    """
    name = full_key(key, load_project(directory).name)
    value = config_all(directory, stack, blinded=True).get(name)
    return config_all(directory, stack)[name] if value and value.secret else value


def config_all(directory: Path, stack: str, *, blinded: bool = False) -> dict[str, ConfigValue]:
    """Every value as a program would read it, by key.

    Args:
        blinded: secrets are ``[secret]``, for which no passphrase is needed.
    """
    handle = StackHandle(directory, stack)
    if not blinded:
        return handle.config(validate=False)
    return resolve_config(handle.project, handle.stack, handle.file, Blinded, validate=False)
