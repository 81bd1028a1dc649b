"""Which project and which stack a command is for, found as the Pulumi CLI finds them.

Source: ``workspace/paths.go``, ``workspace/workspace.go`` and ``backend/state/stacks.go`` in
pulumi/pulumi. No command acts on a stack that nobody chose.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from ...backend import ORGANIZATION, Backend, url_path
from ...common.redact import one_line
from ...errors import ConfigurationError

_FILES = ("Pulumi.json", "Pulumi.yaml", "Pulumi.yml")


class NoStack(click.ClickException):
    """The stack does not exist; ends with the exit code that both engines have for it."""

    exit_code = 6


@dataclass(frozen=True)
class Project:
    """A Pulumi project.

    Attributes:
        file: its ``Pulumi.yaml``, through the links by which it was reached.
    """

    file: Path
    name: str


@dataclass(frozen=True)
class Target:
    """A stack that may exist or not.

    Attributes:
        folder: where its engine runs.
        written: the stack's name, perhaps with organization and project before it.
        named: it was named for this very run, so that ``up`` may make it.
    """

    project: Project
    folder: Path
    written: str
    named: bool

    @property
    def stack(self) -> str:
        """The stack's name alone."""
        return self.written.rpartition("/")[2]

    @property
    def organization(self) -> str:
        """The organization before the name, or what stands for one."""
        first, separator, _ = self.written.partition("/")
        return first if separator else ORGANIZATION

    @cached_property
    def backend(self) -> Backend:
        """Where the project's states are."""
        return Backend.here(self.project.file.parent, self.project.name, self.organization)

    def exists(self) -> bool:
        """Whether there is such a stack.

        Raises:
            StateUnreadable: the backend does not answer.
        """
        return self.stack in self.backend.stacks(self.project.name)

    def require(self) -> None:
        """Make sure that there is such a stack.

        Raises:
            NoStack: there is none.
            StateUnreadable: the backend does not answer.
        """
        if not self.exists():
            raise NoStack(
                f"no stack named '{self.written}' in project {self.project.name}: check the name; "
                f"'metastudio up --stack {self.written}' or 'pulumi stack init {self.written}' "
                "makes it"
            )


def find_target(folder: Path, stack: str | None) -> Target | None:
    """The stack that a command is for; None in a folder of no project.

    Args:
        folder: the folder of a project file, or one below it.
        stack: as it was named on the command line.

    Raises:
        ConfigurationError: no stack is chosen, one is named without a project, or the project's
            file is none.
    """
    project = find_project(folder)
    if project is None and stack:
        raise ConfigurationError(
            f"--stack {stack}: no Pulumi.yaml in {folder.resolve()} or above: go to the folder of "
            "the project, or -C FOLDER"
        )
    if project is None:
        return None
    named = stack or os.environ.get("PULUMI_STACK")
    chosen = named
    if chosen is None:
        chosen = _selected(project)
    _settle_backend(folder.resolve())
    if not chosen:
        raise ConfigurationError(
            f"no stack is selected in project {project.name}: give --stack NAME, set PULUMI_STACK, "
            "or choose one with 'pulumi stack select NAME'"
        )
    # How the CLI writes a selection down where there are no organizations.
    written = chosen.removeprefix(f"{ORGANIZATION}/{project.name}/")
    return Target(project, folder.resolve(), written, bool(named))


def require_target(folder: Path, stack: str | None) -> Target:
    """The stack that a command is for which needs one; errors are those of ``find_target``."""
    target = find_target(folder, stack)
    if target is None:
        raise ConfigurationError(
            f"no Pulumi.yaml in {folder.resolve()} or above: go to the folder of the project, or "
            "-C FOLDER"
        )
    return target


def find_backend(folder: Path, stack: str | None) -> tuple[str, Backend] | None:
    """A project's name and its backend, whichever the stack; None in a folder of no project.

    Args:
        folder: the folder of a project file, or one below it.
        stack: any stack, as it was named on the command line; its organization counts.

    Raises:
        ConfigurationError: the project's file is none.
    """
    project = find_project(folder)
    if project is None:
        return None
    _settle_backend(folder.resolve())
    written = stack or os.environ.get("PULUMI_STACK") or ""
    named = Target(project, folder.resolve(), written, False)
    return project.name, named.backend


def find_project(folder: Path) -> Project | None:
    """The project of a folder or of one above it; ConfigurationError when its file is none."""
    # The CLI takes the way that the shell says it came, when it leads here.
    shell = os.environ.get("PWD", "")
    came = folder == Path() and os.path.isabs(shell) and Path(shell).exists()
    start = Path(shell) if came and Path(shell).samefile(folder) else folder.resolve()
    for parent in (start, *start.parents):
        for name in _FILES:
            if os.path.isfile(parent / name):  # False where permissions forbid to look
                return Project(parent / name, _name(parent / name))
    return None


def _name(file: Path) -> str:
    import yaml

    try:
        settings: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file} is no UTF-8 text: save it as UTF-8") from None
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{file} cannot be read: {one_line(error)}") from None
    name = settings.get("name") if isinstance(settings, dict) else None
    if not isinstance(name, str) or not name:
        raise ConfigurationError(f"{file} names no project: give it a name")
    return name


def _selected(project: Project) -> str:
    """What ``pulumi stack select`` chose for the project and this backend; empty when nothing."""
    home = Path(os.environ.get("PULUMI_HOME") or Path("~/.pulumi").expanduser())
    backend = Backend.here(project.file.parent, project.name)
    for path in dict.fromkeys([project.file, project.file.resolve()]):
        digest = hashlib.sha1(str(path).encode(), usedforsecurity=False).hexdigest()
        file = home / "workspaces" / f"{project.name}-{digest}-workspace.json"
        try:
            settings = json.loads(file.read_bytes())
            stacks = settings.get("stacks") or {}
            for url, stack in stacks.items():
                if _is_backend(url, backend):
                    return str(stack)
            if settings.get("stack"):
                return str(settings["stack"])
        except FileNotFoundError:
            continue
        except (OSError, ValueError, AttributeError):
            raise ConfigurationError(
                f"{file} cannot be read: choose again with 'pulumi stack select NAME'"
            ) from None
    return ""


def _is_backend(url: str, backend: Backend) -> bool:
    """Whether a selection was made in this backend; the CLI keeps its address as it was given."""
    if url in (os.environ.get("PULUMI_BACKEND_URL"), backend.url):
        return True
    if not url.startswith("file://"):
        return False
    return (backend.root / url_path(url).expanduser()).resolve() == backend.folder


def _settle_backend(folder: Path) -> None:
    """A relative backend counts from where the engine runs, for all that look for it later."""
    scheme, _, path = os.environ.get("PULUMI_BACKEND_URL", "").partition("://")
    if scheme == "file" and not path.startswith(("/", "~")):
        os.environ["PULUMI_BACKEND_URL"] = f"file://{os.path.normpath(folder / path)}"
