"""Runs inside a child process, with the project's own interpreter: a program or the provider.

It is started as a file and imports nothing but Pulumi's SDK, because the interpreter may belong
to an environment in which ``pulumi_embedded`` is not installed::

    python _runner.py ROLE LIFELINE

ROLE only tells processes apart in a list of them. LIFELINE is the number of the descriptor (on
Windows, of the handle) from which it reads what to do, one line of JSON, and which closes when the
engine ends.
"""

from __future__ import annotations

import sys

# Python puts this file's folder first on the path, where its modules would hide the user's.
sys.path.pop(0)

import asyncio
import json
import logging
import os
import runpy
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

# The error was shown, so the engine adds nothing of its own.
EXIT_ERROR_SHOWN = 32


def main() -> None:
    """Run what the engine asks for, until it ends or the engine does."""
    lifeline = os.fdopen(_descriptor(sys.argv[2]), "rb")
    line = lifeline.readline()
    if not line.endswith(b"\n"):
        sys.exit(1)
    threading.Thread(target=_end_with_engine, args=(lifeline,), daemon=True).start()
    job = json.loads(line)
    os.environ.update(job["environment"])
    if job["role"] == "provider":
        sys.path.insert(0, os.getcwd())
        sys.argv = ["pulumi.dynamic", job["argument"]]
        runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)
    else:
        sys.exit(_run_program(job["argument"]))


def _descriptor(name: str) -> int:
    if sys.platform == "win32":
        import msvcrt

        return msvcrt.open_osfhandle(int(name), os.O_RDONLY)
    return int(name)


def _end_with_engine(lifeline: BinaryIO) -> None:
    """End this process when the engine is gone, however it went: its end of the pipe closes."""
    lifeline.read()
    os._exit(1)


def _run_program(settings: dict[str, Any]) -> int:
    try:
        import pulumi
        from pulumi import runtime
    except ImportError as error:
        print(  # noqa: T201
            f"the program's interpreter {sys.executable} has no Pulumi SDK: {error}",
            file=sys.stderr,
        )
        return 1
    program = settings.pop("program")
    runtime.set_all_config(runtime.get_config_env(), runtime.get_config_secret_keys_env())
    runtime.configure(runtime.Settings(**settings))
    sys.argv = [program]

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # Each registration holds a thread while the engine works on it.
    executor = ThreadPoolExecutor(max_workers=4 * max(1, settings["parallel"]))
    loop.set_default_executor(executor)
    # A failing program leaves futures behind that nobody awaits; warnings of them would confuse.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    try:
        loop.run_until_complete(runtime.run_in_stack(lambda: _run_path(program)))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return EXIT_ERROR_SHOWN
    except Exception as error:  # noqa: BLE001 (whatever the program raises is shown to the user)
        text = _user_traceback(error, os.path.abspath(program))
        pulumi.log.error(f"Program failed with an unhandled exception:\n{text}")
        return EXIT_ERROR_SHOWN
    finally:
        executor.shutdown(wait=True)
        loop.close()
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _run_path(program: str) -> None:
    if os.path.isdir(program) and not os.path.isfile(os.path.join(program, "__main__.py")):
        from pulumi import RunError

        raise RunError(
            f"unable to find main python program `__main__.py` in `{os.path.abspath(program)}`"
        )
    runpy.run_path(program, run_name="__main__")


def _user_traceback(error: BaseException, program: str) -> str:
    """The traceback from the program's first line on, without the frames that led to it."""
    main_file = os.path.join(program, "__main__.py") if os.path.isdir(program) else program
    frames = traceback.extract_tb(error.__traceback__)
    for index, frame in enumerate(frames):
        if os.path.abspath(frame.filename) == main_file:
            limit = index - len(frames)
            return "".join(
                traceback.format_exception(type(error), error, error.__traceback__, limit=limit)
            )
    return "".join(traceback.format_exception(error))


if __name__ == "__main__":
    main()
