"""One deployment: an update, a refresh or a destroy, as a preview or for real."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .backend import ORGANIZATION
from .config import Config
from .display import Display
from .errors import CancelledError, EngineError, StepError
from .executor import Cancellation, StepExecutor
from .goals import DYNAMIC_PACKAGE
from .passphrase import Crypter
from .processes import ChildProcess, program_environment
from .project import Project
from .provider import DynamicProvider
from .snapshots import SnapshotManager
from .state import PendingOperation, ResourceState, Snapshot
from .urns import PROVIDER_TYPE_PREFIX, STACK_TYPE, make_urn, urn_type
from .values import Properties, equal

if TYPE_CHECKING:
    from .planner import Planner

_ERROR_SHOWN: Final = 32  # the program's runner ended after it had shown what went wrong
# A program's registrations each hold a thread, four times `parallel` of them at most (as many
# threads as the runner gives the program); the rest serve messages.
_THREADS_PER_SLOT: Final = 4
_MESSAGE_THREADS: Final = 16


@dataclass(frozen=True)
class Target:
    """The stack that a deployment is for.

    Attributes:
        write: stores a checkpoint; None for a preview.
    """

    project: Project
    stack: str
    config: Config
    snapshot: Snapshot
    crypter: Crypter | None
    write: Callable[[str], None] | None

    @property
    def urn(self) -> str:
        """The URN of the stack's own resource."""
        name = f"{self.project.name}-{self.stack}"
        return make_urn(self.stack, self.project.name, "", STACK_TYPE, name)


class Deployment:
    """Runs one operation on a stack.

    Args:
        parallel: how many steps may run at a time.
    """

    def __init__(
        self, target: Target, display: Display, cancellation: Cancellation, *, parallel: int
    ) -> None:
        self._target = target
        self._display = display
        self._cancellation = cancellation
        self._parallel = parallel
        self._dry_run = target.write is None
        self._stack_outputs: Properties | None = None
        name = f"{ORGANIZATION}/{target.project.name}/{target.stack}"
        self._snapshots = SnapshotManager(target.snapshot, target.write, name, target.crypter)

    def update(self, *, refresh: bool) -> bool:
        """Run the program and bring the stack to what it says; returns whether that succeeded."""
        return self._run(lambda engine: engine.update(refresh=refresh))

    def refresh(self, *, clear_pending_creates: bool) -> bool:
        """Bring the stack's record up to date with what is really there."""
        return self._run(lambda engine: engine.refresh(clear_pending_creates))

    def destroy(self, *, refresh: bool) -> bool:
        """Delete everything in the stack."""
        return self._run(lambda engine: engine.destroy(refresh=refresh))

    def freeze(self) -> None:
        """Let nothing more be written: this process is about to be killed."""
        self._snapshots.freeze()

    def _run(self, operate: Callable[[_Operations], None]) -> bool:
        from .services import Engine, serve

        self._display.begin()
        succeeded = False
        engine_service = Engine(self._display, self._cancellation)
        try:
            with serve(engine_service, threads=_MESSAGE_THREADS) as address:
                provider = DynamicProvider(
                    self._target.project, self._target.config, address, self._display.info
                )
                try:
                    operations = _Operations(
                        self._target,
                        self._snapshots,
                        provider,
                        self._display,
                        self._cancellation,
                        address,
                        self._parallel,
                    )
                    operate(operations)
                    succeeded = not operations.saw_error
                    if self._cancellation.requested.is_set():
                        raise CancelledError("cancelled")
                finally:
                    self._snapshots.close()
                    provider.close()
        except CancelledError:
            succeeded = False
            if self._cancellation.interrupted:
                self._display.error("the operation was interrupted; what had begun was finished")
        except StepError:
            succeeded = False
        except EngineError as error:
            succeeded = False
            self._display.error(str(error))
        finally:
            self._display.end()
        return succeeded


class _Operations:
    """The three operations, once the engine's service and the provider are there."""

    def __init__(
        self,
        target: Target,
        snapshots: SnapshotManager,
        provider: DynamicProvider,
        display: Display,
        cancellation: Cancellation,
        engine_address: str,
        parallel: int,
    ) -> None:
        self._target = target
        self._snapshots = snapshots
        self._provider = provider
        self._display = display
        self._cancellation = cancellation
        self._engine_address = engine_address
        self._parallel = parallel
        self._dry_run = target.write is None
        self._stack_outputs: Properties | None = None
        self.saw_error = False
        self._executor = StepExecutor(
            snapshots,
            provider,
            display,
            cancellation,
            dry_run=self._dry_run,
            parallel=parallel,
        )

    def update(self, *, refresh: bool) -> None:
        if refresh:
            self.refresh(False)
        elif not self._dry_run:
            self._warn_of_pending_operations(self._target.snapshot.pending_operations)
        planner = self._run_program()
        self.saw_error = planner.saw_error
        try:
            if not self._cancellation.requested.is_set():
                doomed, forgotten = planner.leftovers()
                for state in forgotten:
                    self._executor.forget(state)
                self._delete(doomed)
        finally:
            self._store_stack_outputs(planner)

    def refresh(self, clear_pending_creates: bool) -> None:
        self._configure_provider_from_state()
        if clear_pending_creates:
            self._snapshots.clear_pending_creates()
        resources = self._target.snapshot.resources
        results: dict[ResourceState, ResourceState | None] = {}

        def look(state: ResourceState) -> None:
            results[state] = self._executor.refresh(state)

        try:
            self._in_parallel(look, resources)
        finally:
            self._snapshots.refreshed(results)

    def destroy(self, *, refresh: bool) -> None:
        if refresh:
            self.refresh(False)
        self._configure_provider_from_state()
        gone = [s for s in self._target.snapshot.resources if s.pending_replacement]
        for state in gone:
            self._executor.forget(state)
        self._delete([s for s in self._target.snapshot.resources if not s.pending_replacement])

    def _run_program(self) -> Planner:
        from .planner import Planner
        from .services import ResourceMonitor, serve

        target = self._target
        planner = Planner(
            target.stack,
            target.project.name,
            target.config,
            target.snapshot,
            self._executor,
            self._provider,
            self._display,
            self._cancellation,
            dry_run=self._dry_run,
        )
        monitor = ResourceMonitor(
            planner,
            lambda urn, outputs: self._register_outputs(planner, urn, outputs),
            self._display,
            self._cancellation,
            target.project.root,
        )
        threads = _THREADS_PER_SLOT * self._parallel + _MESSAGE_THREADS
        with serve(monitor, threads=threads) as monitor_address:
            settings = {
                "program": target.project.program,
                "project": target.project.name,
                "stack": target.stack,
                "organization": ORGANIZATION,
                "root_directory": str(target.project.root),
                "monitor": monitor_address,
                "engine": self._engine_address,
                "parallel": self._parallel,
                "dry_run": self._dry_run,
            }
            program = ChildProcess(
                target.project,
                ["program", json.dumps(settings)],
                program_environment(
                    target.project,
                    target.stack,
                    ORGANIZATION,
                    target.config,
                    dry_run=self._dry_run,
                ),
                self._program_line,
                self._program_line,
            )
            self._await_program(program)
        return planner

    def _await_program(self, program: ChildProcess) -> None:
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
            cut_off = not exit_codes
            program.kill()
            self._executor.wait_until_idle()
        if cut_off or self._cancellation.requested.is_set():
            self._cancellation.request()
            return
        code = exit_codes[0]
        if code != 0:
            self._cancellation.request()
            if code != _ERROR_SHOWN:
                self._display.error(f"program exited with non-zero exit code: {code}")

    def _program_line(self, line: str) -> None:
        # A program that is cut off says so at length; what stopped it has been reported.
        if not self._cancellation.requested.is_set():
            self._display.info(line)

    def _register_outputs(self, planner: Planner, urn: str, outputs: Properties) -> None:
        if urn_type(urn) == STACK_TYPE:
            # They are stored at the end: it depends on the outcome what becomes of old ones.
            self._stack_outputs = outputs
            return
        state = planner.state(urn)
        if state is None:
            raise EngineError(f"cannot complete resource {urn!r}: it is not registered")
        changed = not equal(state.outputs, outputs)
        state.outputs = outputs
        self._snapshots.complete(changed=[state], flush=changed)

    def _store_stack_outputs(self, planner: Planner) -> None:
        state = planner.state(self._target.urn)
        if state is None or self._stack_outputs is None:
            return
        old_state = self._target.snapshot.find(self._target.urn)
        old = old_state.outputs if old_state is not None else {}
        outputs = self._stack_outputs
        if self._cancellation.requested.is_set():
            # An output that is missing after a failure was perhaps only not reached.
            outputs = {**old, **outputs}
        state.outputs = outputs
        self._snapshots.complete(changed=[state])
        self._display.set_outputs(old, outputs)

    def _delete(self, doomed: list[ResourceState]) -> None:
        """Delete resources, each after everything that depends on it."""
        failed: list[StepError] = []

        def delete(state: ResourceState) -> None:
            try:
                self._executor.delete(state, replaced=state.delete)
            except StepError as error:
                if self._cancellation.requested.is_set():
                    raise
                failed.append(error)

        kept: set[str] = set()
        for level in deletion_levels(doomed):
            wave = [state for state in level if state.urn not in kept]
            self._in_parallel(delete, wave)
            for state in wave:
                if state.urn not in self._executor.deleted:
                    kept.update(_everything_below(state, doomed))
        if failed:
            raise failed[0]

    def _in_parallel(
        self, act: Callable[[ResourceState], None], states: Iterable[ResourceState]
    ) -> None:
        """Act on each; the first failure is raised when all that had begun have ended."""
        with ThreadPoolExecutor(max_workers=max(1, self._parallel)) as pool:
            futures = [pool.submit(act, state) for state in states]
        errors = [error for future in futures if (error := future.exception()) is not None]
        for error in sorted(errors, key=lambda e: isinstance(e, CancelledError)):
            raise error

    def _configure_provider_from_state(self) -> None:
        """Give the provider the configuration that the stack's resources were made with."""
        type_ = f"{PROVIDER_TYPE_PREFIX}{DYNAMIC_PACKAGE}"
        for state in self._target.snapshot.resources:
            if state.type == type_:
                self._provider.configure(state.inputs)
            elif state.custom and not state.type.startswith(f"{DYNAMIC_PACKAGE}:"):
                package = state.type.partition(":")[0]
                raise EngineError(
                    f"resource {state.urn!r} needs the provider {package!r}: the embedded engine "
                    "runs dynamic and component resources only; install the Pulumi CLI"
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
                    "run a refresh, which brings the stack up to date and clears pending "
                    "operations; pending creates are cleared only when it is asked to.",
                ]
            )
        )


def deletion_levels(doomed: list[ResourceState]) -> list[list[ResourceState]]:
    """The resources in waves: when a wave begins, nothing depends on its members any more.

    The list is in dependency order, and one URN may occur more than once (what was replaced and
    what replaced it): a reference is to the last one before it.
    """
    latest: dict[str, ResourceState] = {}
    dependents: dict[ResourceState, list[ResourceState]] = {state: [] for state in doomed}
    for state in doomed:
        for urn in state.references():
            if urn in latest:
                dependents[latest[urn]].append(state)
        latest[state.urn] = state
    depth: dict[ResourceState, int] = {}
    for state in reversed(doomed):
        depth[state] = 1 + max((depth[d] for d in dependents[state]), default=-1)
    levels: list[list[ResourceState]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for state in doomed:
        levels[depth[state]].append(state)
    return levels


def _everything_below(state: ResourceState, states: list[ResourceState]) -> set[str]:
    """The URNs of all that a resource needs, directly or not."""
    by_urn = {other.urn: other for other in states}
    needed: set[str] = set()
    waiting = [state]
    while waiting:
        for urn in waiting.pop().references() - needed:
            needed.add(urn)
            if urn in by_urn:
                waiting.append(by_urn[urn])
    return needed
