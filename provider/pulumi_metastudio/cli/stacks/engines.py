"""The two engines behind one face: the Pulumi CLI, or the embedded one."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn, Protocol

import click

from ...backend import ORGANIZATION
from ...common.redact import one_line
from ...errors import ConfigurationError
from .target import Target


class Engine(Protocol):
    """Runs an operation on a stack and gives its exit code, unless it takes this process over."""

    description: str

    def run(self, operation: str, target: Target, **options: Any) -> int: ...

    def create(self, target: Target) -> None:
        """Make an empty stack; the user's selection stays what it is."""

    def preview_json(self, target: Target, *, refresh: bool = False) -> str:
        """What a preview plans, as ``pulumi preview --json`` prints it; of a failed one too."""

    def set_config(self, target: Target, key: str, value: str, secret: bool) -> int: ...

    def get_config(self, target: Target, key: str, as_json: bool) -> int:
        """Print one value, in the clear."""

    def list_config(self, target: Target, as_json: bool, show_secrets: bool) -> int:
        """Print all values, secret ones as ``[secret]`` unless they are to be shown."""

    def remove_config(self, target: Target, key: str) -> int: ...

    def cancel(self, target: Target) -> int: ...

    def config(self, target: Target) -> dict[str, str]:
        """The stack's configuration, secrets in the clear.

        Raises:
            ConfigurationError: it cannot be read.
        """


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


def described() -> str:
    """Which engine would be used here, and what it lacks."""
    chosen = choose("auto")
    try:
        if isinstance(chosen, _Embedded):
            _embedded()
    except ConfigurationError as error:
        return f"none{chosen.description.removeprefix('embedded')}: {error}"
    return chosen.description


class _PulumiCli:
    def __init__(self, program: str):
        self._program = program
        self.description = f"pulumi ({program})"

    def run(
        self, operation: str, target: Target, *, as_json: bool = False, **options: Any
    ) -> NoReturn:
        words = ["stack", "output"] if operation == "outputs" else [operation]
        words += ["--stack", target.written]
        if as_json:
            words.append("--json")
        # An option's name is the CLI's own flag, so what is on is passed through.
        words += [f"--{name.replace('_', '-')}" for name, on in options.items() if on]
        self._become(target, words)

    def preview_json(self, target: Target, *, refresh: bool = False) -> str:
        words = ["preview", "--json", "--non-interactive", "--stack", target.written]
        words += ["--refresh"] if refresh else []
        return self._start(target, words, stdout=subprocess.PIPE).stdout

    def create(self, target: Target) -> None:
        words = ["stack", "init", "--no-select", "--stack", target.written]
        made = self._start(target, words).returncode
        if made != 0:
            sys.exit(made)

    def set_config(self, target: Target, key: str, value: str, secret: bool) -> int:
        how = "--secret" if secret else "--plaintext"
        words = ["config", "set", "--stack", target.written, how, key]
        # Through standard input: a process's arguments can be read by every user.
        return self._start(target, words, input=value).returncode

    def get_config(self, target: Target, key: str, as_json: bool) -> NoReturn:
        flags = ["--json"] if as_json else []
        self._become(target, ["config", "get", "--stack", target.written, *flags, "--", key])

    def list_config(self, target: Target, as_json: bool, show_secrets: bool) -> NoReturn:
        flags = ["--json"] * as_json + ["--show-secrets"] * show_secrets
        self._become(target, ["config", "--stack", target.written, *flags])

    def remove_config(self, target: Target, key: str) -> NoReturn:
        self._become(target, ["config", "rm", "--stack", target.written, "--", key])

    def cancel(self, target: Target) -> NoReturn:
        self._become(target, ["cancel", "--stack", target.written, "--yes"])

    def config(self, target: Target) -> dict[str, str]:
        words = ["config", "--stack", target.written, "--json", "--show-secrets"]
        done = self._start(target, [*words, "--non-interactive"], capture_output=True)
        try:
            if done.returncode == 0:
                values: dict[str, dict[str, Any]] = json.loads(done.stdout or "{}")
                return {key: str(value.get("value", "")) for key, value in values.items()}
        except (ValueError, AttributeError):
            pass
        # A backend's address, which may hold a password, is part of what the CLI says.
        said = re.sub(r"//[^/\s]*@", "//", done.stderr).replace("error: ", "")
        raise ConfigurationError(
            f"the configuration of stack {target.written} cannot be read: "
            f"{one_line(said) or 'pulumi config fails'}"
        )

    def _become(self, target: Target, words: list[str]) -> NoReturn:
        """Go on as the CLI: signals, the terminal and the exit code are its own then.

        A child would have to be sent each signal just once, whoever else was sent it too, for the
        CLI takes a second one as an order to kill.
        """
        command = [self._program, *words]
        sys.stdout.flush()
        sys.stderr.flush()
        if os.name == "nt":  # which cannot; what a console sends reaches the child as well
            signal.signal(signal.SIGINT, lambda *_: None)
            sys.exit(self._start(target, words).returncode)
        os.chdir(target.folder)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # which Python ignores, and hands on so
        try:
            os.execve(command[0], command, _environment())  # noqa: S606 - it is the user's program
        except OSError as error:
            raise self._broken(error) from None

    def _start(
        self, target: Target, words: list[str], **how: Any
    ) -> subprocess.CompletedProcess[str]:
        command = [self._program, *words]
        try:
            return subprocess.run(  # noqa: S603 - the program is the one on the user's PATH
                command,
                cwd=target.folder,
                env=_environment(),
                encoding="utf-8",
                errors="replace",
                check=False,
                **how,
            )
        except OSError as error:
            raise self._broken(error) from None

    def _broken(self, error: OSError) -> ConfigurationError:
        return ConfigurationError(f"{self._program} cannot be run: {error.strerror}")


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

    def run(self, operation: str, target: Target, *, as_json: bool = False, **options: Any) -> int:
        with _one_line_errors(target) as (embedded, stack), _termination_as_interrupt():
            code: int = embedded.run(
                operation,
                directory=target.folder,
                stack=stack,
                json_output=as_json,
                command="metastudio",
                **options,
            )
        return code

    def preview_json(self, target: Target, *, refresh: bool = False) -> str:
        printed = io.StringIO()
        self.run("preview", target, as_json=True, refresh=refresh, stdout=printed)
        return printed.getvalue()

    def create(self, target: Target) -> None:
        with _one_line_errors(target) as (embedded, stack):
            embedded.create_stack(target.folder, stack)

    def set_config(self, target: Target, key: str, value: str, secret: bool) -> int:
        with _one_line_errors(target) as (embedded, stack):
            embedded.config_set(target.folder, stack, key, value, secret=secret)
        return 0

    def get_config(self, target: Target, key: str, as_json: bool) -> int:
        with _cli_errors(target) as (embedded, stack):
            value = embedded.config_get(target.folder, stack, key)
            if value is None:
                raise embedded.EngineError(
                    f"configuration key '{key}' not found for stack '{stack}'"
                )
            from .config_text import value_text

            click.echo(value_text(value, as_json))
        return 0

    def list_config(self, target: Target, as_json: bool, show_secrets: bool) -> int:
        with _cli_errors(target) as (embedded, stack):
            values = embedded.config_all(target.folder, stack, blinded=not show_secrets)
            from .config_text import listing

            click.echo(listing(values, target.project.name, as_json, show_secrets))
        return 0

    def remove_config(self, target: Target, key: str) -> int:
        with _cli_errors(target) as (embedded, stack):
            embedded.config_remove(target.folder, stack, key)
        return 0

    def cancel(self, target: Target) -> int:
        with _one_line_errors(target) as (embedded, stack):
            embedded.cancel(target.folder, stack)
        return 0

    def config(self, target: Target) -> dict[str, str]:
        with _one_line_errors(target) as (embedded, stack):
            values = embedded.config_all(target.folder, stack)
        return {key: value.text for key, value in values.items()}


@contextlib.contextmanager
def _one_line_errors(target: Target) -> Iterator[tuple[Any, str]]:
    """The embedded engine, and the stack as it names it; what is wrong is one line."""
    embedded = _embedded()
    if target.organization != ORGANIZATION:
        raise ConfigurationError(
            f"stack {target.written}: the embedded engine knows no organizations: install the "
            "Pulumi CLI"
        )
    try:
        yield embedded, target.stack
    except embedded.EngineError as error:
        raise ConfigurationError(str(error)) from None


@contextlib.contextmanager
def _cli_errors(target: Target) -> Iterator[tuple[Any, str]]:
    """The same, where scripts may wait for the very words of the CLI."""
    try:
        with _one_line_errors(target) as opened:
            yield opened
    except ConfigurationError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)


@contextlib.contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    """A SIGTERM ends what the engine does between its steps as Ctrl-C does: no lock stays."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _embedded() -> Any:
    try:
        import cryptography  # noqa: F401 - the one package that is not there without the extra

        import pulumi_embedded
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the embedded engine needs {error.name}: pip install 'pulumi-metastudio[embedded]', "
            "or install the Pulumi CLI"
        ) from None
    return pulumi_embedded
