"""Runs the user's program once, in a process of its own, and serves it the resource monitor."""

from __future__ import annotations

import threading
from typing import Final

from ..display.base import Display
from ..errors import EngineError
from ..model.urns import STACK_TYPE, urn_type
from ..model.values import Properties, equal
from ..processes.children import ChildProcess, program_environment
from ..project.file_backend import ORGANIZATION
from .services import ResourceMonitor, serve
from .snapshot_manager import SnapshotManager
from .step_executor import Cancellation, StepExecutor
from .step_generator import StepGenerator
from .target import Target

_ERROR_SHOWN: Final = 32  # the program's runner ended after it had shown what went wrong
# A program's registrations each hold a thread, and the runner gives the program four threads
# per step that may run at a time; the others serve messages.
_THREADS_PER_SLOT: Final = 4
_MESSAGE_THREADS: Final = 16


class ProgramRun:
    """One run of the program.

    Attributes:
        stack_outputs: what the program exports; None when it did not come so far.
    """

    def __init__(
        self,
        target: Target,
        generator: StepGenerator,
        executor: StepExecutor,
        snapshots: SnapshotManager,
        display: Display,
        cancellation: Cancellation,
        *,
        parallel: int,
    ) -> None:
        self._target = target
        self._generator = generator
        self._executor = executor
        self._snapshots = snapshots
        self._display = display
        self._cancellation = cancellation
        self._parallel = parallel
        self.stack_outputs: Properties | None = None

    def run(self, engine_address: str) -> None:
        """Run the program until it ends, or until no further step may start.

        A program that fails requests cancellation.
        """
        monitor = ResourceMonitor(
            self._generator,
            self._register_outputs,
            self._display,
            self._cancellation,
            self._target,
            self._parallel,
        )
        threads = _THREADS_PER_SLOT * self._parallel + _MESSAGE_THREADS
        with serve(monitor, threads=threads) as monitor_address:
            project = self._target.project
            settings = {
                "program": project.program,
                "project": project.name,
                "stack": self._target.stack,
                "organization": ORGANIZATION,
                "root_directory": str(project.root),
                "monitor": monitor_address,
                "engine": engine_address,
                "parallel": self._parallel,
                "dry_run": self._target.dry_run,
            }
            environment = program_environment(
                project,
                self._target.stack,
                ORGANIZATION,
                self._target.config,
                dry_run=self._target.dry_run,
            )
            program = ChildProcess(
                project,
                "program",
                settings,
                environment,
                self._show_line,
                self._show_line,
            )
            self._await(program)

    def _await(self, program: ChildProcess) -> None:
        over = threading.Event()
        exit_codes: list[int] = []

        def watch() -> None:
            exit_codes.append(program.wait())
            over.set()

        threading.Thread(target=watch, daemon=True).start()
        self._cancellation.on_request(over.set)
        try:
            over.wait()
        finally:
            program.kill()
            self._executor.wait_until_idle()
        if self._cancellation.requested.is_set():
            return
        code = exit_codes[0]
        if code != 0:
            self._cancellation.request()
            if code != _ERROR_SHOWN:
                self._display.error(f"program exited with non-zero exit code: {code}")

    def _show_line(self, line: str) -> None:
        # A program that is cut off says so at length; what stopped it has been reported.
        if not self._cancellation.requested.is_set():
            self._display.info(line)

    def _register_outputs(self, urn: str, outputs: Properties) -> None:
        self._display.secrets.learn(outputs)
        if urn_type(urn) == STACK_TYPE:
            # They are stored at the end: it depends on the outcome what becomes of old ones.
            self.stack_outputs = outputs
            return
        state = self._generator.state(urn)
        if state is None:
            raise EngineError(f"cannot complete resource {urn!r}: it is not registered")
        changed = not equal(state.outputs, outputs)
        state.outputs = outputs
        self._snapshots.complete(changed=[state], flush=changed)
