"""Applies steps: calls the provider, records the outcome, and tells the display.

A preview goes through the same motions without calling the provider for anything that changes
something, and with a snapshot manager that writes nothing.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterable

from .diffs import Diff
from .display import Display
from .errors import CancelledError, EngineError, StepError
from .provider import DynamicProvider
from .snapshots import SnapshotManager
from .state import ResourceState, timestamp
from .steps import Op, Step
from .urns import is_provider_type
from .values import UNKNOWN_WIRE, equal, protect_outputs

_INCIDENTAL_FIELDS = frozenset({"created", "modified", "init_errors"})


class Cancellation:
    """Says whether further steps may start."""

    def __init__(self) -> None:
        self.requested = threading.Event()
        self.interrupted = False
        self._listeners: list[Callable[[], None]] = []

    def on_request(self, listener: Callable[[], None]) -> None:
        """Call the listener when cancellation is requested, or at once if it was."""
        self._listeners.append(listener)
        if self.requested.is_set():
            listener()

    def request(self) -> None:
        """Let no further step start."""
        if not self.requested.is_set():
            self.requested.set()
            for listener in list(self._listeners):
                listener()

    def interrupt(self) -> None:
        """The user asked to stop."""
        self.interrupted = True
        self.request()

    def check(self) -> None:
        """Raise CancelledError when no further step may start."""
        if self.requested.is_set():
            raise CancelledError("cancelled")


class StepExecutor:
    """Runs steps, up to ``parallel`` at a time, on the threads of whoever calls it.

    A failing step is reported under its resource, keeps further steps from starting, and raises
    StepError; steps that run already are left to finish.

    Attributes:
        deleted: what was deleted.
        failed: whether any step failed.
    """

    def __init__(
        self,
        snapshots: SnapshotManager,
        provider: DynamicProvider,
        display: Display,
        cancellation: Cancellation,
        *,
        dry_run: bool,
        parallel: int,
        command: str,
    ) -> None:
        self._snapshots = snapshots
        self._provider = provider
        self._display = display
        self._cancellation = cancellation
        self._dry_run = dry_run
        self._command = command
        self._slots = threading.Semaphore(max(1, parallel))
        self._active = 0
        self._idle = threading.Condition()
        self._doomed: set[str] = set()
        self.deleted: set[ResourceState] = set()
        self.failed = False

    def wait_until_idle(self) -> None:
        """Wait for the running steps."""
        with self._idle:
            self._idle.wait_for(lambda: self._active == 0)

    def doom(self, states: Iterable[ResourceState]) -> None:
        """Announce what is about to be deleted.

        What is deleted with one of these needs no call of its own, and its turn comes first.
        """
        self._doomed.update(state.urn for state in states)

    def same(self, old: ResourceState, new: ResourceState) -> None:
        """Nothing changes but what the program says about the resource."""
        step = Step(Op.SAME, old, new)
        new.id = old.id
        new.outputs = old.outputs

        def record() -> None:
            must_write = not _same_fields(old, new)
            self._snapshots.complete(add=new, remove=old, flush=must_write)

        self._run(step, lambda: protect(new), record)

    def create(
        self,
        new: ResourceState,
        old: ResourceState | None = None,
        diff: Diff | None = None,
    ) -> None:
        """Make a resource; with ``old``, in the place of another.

        The old one is marked for deletion, or forgotten if it has been deleted already.
        """
        op = Op.CREATE if old is None else Op.CREATE_REPLACEMENT
        step = Step(op, old, new, diff, counted=old is None)

        def apply() -> None:
            if not self._is_managed(new):
                new.outputs = new.outputs if not new.custom else dict(new.inputs)
            elif self._dry_run:
                new.outputs = dict(new.inputs)
            else:
                new.id, new.outputs = self._provider.create(new.urn, new.inputs)
            new.created = new.modified = timestamp()
            protect(new)

        def record(operation: int | None) -> None:
            remove = old if old is not None and old.pending_replacement else None
            if old is not None and remove is None:
                old.delete = True
            changed = [] if old is None else [old]
            self._snapshots.complete(operation, add=new, remove=remove, changed=changed)

        self._run_operation(step, "creating", new, apply, record)

    def mark_replaced(
        self, old: ResourceState, new: ResourceState, diff: Diff | None = None
    ) -> None:
        """Tell the display that both halves of a replacement belong together."""
        step = Step(Op.REPLACE, old, new, diff)
        self._display.step_began(step)
        self._display.step_ended(step)

    def update(
        self,
        old: ResourceState,
        new: ResourceState,
        ignore_changes: list[str],
        diff: Diff | None = None,
    ) -> None:
        """Change a resource in place."""
        step = Step(Op.UPDATE, old, new, diff)
        new.created, new.modified = old.created, old.modified

        def apply() -> None:
            new.id = old.id  # only now: as the CLI's, what is stored as begun has none yet
            if self._is_managed(new) and not self._dry_run:
                new.outputs = self._provider.update(old, new.inputs, ignore_changes)
            elif new.custom:  # a component tells anew what comes of new inputs
                new.outputs = dict(new.inputs)
            if new.custom:
                new.modified = timestamp()
            protect(new)

        def record(operation: int | None) -> None:
            self._snapshots.complete(operation, add=new, remove=old)

        self._run_operation(step, "updating", new, apply, record)

    def read(self, old: ResourceState | None, new: ResourceState) -> None:
        """Look up a resource that the stack does not own."""
        replaces = old is not None and not old.external and old.id != new.id
        op = Op.READ_REPLACEMENT if replaces else Op.READ
        step = Step(op, old, new)

        def apply() -> None:
            if new.id and new.id != UNKNOWN_WIRE:
                result = self._provider.read(new.urn, new.id, new.inputs, new.inputs)
                if not result.id:
                    raise EngineError(f"resource '{new.id}' does not exist")
                new.id, new.outputs = result.id, result.outputs
            if old is not None:
                new.created, new.modified = old.created, old.modified
                if not equal(old.outputs, new.outputs):
                    new.modified = timestamp()
            protect(new)

        def record(operation: int | None) -> None:
            if replaces and old is not None:
                old.delete = True
                self._snapshots.complete(operation, add=new, changed=[old])
            else:
                self._snapshots.complete(operation, add=new, remove=old)

        self._run_operation(step, "reading", new, apply, record)

    def delete(
        self,
        old: ResourceState,
        *,
        replaced: bool = False,
        pending_replacement: bool = False,
    ) -> None:
        """Delete a resource.

        Args:
            replaced: it is one half of a replacement.
            pending_replacement: its replacement is made later, so a trace of it stays.
        """
        if old.external:
            op = Op.DISCARD_REPLACED if replaced else Op.READ_DISCARD
        else:
            op = Op.DELETE_REPLACED if replaced else Op.DELETE
        step = Step(op, old, None, counted=not replaced)

        def apply() -> None:
            if old.protect and not replaced:
                raise EngineError(
                    f'resource "{old.urn}" cannot be deleted\nbecause it is protected. To '
                    "unprotect the resource, either remove the `protect` flag from the resource "
                    f"in your Pulumi program and run `{self._command} up`, or use the command:\n"
                    f"`pulumi state unprotect '{old.urn}'`"
                )
            dropped = old.external or old.retain_on_delete or old.deleted_with in self._doomed
            if self._is_managed(old) and not self._dry_run and not dropped:
                self._provider.delete(old)
            old.pending_replacement = pending_replacement
            self.deleted.add(old)

        def record(operation: int | None) -> None:
            if pending_replacement:
                self._snapshots.complete(operation, changed=[old])
            else:
                self._snapshots.complete(operation, remove=old)

        # Only a refusal to delete what is protected leaves the others untouched: it is worth
        # hearing about all of them at once.
        self._run_operation(step, "deleting", old, apply, record, fatal=not old.protect)

    def forget(self, old: ResourceState) -> None:
        """Drop the trace of a resource that was deleted and is not wanted any more."""
        step = Step(Op.REMOVE_PENDING_REPLACE, old, None, counted=False)
        self._run(step, lambda: None, lambda: self._snapshots.complete(remove=old))

    def refresh(self, old: ResourceState, *, counted: bool) -> ResourceState | None:
        """The resource as it really is; None when it is gone."""
        if not self._is_managed(old) or old.pending_replacement:
            # Nobody can look at it, but it is there and counts.
            self._display.step_ended(Step(Op.SAME, old, old, counted=counted))
            return old
        step = Step(Op.REFRESH, old, None, counted=counted, refreshed=True)
        result: list[ResourceState | None] = []

        def apply() -> None:
            found = self._provider.read(old.urn, old.id, old.inputs, old.outputs)
            if not found.id:
                step.op = Op.DELETE
                result.append(None)
                return
            inputs = old.inputs if found.inputs is None else found.inputs
            new = dataclasses.replace(old, id=found.id, inputs=inputs, outputs=found.outputs)
            protect(new)
            if not (equal(old.inputs, new.inputs) and equal(old.outputs, new.outputs)):
                new.modified = timestamp()
            # The question is what the next update would do, so it is asked that way round.
            if old.external:
                drifted = not equal(old.outputs, new.outputs)
            else:
                drifted = self._provider.diff(new, old.inputs, old.ignore_changes).changes
            step.new = new
            step.op = Op.UPDATE if drifted else Op.SAME
            result.append(new)

        # One that cannot be looked at keeps nobody from looking at the others.
        self._run(step, apply, lambda: None, fatal=False)
        return result[0]

    def _is_managed(self, state: ResourceState) -> bool:
        """Whether a provider stands behind the resource."""
        return state.custom and not is_provider_type(state.type)

    def _run_operation(
        self,
        step: Step,
        operation_type: str,
        state: ResourceState,
        apply: Callable[[], None],
        record: Callable[[int | None], None],
        *,
        fatal: bool = True,
    ) -> None:
        """Run a step that an interruption must leave a trace of."""
        operation: list[int] = []

        def begin_and_apply() -> None:
            if self._is_managed(state):
                operation.append(self._snapshots.begin(operation_type, state))
            try:
                apply()
            except EngineError:
                if operation:
                    self._snapshots.fail(operation[0])
                raise

        self._run(
            step,
            begin_and_apply,
            lambda: record(operation[0] if operation else None),
            fatal=fatal,
        )

    def _run(
        self,
        step: Step,
        apply: Callable[[], None],
        record: Callable[[], None],
        *,
        fatal: bool = True,
    ) -> None:
        with self._slots:
            with self._idle:
                self._cancellation.check()
                self._active += 1
            try:
                self._display.step_began(step)
                apply()
                record()
                self._display.step_ended(step)
            except EngineError as error:
                self.failed = True
                self._display.step_ended(step, failed=True)
                context = "Preview failed: " if self._dry_run else ""
                self._display.error(f"{context}{error}", step.urn)
                if fatal:
                    self._cancellation.request()
                raise StepError(str(error)) from error
            finally:
                with self._idle:
                    self._active -= 1
                    self._idle.notify_all()


def protect(state: ResourceState) -> None:
    """Mark the outputs that must be secret."""
    state.outputs = dict(state.outputs)
    protect_outputs(state.outputs, state.inputs, state.additional_secret_outputs)


def _same_fields(left: ResourceState, right: ResourceState) -> bool:
    for field in dataclasses.fields(ResourceState):
        if field.name in _INCIDENTAL_FIELDS:
            continue
        before, after = getattr(left, field.name), getattr(right, field.name)
        if field.name == "dependencies":
            before, after = sorted(before), sorted(after)
        if not equal(before, after):
            return False
    return True
