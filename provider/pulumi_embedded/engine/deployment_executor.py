"""Runs a deployment: an update, a refresh or a destroy, as a preview or for real."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from ..errors import CancelledError, EngineError, StepError
from ..model.deletion_order import deletion_levels, needs
from ..model.resources import ResourceState
from ..model.urns import DYNAMIC_PACKAGE, PROVIDER_TYPE_PREFIX, urn_name
from ..processes.children import ChildProcess, program_environment
from ..project.checkpoint import ORGANIZATION
from .deployment import Deployment
from .goals import refuse_other_packages
from .services import Engine, ResourceMonitor, serve
from .step_executor import StepExecutor
from .step_generator import StepGenerator

_ERROR_SHOWN: Final = 32  # the program's runner ended after it had shown what went wrong
# A program's registrations each hold a thread, and the runner gives the program four threads
# per step that may run at a time; the others serve messages.
_THREADS_PER_STEP: Final = 4
_MESSAGE_THREADS: Final = 16
_PENDING: Final = """\
Attempting to deploy or update resources with {count} pending operations from previous deployment.
{operations}
These resources are in an unknown state because a run was interrupted while waiting for changes to \
them to complete. Look at the service itself, then run '{command} refresh', which brings the stack \
up to date and clears pending operations; pending creates only with --clear-pending-creates."""


class DeploymentExecutor:
    """Runs one operation on a stack. Each instance runs once."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._target = deployment.target
        self._display = deployment.display
        self._cancellation = deployment.cancellation
        self._snapshots = deployment.snapshots
        self._provider = deployment.provider
        self._steps = StepExecutor(deployment)
        self._engine_address = ""
        self._saw_error = False

    def run(self, kind: str, *, refresh: bool, clear_pending_creates: bool) -> bool:
        """Run an operation, and show why it failed if it did.

        Args:
            kind: ``update`` runs the program and brings the stack to what it says, ``refresh``
                brings the stack's record up to date, ``destroy`` deletes everything in the stack.
            refresh: whether to refresh before anything else.
            clear_pending_creates: whether a refresh forgets creates that were interrupted.

        Returns:
            Whether it succeeded.
        """
        self._display.begin()
        try:
            engine = Engine(self._display, self._cancellation)
            with serve(engine, threads=_MESSAGE_THREADS) as self._engine_address:
                self._provider.engine_address = self._engine_address
                try:
                    if kind == "update":
                        self._update(refresh)
                    elif kind == "refresh":
                        self._refresh(clear_pending_creates=clear_pending_creates)
                    else:
                        self._destroy(refresh)
                finally:
                    self._provider.close()
                    if recorded := self._snapshots.close():
                        self._display.info("\n  ".join(["recorded after all:", *recorded]))
            return not (self._saw_error or self._cancellation.requested.is_set())
        except (StepError, CancelledError):
            return False
        except EngineError as error:
            self._display.error(str(error))
            return False
        finally:
            # The program, and a check, say themselves what they failed with.
            if self._target.dry_run and (self._saw_error or self._steps.failed):
                self._display.error("preview failed")
            if self._cancellation.interrupted:
                self._display.error("interrupted: what had begun was finished, the rest was not")
            self._display.end()

    def _update(self, refresh: bool) -> None:
        if refresh:
            self._refresh(counted=False)
        elif not self._target.dry_run:
            self._warn_of_pending_operations()
        generator = StepGenerator(self._deployment, self._steps)
        self._run_program(generator)
        self._saw_error = generator.saw_error
        try:
            if not self._cancellation.requested.is_set():
                doomed, forgotten = generator.leftovers()
                for state in forgotten:
                    self._steps.forget(state)
                self._delete(doomed)
        finally:
            generator.store_stack_outputs()

    def _refresh(self, *, clear_pending_creates: bool = False, counted: bool = True) -> None:
        self._configure_provider_from_state()
        if clear_pending_creates:
            self._snapshots.clear_pending_creates()
        results: dict[ResourceState, ResourceState | None] = {}

        def look(state: ResourceState) -> None:
            results[state] = self._steps.refresh(state, counted=counted)

        try:
            self._in_parallel(look, self._target.snapshot.resources)
        finally:
            self._snapshots.refreshed(results)

    def _destroy(self, refresh: bool) -> None:
        if refresh:
            self._refresh(counted=False)
        self._configure_provider_from_state()
        doomed = []
        for state in self._target.snapshot.resources:
            if state.pending_replacement:
                self._steps.forget(state)
            else:
                doomed.append(state)
        self._delete(doomed)

    def _run_program(self, generator: StepGenerator) -> None:
        """Run the program until it ends, or until no further step may start.

        A program that fails requests cancellation.
        """
        target, parallel = self._target, self._deployment.parallel
        threads = _THREADS_PER_STEP * parallel + _MESSAGE_THREADS
        with serve(ResourceMonitor(self._deployment, generator), threads=threads) as monitor:
            settings = {
                "program": target.project.program,
                "project": target.project.name,
                "stack": target.stack,
                "organization": ORGANIZATION,
                "root_directory": str(target.project.root),
                "monitor": monitor,
                "engine": self._engine_address,
                "parallel": parallel,
                "dry_run": target.dry_run,
            }
            environment = program_environment(
                target.project, target.stack, ORGANIZATION, target.config, dry_run=target.dry_run
            )
            show = self._show_program_output
            self._await(ChildProcess(target.project, "program", settings, environment, show, show))

    def _await(self, program: ChildProcess) -> None:
        ends: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        threading.Thread(target=lambda: ends.put(program.wait()), daemon=True).start()
        self._cancellation.on_request(lambda: ends.put(None))
        try:
            exit_code = ends.get()
        finally:
            program.kill()
            self._steps.wait_until_idle()
        if exit_code and not self._cancellation.requested.is_set():
            self._cancellation.request()
            if exit_code != _ERROR_SHOWN:
                self._display.error(f"program exited with non-zero exit code: {exit_code}")

    def _show_program_output(self, line: str) -> None:
        # A program that is cut off complains at length; the reason has been shown already.
        if not self._cancellation.requested.is_set():
            self._display.info(line)

    def _delete(self, doomed: list[ResourceState]) -> None:
        """Delete resources, each after everything that depends on it.

        One that is protected stays, with everything that it needs; the others go.
        """
        self._steps.doom(doomed)
        refusals: list[StepError] = []

        def delete(state: ResourceState) -> None:
            try:
                self._steps.delete(state, replaced=state.delete)
            except StepError as error:
                if self._cancellation.requested.is_set():
                    raise
                refusals.append(error)

        kept: set[ResourceState] = set()
        for level in deletion_levels(doomed):
            wave = [state for state in level if state not in kept]
            self._in_parallel(delete, wave)
            for state in wave:
                if state not in self._steps.deleted:
                    kept |= needs(state, self._target.snapshot.resources)
        if refusals:
            self._cancellation.request()
            raise refusals[0]

    def _in_parallel(
        self, act: Callable[[ResourceState], None], states: Iterable[ResourceState]
    ) -> None:
        """Act on each; the first failure is raised when all that had begun have ended."""
        with ThreadPoolExecutor(max_workers=self._deployment.parallel) as pool:
            futures = [pool.submit(act, state) for state in states]
        errors = [error for future in futures if (error := future.exception()) is not None]
        # Those that did not start because of the first failure say nothing about it.
        for error in sorted(errors, key=lambda error: isinstance(error, CancelledError)):
            raise error

    def _configure_provider_from_state(self) -> None:
        """Give the provider the configuration that the stack's resources were made with."""
        for state in self._target.snapshot.resources:
            if state.type == f"{PROVIDER_TYPE_PREFIX}{DYNAMIC_PACKAGE}":
                self._provider.configure(state.inputs)
            elif state.is_managed:
                refuse_other_packages(state.type, urn_name(state.urn))

    def _warn_of_pending_operations(self) -> None:
        operations = self._target.snapshot.pending_operations
        if operations:
            lines = [f"  * {op.resource.urn}, interrupted while {op.type}" for op in operations]
            text = "\n".join(lines)
            self._display.warning(
                _PENDING.format(count=len(lines), operations=text, command=self._target.command)
            )
