"""The two engines behind one face: the Pulumi CLI as a child process, or the embedded one."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from ..errors import ConfigurationError

__all__ = ["Engine", "choose"]

_JOB_TYPE = "pulumi-python:dynamic/metastudio:TrainingJob"
#: A first run on an empty backend is no mistake; the other operations need a stack that is there.
_MAKE_STACKS = ("up", "preview")


class Engine(Protocol):
    """Runs an operation on a stack and gives its exit code."""

    description: str

    def run(self, operation: str, folder: Path, stack: str, **options: Any) -> int: ...

    def set_config(self, folder: Path, stack: str, key: str, value: str, secret: bool) -> int: ...

    def cancel(self, folder: Path, stack: str) -> int: ...

    def config(self, folder: Path, stack: str) -> dict[str, str]:
        """The stack's configuration, secrets in the clear."""

    def job_ids(self, folder: Path, stack: str) -> set[str]:
        """The training jobs that the stack's state holds; empty for a stack that is none."""


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
            if operation in _MAKE_STACKS:
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

    def cancel(self, folder: Path, stack: str) -> int:
        return self._call(folder, ["cancel", "--stack", stack, "--yes"])

    def config(self, folder: Path, stack: str) -> dict[str, str]:
        words = ["config", "--stack", stack, "--json", "--show-secrets"]
        told: dict[str, dict[str, Any]] = json.loads(self._ask(folder, words) or "{}")
        return {key: str(value.get("value", "")) for key, value in told.items()}

    def job_ids(self, folder: Path, stack: str) -> set[str]:
        text = self._ask(folder, ["stack", "export", "--stack", stack])
        deployment = json.loads(text)["deployment"] if text else {}
        return _job_ids(deployment or {})

    def _make_stack(self, folder: Path, stack: str) -> None:
        if self._ask(folder, ["stack", "export", "--stack", stack]) is None:
            # Without a selection, so that the user's own stays what it is.
            made = self._call(folder, ["stack", "init", "--no-select", "--stack", stack])
            if made != 0:
                sys.exit(made)

    def _call(self, folder: Path, words: list[str], text: str | None = None) -> int:
        return self._start(folder, words, input=text).returncode

    def _ask(self, folder: Path, words: list[str]) -> str | None:
        """What the CLI prints; None when it fails, as for a stack that does not exist."""
        done = self._start(folder, words, capture_output=True)
        return str(done.stdout) if done.returncode == 0 else None

    def _start(
        self, folder: Path, words: list[str], **how: Any
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - the program is the one on the user's PATH
            [self._program, *words], cwd=folder, env=_environment(), text=True, check=False, **how
        )


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
        with _one_line_errors() as embedded:
            if operation in _MAKE_STACKS and not embedded.stack_exists(folder, stack):
                embedded.create_stack(folder, stack)
            code: int = embedded.run(
                operation, directory=folder, stack=stack, json_output=as_json, **options
            )
        return code

    def set_config(self, folder: Path, stack: str, key: str, value: str, secret: bool) -> int:
        with _one_line_errors() as embedded:
            embedded.config_set(folder, stack, key, value, secret=secret)
        return 0

    def cancel(self, folder: Path, stack: str) -> int:
        with _one_line_errors() as embedded:
            embedded.cancel(folder, stack)
        return 0

    def config(self, folder: Path, stack: str) -> dict[str, str]:
        with _one_line_errors() as embedded:
            values = embedded.config_all(folder, stack)
        return {key: value.text for key, value in values.items()}

    def job_ids(self, folder: Path, stack: str) -> set[str]:
        with _one_line_errors() as embedded:
            if not embedded.stack_exists(folder, stack):
                return set()
            return _job_ids(embedded.stack_deployment(folder, stack))


@contextlib.contextmanager
def _one_line_errors() -> Iterator[Any]:
    """The embedded engine; what is wrong with a project or a passphrase is one line."""
    embedded = _embedded()
    try:
        yield embedded
    except embedded.EngineError as problem:
        raise ConfigurationError(str(problem)) from None


def _job_ids(deployment: dict[str, Any]) -> set[str]:
    """The ids of all training jobs in a deployment, those that wait to be deleted included."""
    resources = deployment.get("resources") or []
    return {r["id"] for r in resources if r["type"] == _JOB_TYPE and r.get("id")}


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
