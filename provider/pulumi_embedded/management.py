"""Looking after stacks and their configuration, apart from running anything."""

from __future__ import annotations

from pathlib import Path

from .errors import EngineError
from .operations import StackHandle, Terminal
from .project.checkpoint import deployment
from .project.config import ConfigValue, StackFile, full_key
from .project.file_backend import open_backend
from .project.project import load_project


def stacks(directory: Path) -> list[str]:
    """The names of the project's stacks, sorted."""
    project = load_project(directory)
    return open_backend(project).stacks(project.name)


def stack_exists(directory: Path, stack: str) -> bool:
    """Whether the project has a stack of that name."""
    return StackHandle(directory, stack, Terminal()).exists


def create_stack(directory: Path, stack: str) -> None:
    """Make an empty stack.

    Raises:
        EngineError: it exists already.
    """
    handle = StackHandle(directory, stack, Terminal())
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
    handle = StackHandle(directory, stack, Terminal())
    with handle.backend.lock(handle.project.name, handle.stack, "pulumi"):
        if deployment(handle.read()).get("resources") and not force:
            raise EngineError(
                f"'{handle.stack}' still has resources; removal rejected. Destroy them first"
            )
        handle.backend.remove(handle.project.name, handle.stack)
    handle.file.path.unlink(missing_ok=True)


def cancel(directory: Path, stack: str) -> int:
    """Remove the locks on a stack, such as those that a killed run left; returns how many.

    A run that still holds one goes on, and must not: make sure first that there is none.
    """
    handle = StackHandle(directory, stack, Terminal())
    return handle.backend.unlock(handle.project.name, handle.stack)


def config_set(directory: Path, stack: str, key: str, value: str, *, secret: bool = False) -> None:
    """Store one configuration value in the stack's file, encrypted when it is secret.

    Args:
        key: ``namespace:name``, or a name of the project's own.
    """
    handle = StackHandle(directory, stack, Terminal())
    stored = {"secure": handle.crypter().encrypt(value)} if secret else value
    # The crypter may have written its salt into the file.
    StackFile(handle.file.path).set(key, handle.project.name, stored)


def config_get(directory: Path, stack: str, key: str) -> ConfigValue | None:
    """One value as a program would read it; None when there is none."""
    return config_all(directory, stack).get(full_key(key, load_project(directory).name))


def config_all(directory: Path, stack: str) -> dict[str, ConfigValue]:
    """Every value as a program would read it, by key."""
    handle = StackHandle(directory, stack, Terminal())
    return handle.config(validate=False)
