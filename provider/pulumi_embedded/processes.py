"""The two child processes of a run: the user's program, and the dynamic provider."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

from .config import Config
from .project import Project

_RUNNER: Final = str(Path(__file__).with_name("_runner.py"))

LineHandler = Callable[[str], None]


class ChildProcess:
    """A child whose output is handed on line by line, and which does not outlive this process.

    It runs in a session of its own, so that Ctrl-C in the terminal reaches this process only:
    a provider that is creating something must be allowed to finish.
    """

    def __init__(
        self,
        project: Project,
        arguments: list[str],
        environment: dict[str, str],
        on_stdout: LineHandler,
        on_stderr: LineHandler,
    ) -> None:
        # S603: the interpreter is the one that the project's file names.
        self._process = subprocess.Popen(  # noqa: S603
            [project.python, "-u", _RUNNER, *arguments],
            cwd=project.directory,
            env={**os.environ, **environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,  # never written to: the runner ends when it is closed
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._readers = [
            _read_lines(self._process.stdout, on_stdout),
            _read_lines(self._process.stderr, on_stderr),
        ]

    def wait(self) -> int:
        """Wait until it has ended and its output was handed on; returns its exit code."""
        code = self._process.wait()
        for reader in self._readers:
            reader.join()
        return code

    def kill(self) -> None:
        """End it now, if it still runs."""
        self._process.kill()
        self.wait()
        if self._process.stdin:
            self._process.stdin.close()


def program_environment(
    project: Project, stack: str, organization: str, config: Config, *, dry_run: bool
) -> dict[str, str]:
    """The variables that the SDK reads, as the CLI's language host sets them."""
    return {
        **provider_environment(project, config),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps([k for k, v in config.items() if v.secret]),
        "PULUMI_ORGANIZATION": organization,
        "PULUMI_STACK": stack,
        "PULUMI_DRY_RUN": "true" if dry_run else "false",
    }


def provider_environment(project: Project, config: Config) -> dict[str, str]:
    """The variables of a provider process."""
    options = {f"PULUMI_RUNTIME_{key.upper()}": str(v) for key, v in project.options.items()}
    return {
        **options,
        "PULUMI_PROJECT": project.name,
        "PULUMI_CONFIG": json.dumps({key: value.text for key, value in config.items()}),
    }


def _read_lines(stream: IO[bytes] | None, handle: LineHandler) -> threading.Thread:
    def read() -> None:
        if stream is None:
            return
        with contextlib.closing(stream):
            for line in stream:
                handle(line.decode(errors="replace").rstrip("\r\n"))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread
