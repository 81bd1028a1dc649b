"""One deployment: an update, a refresh or a destroy, as a preview or for real."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from .display import Display
from .errors import CancelledError, EngineError, StepError, UnsupportedError
from .executor import Cancellation, StepExecutor
from .goals import DYNAMIC_PACKAGE
from .ordering import deletion_levels, needs
from .provider import DynamicProvider
from .snapshots import SnapshotManager
from .state import PendingOperation, ResourceState
from .target import Target
from .urns import PROVIDER_TYPE_PREFIX, is_provider_type, urn_name

if TYPE_CHECKING:
    from .planner import Planner
    from .values import Properties

_MESSAGE_THREADS: Final = 16


class Deployment:
    """Runs one operation on a stack. Each instance runs once.

    Args:
        parallel: how many steps may run at a time.
    """

    def __init__(
        self, target: Target, display: Display, cancellation: Cancellation, *, parallel: int
    ) -> None:
        self._target = target
        self._display = display
        self._cancellation = cancellation
        self._parallel = max(1, parallel)
        self._engine_address = ""
        self._saw_error = False
        self._snapshots = SnapshotManager(
            target.snapshot, target.write, target.full_name, target.crypter
        )
        self._provider = DynamicProvider(target.project, target.config, display.info)
        self._executor = StepExecutor(
            self._snapshots,
            self._provider,
            display,
            cancellation,
            dry_run=target.dry_run,
            parallel=self._parallel,
            command=target.command,
        )

    def update(self, *, refresh: bool) -> bool:
        """Run the program and bring the stack to what it says; returns whether that succeeded."""
        return self._run(lambda: self._update(refresh=refresh))

    def refresh(self, *, clear_pending_creates: bool) -> bool:
        """Bring the stack's record up to date with what is really there."""
        return self._run(lambda: self._refresh(clear_pending_creates=clear_pending_creates))

    def destroy(self, *, refresh: bool) -> bool:
        """Delete everything in the stack."""
        return self._run(lambda: self._destroy(refresh=refresh))

    def kill(self) -> None:
        """End what is running at once. The stack keeps it recorded as unfinished."""
        self._snapshots.freeze()
        self._provider.close()

    def _run(self, operate: Callable[[], None]) -> bool:
        from .services import Engine, serve

        self._display.begin()
        try:
            with serve(
                Engine(self._display, self._cancellation), threads=_MESSAGE_THREADS
            ) as self._engine_address:
                self._provider.engine_address = self._engine_address
                try:
                    operate()
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
            # What the program or a check failed with says so itself.
            if self._target.dry_run and (self._saw_error or self._executor.failed):
                self._display.error("preview failed")
            if self._cancellation.interrupted:
                self._display.error("interrupted: what had begun was finished, the rest was not")
            self._display.end()

    def _update(self, *, refresh: bool) -> None:
        from .planner import Planner
        from .program import ProgramRun

        if refresh:
            self._refresh(counted=False)
        elif not self._target.dry_run:
            self._warn_of_pending_operations(self._target.snapshot.pending_operations)
        planner = Planner(
            self._target,
            self._executor,
            self._provider,
            self._display,
            self._cancellation,
        )
        program = ProgramRun(
            self._target,
            planner,
            self._executor,
            self._snapshots,
            self._display,
            self._cancellation,
            parallel=self._parallel,
        )
        program.run(self._engine_address)
        self._saw_error = planner.saw_error
        try:
            if not self._cancellation.requested.is_set():
                doomed, forgotten = planner.leftovers()
                for state in forgotten:
                    self._executor.forget(state)
                self._delete(doomed)
        finally:
            self._store_stack_outputs(planner, program.stack_outputs)

    def _refresh(self, *, clear_pending_creates: bool = False, counted: bool = True) -> None:
        self._configure_provider_from_state()
        if clear_pending_creates:
            self._snapshots.clear_pending_creates()
        results: dict[ResourceState, ResourceState | None] = {}

        def look(state: ResourceState) -> None:
            results[state] = self._executor.refresh(state, counted=counted)

        try:
            self._in_parallel(look, self._target.snapshot.resources)
        finally:
            self._snapshots.refreshed(results)

    def _destroy(self, *, refresh: bool) -> None:
        if refresh:
            self._refresh(counted=False)
        self._configure_provider_from_state()
        doomed = []
        for state in self._target.snapshot.resources:
            if state.pending_replacement:
                self._executor.forget(state)
            else:
                doomed.append(state)
        self._delete(doomed)

    def _store_stack_outputs(self, planner: Planner, outputs: Properties | None) -> None:
        state = planner.state(self._target.urn)
        if state is None or outputs is None:
            return
        old = planner.old_stack_outputs
        if self._cancellation.requested.is_set():
            # An output that is missing after a failure was perhaps only not reached.
            outputs = {**old, **outputs}
        state.outputs = outputs
        self._snapshots.complete(changed=[state])
        self._display.set_outputs(old, outputs)

    def _delete(self, doomed: list[ResourceState]) -> None:
        """Delete resources, each after everything that depends on it.

        One that is protected stays, with everything that it needs; the others go.
        """
        self._executor.doom(doomed)
        refusals: list[StepError] = []

        def delete(state: ResourceState) -> None:
            try:
                self._executor.delete(state, replaced=state.delete)
            except StepError as error:
                if self._cancellation.requested.is_set():
                    raise
                refusals.append(error)

        kept: set[ResourceState] = set()
        for level in deletion_levels(doomed):
            wave = [state for state in level if state not in kept]
            self._in_parallel(delete, wave)
            for state in wave:
                if state not in self._executor.deleted:
                    kept |= needs(state, self._target.snapshot.resources)
        if refusals:
            self._cancellation.request()
            raise refusals[0]

    def _in_parallel(
        self, act: Callable[[ResourceState], None], states: Iterable[ResourceState]
    ) -> None:
        """Act on each; the first failure is raised when all that had begun have ended."""
        with ThreadPoolExecutor(max_workers=self._parallel) as pool:
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
            elif state.custom and not is_provider_type(state.type):
                package = state.type.partition(":")[0]
                if package != DYNAMIC_PACKAGE:
                    raise UnsupportedError(
                        f"resource {urn_name(state.urn)!r} needs the provider {package!r}: "
                        "the embedded engine runs dynamic and component resources only"
                    )

    def _warn_of_pending_operations(self, operations: list[PendingOperation]) -> None:
        if not operations:
            return
        lines = [f"  * {op.resource.urn}, interrupted while {op.type}" for op in operations]
        self._display.warning(
            "\n".join(
                [
                    "Attempting to deploy or update resources with "
                    f"{len(operations)} pending operations from previous deployment.",
                    *lines,
                    "These resources are in an unknown state because a run was interrupted while "
                    "waiting for changes to them to complete. Look at the service itself, then "
                    f"run '{self._target.command} refresh', which brings the stack up to date and "
                    "clears pending operations; pending creates only with --clear-pending-creates.",
                ]
            )
        )
