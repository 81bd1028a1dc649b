"""The two engines behind one face: the Pulumi CLI as a child process, or the embedded one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Protocol

from ..errors import ConfigurationError

__all__ = ["Engine", "choose"]


class Engine(Protocol):
    """Runs an operation on a stack and gives its exit code."""

    description: str

    def run(self, operation: str, folder: Path, stack: str, **options: Any) -> int: ...

    def set_config(self, folder: Path, stack: str, key: str, value: str, secret: bool) -> int: ...


def choose(name: str) -> Engine:
    """The engine called ``auto``, ``pulumi`` or ``embedded``.

    Raises:
        ConfigurationError: the Pulumi CLI was asked for and is not on PATH.
    """
    program = shutil.which("pulumi")
    if name == "embedded" or (name == "auto" and program is None):
        why = "" if name == "embedded" else " (no pulumi on PATH)"
        return _Embedded(f"embedded{why}")
    if program is None:
        raise ConfigurationError(
            "the Pulumi CLI is not on PATH: install it, or leave --engine at auto"
        )
    return _PulumiCli(program)


class _PulumiCli:
    def __init__(self, program: str):
        self._program = program
        self.description = f"pulumi ({program})"

    def run(
        self,
        operation: str,
        folder: Path,
        stack: str,
        *,
        as_json: bool = False,
        **options: Any,
    ) -> int:
        if operation == "outputs":
            words = ["stack", "output", "--stack", stack]
        else:
            self._make_stack(folder, stack)
            words = [operation, "--stack", stack]
        if as_json:
            words.append("--json")
        # An option's name is the CLI's own flag, so what is on is passed through.
        words += [f"--{name.replace('_', '-')}" for name, on in options.items() if on]
        return self._call(folder, words)

    def set_config(self, folder: Path, stack: str, key: str, value: str, secret: bool) -> int:
        self._make_stack(folder, stack)
        words = ["config", "set", "--stack", stack, "--secret" if secret else "--plaintext", key]
        # Through standard input: a process's arguments can be read by every user.
        return self._call(folder, words, text=value)

    def _make_stack(self, folder: Path, stack: str) -> None:
        # Without a selection, so that the user's own stays what it is.
        known = self._call(folder, ["stack", "export", "--stack", stack], quiet=True)
        if known != 0:
            made = self._call(folder, ["stack", "init", "--no-select", "--stack", stack])
            if made != 0:
                sys.exit(made)

    def _call(
        self, folder: Path, words: list[str], text: str | None = None, quiet: bool = False
    ) -> int:
        return subprocess.run(  # noqa: S603 - the program is the one on the user's PATH
            [self._program, *words],
            cwd=folder,
            env=_environment(),
            input=text,
            text=True,
            check=False,
            stdout=subprocess.DEVNULL if quiet else None,
            stderr=subprocess.DEVNULL if quiet else None,
        ).returncode


def _environment() -> dict[str, str]:
    """The program is to run with the Python that runs this, where this package is installed."""
    here = str(Path(sys.executable).parent)
    return {
        "PULUMI_PYTHON_CMD": sys.executable,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        **os.environ,
        "PATH": here + os.pathsep + os.environ.get("PATH", ""),
    }


class _Embedded:
    def __init__(self, description: str):
        self.description = description

    def run(
        self,
        operation: str,
        folder: Path,
        stack: str,
        *,
        as_json: bool = False,
        **options: Any,
    ) -> int:
        code: int = _embedded().run(
            operation, directory=folder, stack=stack, json_output=as_json, **options
        )
        return code

    def set_config(self, folder: Path, stack: str, key: str, value: str, secret: bool) -> int:
        _embedded().config_set(folder, stack, key, value, secret=secret)
        return 0


def _embedded() -> Any:
    try:
        import cryptography  # noqa: F401 - the one package that is not there without the extra

        import pulumi_embedded
    except ModuleNotFoundError as problem:
        raise ConfigurationError(
            f"the embedded engine needs {problem.name}: pip install 'pulumi-metastudio[embedded]', "
            "or install the Pulumi CLI"
        ) from None
    return pulumi_embedded
