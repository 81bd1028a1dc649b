"""The project file ``Pulumi.yaml`` and where its program lives."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from .errors import ConfigurationError, UnsupportedError

_FILE_NAMES: Final = ("Pulumi.yaml", "Pulumi.yml")


@dataclass(frozen=True)
class Project:
    """What the project file says.

    Attributes:
        root: the folder of the project file.
        program: the file or folder that is run, relative to ``directory``.
        directory: the working directory of the program and of its provider process.
        python: the interpreter for both.
        options: ``runtime.options`` as written.
        config: the project's own configuration block, as written.
        backend_url: ``backend.url``, empty when not given.
        stack_config_dir: the folder of the stacks' configuration files.
    """

    name: str
    root: Path
    program: str
    directory: Path
    python: str
    options: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    backend_url: str = ""
    stack_config_dir: Path = Path()

    def stack_file(self, stack: str) -> Path:
        """The configuration file of a stack."""
        return self.stack_config_dir / f"Pulumi.{stack}.yaml"


def load_project(directory: Path) -> Project:
    """Read the project file in a folder or in the nearest of its parents.

    Raises:
        ConfigurationError: there is none, or it is not a valid one.
        UnsupportedError: the program is not a Python one.
    """
    file = _find(directory.resolve())
    settings = read_yaml(file)
    name = settings.get("name")
    if not isinstance(name, str) or not name:
        raise ConfigurationError(f"{file}: project is missing a 'name' attribute")
    runtime = settings.get("runtime")
    options: Mapping[str, Any] = {}
    if isinstance(runtime, Mapping):
        options = runtime.get("options") or {}
        runtime = runtime.get("name")
    if not runtime:
        raise ConfigurationError(f"{file}: project is missing a 'runtime' attribute")
    if runtime != "python":
        raise UnsupportedError(
            f"{file}: the embedded engine runs Python programs, not runtime {runtime!r}"
        )
    root = file.parent
    working_directory, program = _locate_program(root, str(settings.get("main") or ""))
    backend = settings.get("backend") or {}
    config = settings.get("config") or {}
    if not isinstance(backend, Mapping) or not isinstance(config, Mapping):
        raise ConfigurationError(f"{file}: 'backend' and 'config' must be mappings")
    return Project(
        name=name,
        root=root,
        program=program,
        directory=working_directory,
        python=_interpreter(root, options),
        options=options,
        config=config,
        backend_url=str(backend.get("url") or ""),
        stack_config_dir=root / str(settings.get("stackConfigDir") or ""),
    )


def read_yaml(file: Path) -> dict[str, Any]:
    """The mapping in a YAML file; an empty one when the file is empty.

    Raises:
        ConfigurationError: it cannot be read, or it is not a mapping.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise ConfigurationError(f"{file}: could not be read: {reason}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigurationError(f"{file}: must hold a mapping")
    return content


def _find(directory: Path) -> Path:
    for folder in (directory, *directory.parents):
        for name in _FILE_NAMES:
            if (folder / name).is_file():
                return folder / name
    raise ConfigurationError(f"no Pulumi.yaml project file found in {directory} or its parents")


def _locate_program(root: Path, main: str) -> tuple[Path, str]:
    if not main:
        return root, "."
    path = (root / main).resolve()
    if path.is_dir():
        return path, "."
    if not path.is_file():
        raise ConfigurationError(f"project 'main' could not be read: {path} does not exist")
    return path.parent, path.name


def _interpreter(root: Path, options: Mapping[str, Any]) -> str:
    """The virtual environment's Python; ours when the project names none or it is not there yet.

    A machine without the CLI has usually one environment, the one that this engine runs in: a
    ``virtualenv: venv`` that nobody made on it is then no reason to fail.
    """
    virtualenv = options.get("virtualenv")
    if virtualenv:
        folder = root / str(virtualenv)
        for candidate in (folder / "bin" / "python", folder / "Scripts" / "python.exe"):
            if candidate.is_file():
                return str(candidate)
    return sys.executable
