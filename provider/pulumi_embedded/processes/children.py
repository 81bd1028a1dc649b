"""The two child processes of a run: the user's program, and the dynamic provider."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final

from ..errors import EngineError
from ..project.config import Config
from ..project.project import Project

_RUNNER: Final = str(Path(__file__).with_name("_runner.py"))
_SILENCE_SECONDS: Final = 1.0  # without output, after which a process that has ended counts as done
_LAST_WORDS_SECONDS: Final = 5.0  # as long as the CLI's language host waits for its output

# What a child writes comes at once, and as UTF-8: Windows alone writes something else to a pipe.
_OUTPUT: Final = {
    "PYTHONUNBUFFERED": "1",
    **({"PYTHONIOENCODING": "utf-8"} if sys.platform == "win32" else {}),
}

LineHandler = Callable[[str], None]


class ChildProcess:
    """A child whose output is handed on line by line, and which does not outlive this process.

    It runs in a session of its own (on Windows, in a process group), so that Ctrl-C in the
    terminal reaches this process only: a provider that is creating something must be allowed to
    finish. As with the CLI there is nothing on its standard input, and what it leaves running is
    not waited for.

    Args:
        role: ``program`` or ``provider``.
        argument: what the role needs, as JSON.
        environment: variables of any length; the system's limit is 128 KiB for one.
    """

    def __init__(
        self,
        project: Project,
        role: str,
        argument: Any,
        environment: dict[str, str],
        on_stdout: LineHandler,
        on_stderr: LineHandler,
    ) -> None:
        # The child ends when its end of this pipe is closed, however this process ended.
        inherited, ours = os.pipe()
        self._lifeline = os.fdopen(ours, "w", encoding="utf-8")
        name, how = _handed_on(inherited)
        try:
            # S603: the interpreter is the one that the project's file names.
            self._process = subprocess.Popen(  # noqa: S603
                # The role is for whoever lists processes: what to do is said through the pipe.
                [project.python, "-u", _RUNNER, role, name],
                cwd=project.directory,
                env={**os.environ, **_OUTPUT},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                **how,
            )
        except OSError as error:
            self._lifeline.close()
            raise EngineError(f"{project.python}: could not be started: {error}") from error
        finally:
            os.close(inherited)
        self._readers = [
            _Reader(self._process.stdout, on_stdout),
            _Reader(self._process.stderr, on_stderr),
        ]
        job = {"role": role, "argument": argument, "environment": environment}
        # It may have ended already; its exit code and its output say why.
        with contextlib.suppress(BrokenPipeError):
            self._lifeline.write(f"{json.dumps(job)}\n")
            self._lifeline.flush()

    def wait(self) -> int:
        """Wait until it has ended and its output was handed on; returns its exit code."""
        code = self._process.wait()
        for reader in self._readers:
            reader.finish()
        return code

    def kill(self) -> None:
        """End it now, if it still runs."""
        self._process.kill()
        self.wait()
        with contextlib.suppress(BrokenPipeError):  # it never read its job
            self._lifeline.close()


def _handed_on(descriptor: int) -> tuple[str, dict[str, Any]]:
    """What a child knows an open descriptor by, and what starts it so that it has that one."""
    if sys.platform == "win32":
        import msvcrt

        handle = msvcrt.get_osfhandle(descriptor)
        os.set_handle_inheritable(handle, True)
        return str(handle), {
            "startupinfo": subprocess.STARTUPINFO(lpAttributeList={"handle_list": [handle]}),
            "creationflags": subprocess.CREATE_NEW_PROCESS_GROUP,
        }
    return str(descriptor), {"pass_fds": [descriptor], "start_new_session": True}


class _Reader:
    """Hands on the lines of a stream, on a thread of its own."""

    def __init__(self, stream: IO[bytes] | None, handle: LineHandler) -> None:
        assert stream is not None
        self._stream = stream
        self._handle = handle
        self._lines = 0
        self._over = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Wait for the end; a process that was left behind may keep the stream open for ever."""
        deadline = time.monotonic() + _LAST_WORDS_SECONDS
        while not self._over:
            before = self._lines
            self._thread.join(_SILENCE_SECONDS)
            silent = self._lines == before or time.monotonic() > deadline
            self._over = silent or not self._thread.is_alive()

    def _read(self) -> None:
        with self._stream:
            for line in self._stream:
                if self._over:
                    return
                self._handle(line.decode(errors="replace").rstrip("\r\n"))
                self._lines += 1


def provider_environment(project: Project, config: Config) -> dict[str, str]:
    """The variables of a provider process."""
    return {
        **{f"PULUMI_RUNTIME_{key.upper()}": str(v) for key, v in project.options.items()},
        "PULUMI_PROJECT": project.name,
        "PULUMI_CONFIG": json.dumps({key: value.text for key, value in config.items()}),
    }


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
