"""The project file, ``Pulumi.yaml``, and where its program lives."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ..errors import EngineError, UnsupportedError
from .documents import read
from .versions import require

_FILE_NAMES: Final = ("Pulumi.json", "Pulumi.yaml", "Pulumi.yml")


@dataclass(frozen=True)
class Project:
    """What the project file says.

    Attributes:
        file: the project file; the stacks' files end as its name does.
        program: the file or folder that is run, relative to ``directory``.
        directory: the working directory of the program and of its provider process.
        python: the interpreter for both.
        options: ``runtime.options`` as written.
        config: the project's own configuration block, as written.
        backend_url: ``backend.url``, empty when not given.
        stack_config_dir: the folder of the stacks' configuration files.
        refreshes: whether every operation looks first at what really is (``refresh: always``).
    """

    name: str
    file: Path
    program: str
    directory: Path
    python: str
    options: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    backend_url: str = ""
    stack_config_dir: Path = Path()
    refreshes: bool = False

    @property
    def root(self) -> Path:
        """The folder of the project file."""
        return self.file.parent

    def stack_file(self, stack: str) -> Path:
        """The configuration file of a stack."""
        return self.stack_config_dir / f"Pulumi.{stack}{self.file.suffix}"


def load_project(directory: Path) -> Project:
    """Read the project file in a folder or in the nearest of its parents.

    Raises:
        UnsupportedError: the program is not a Python one, or asks for what only the CLI does.
    """
    file = _find(directory.resolve())
    settings = read(file)

    def mapping(name: str, value: Any) -> Mapping[str, Any]:
        if not isinstance(value or {}, Mapping):
            raise EngineError(f"{file}: '{name}' must be a mapping")
        return value or {}

    name = settings.get("name")
    if not isinstance(name, str) or not name:
        raise EngineError(f"{file}: project is missing a 'name' attribute")
    if not is_name(name):
        raise EngineError(
            f"{file}: {name!r} is not a project name: up to 100 letters, digits, hyphens, "
            "underscores and periods"
        )
    runtime = settings.get("runtime")
    options: Mapping[str, Any] = {}
    if isinstance(runtime, Mapping):
        options = mapping("runtime.options", runtime.get("options"))
        runtime = runtime.get("name")
    if not runtime:
        raise EngineError(f"{file}: project is missing a 'runtime' attribute")
    if runtime != "python":
        raise UnsupportedError(
            f"{file}: the embedded engine runs Python programs, not runtime {runtime!r}"
        )
    for what, value in (
        ("plugins", settings.get("plugins")),
        ("runtime.options.typechecker", options.get("typechecker")),
    ):
        if value:
            raise UnsupportedError(f"{file}: the embedded engine does not know '{what}'")
    refresh = mapping("options", settings.get("options"))
    if refresh and dict(refresh) != {"refresh": "always"}:
        raise EngineError(f"{file}: 'options' may only say 'refresh: always'")
    if settings.get("requiredPulumiVersion"):
        require(str(settings["requiredPulumiVersion"]))
    config, stack_config_dir = settings.get("config"), settings.get("stackConfigDir")
    if isinstance(config, str):  # the older name of 'stackConfigDir'
        if stack_config_dir:
            raise EngineError(f"{file}: give 'stackConfigDir' alone, not 'config' as a folder too")
        config, stack_config_dir = None, config
    root = file.parent
    working_directory, program = _locate_program(root, str(settings.get("main") or ""))
    return Project(
        name=name,
        file=file,
        program=program,
        directory=working_directory,
        python=_interpreter(root, options),
        options=options,
        config=mapping("config", config),
        backend_url=str(mapping("backend", settings.get("backend")).get("url") or ""),
        stack_config_dir=root / str(stack_config_dir or ""),
        refreshes=bool(refresh),
    )


def is_name(name: str) -> bool:
    """Whether a project or a stack may be called so; it becomes the name of a file."""
    return bool(re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", name)) and name not in (".", "..")


def _find(directory: Path) -> Path:
    for folder in (directory, *directory.parents):
        for name in _FILE_NAMES:
            if (folder / name).is_file():
                return folder / name
    raise EngineError(f"no Pulumi.yaml project file found in {directory} or its parents")


def _locate_program(root: Path, main: str) -> tuple[Path, str]:
    if not main:
        return root, "."
    path = (root / main).resolve()
    if path.is_dir():
        return path, "."
    if not path.is_file():
        raise EngineError(f"project 'main' could not be read: {path} does not exist")
    return path.parent, path.name


def _interpreter(root: Path, options: Mapping[str, Any]) -> str:
    """The virtual environment's Python; ours when the project names none or it is not there yet.

    A machine without the CLI has usually one environment, the one that this engine runs in: a
    ``virtualenv: venv`` that nobody made on it is then no reason to fail.
    """
    toolchain = options.get("toolchain") or "pip"
    if toolchain not in ("pip", "poetry", "uv"):
        raise EngineError(f"unsupported toolchain option: {toolchain}; use pip, poetry or uv")
    virtualenv = options.get("virtualenv") or (".venv" if toolchain == "uv" else "")
    if virtualenv:
        folder = root / str(virtualenv)
        for candidate in (folder / "bin" / "python", folder / "Scripts" / "python.exe"):
            if candidate.is_file():
                return str(candidate)
    return sys.executable
