"""Runs steps: calls the provider, records what it did, and shows it.

A preview does the same, but calls the provider for nothing that changes something, and its
snapshot manager writes nothing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Iterable, Iterator

from ..errors import EngineError, StepError
from ..model.diffs import Diff
from ..model.resources import ResourceState, timestamp
from ..model.steps import Op, Step
from ..model.values import UNKNOWN_WIRE, equal, protect_outputs
from .deployment import Deployment

_INCIDENTAL_FIELDS = frozenset({"created", "modified", "init_errors"})


class StepExecutor:
    """Runs steps on the threads of its callers, up to ``parallel`` at a time.

    Every method runs one step. One that fails is shown under its resource, keeps further steps
    from starting, and raises StepError; steps that run already are left to finish.

    Attributes:
        deleted: what was deleted in this deployment.
        failed: whether any step failed.
    """

    def __init__(self, deployment: Deployment) -> None:
        self._snapshots = deployment.snapshots
        self._provider = deployment.provider
        self._display = deployment.display
        self._cancellation = deployment.cancellation
        self._dry_run = deployment.target.dry_run
        self._command = deployment.target.command
        self._slots = threading.Semaphore(deployment.parallel)
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

        A resource that is deleted with one of these needs no call of its own.
        """
        self._doomed.update(state.urn for state in states)

    def same(self, old: ResourceState, new: ResourceState) -> None:
        """Nothing changes but what the program says about the resource."""
        step = Step(Op.SAME, old, new)  # which remembers what was planned: no outputs yet
        new.id, new.outputs = old.id, old.outputs
        with self._running(step):
            _protect(new)
            self._snapshots.complete(add=new, remove=old, flush=not _same_fields(old, new))

    def create(
        self, new: ResourceState, old: ResourceState | None = None, diff: Diff | None = None
    ) -> None:
        """Make a resource; with ``old``, in the place of another.

        The old one is marked for deletion, or forgotten if it has been deleted already.
        """
        op = Op.CREATE if old is None else Op.CREATE_REPLACEMENT
        with self._running(Step(op, old, new, diff, counted=old is None)):
            with self._recorded("creating", new) as operation:
                if new.is_managed and not self._dry_run:
                    new.id, new.outputs = self._provider.create(new.urn, new.inputs)
                elif new.custom:
                    new.outputs = dict(new.inputs)
                new.created = new.modified = timestamp()
                _protect(new)
            remove, changed = None, []
            if old is not None and old.pending_replacement:
                remove = old
            elif old is not None:
                old.delete, changed = True, [old]
            self._snapshots.complete(operation, add=new, remove=remove, changed=changed)

    def mark_replaced(
        self, old: ResourceState, new: ResourceState, diff: Diff | None = None
    ) -> None:
        """Show that both halves of a replacement belong together."""
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
        new.created, new.modified = old.created, old.modified
        with self._running(Step(Op.UPDATE, old, new, diff)):
            with self._recorded("updating", new) as operation:
                new.id = old.id  # only now: as with the CLI, the pending operation has no id
                if new.is_managed and not self._dry_run:
                    new.outputs = self._provider.update(old, new.inputs, ignore_changes)
                elif new.custom:  # a component gives new outputs for new inputs
                    new.outputs = dict(new.inputs)
                if new.custom:
                    new.modified = timestamp()
                _protect(new)
            self._snapshots.complete(operation, add=new, remove=old)

    def read(self, old: ResourceState | None, new: ResourceState) -> None:
        """Look up a resource that the stack does not own."""
        replaces = old is not None and not old.external and old.id != new.id
        op = Op.READ_REPLACEMENT if replaces else Op.READ
        with self._running(Step(op, old, new)):
            with self._recorded("reading", new) as operation:
                if new.id and new.id != UNKNOWN_WIRE:
                    result = self._provider.read(new.urn, new.id, new.inputs, new.inputs)
                    if not result.id:
                        raise EngineError(f"resource '{new.id}' does not exist")
                    new.id, new.outputs = result.id, result.outputs
                if old is not None:
                    new.created, new.modified = old.created, old.modified
                    if not equal(old.outputs, new.outputs):
                        new.modified = timestamp()
                _protect(new)
            if replaces and old is not None:
                old.delete = True
                self._snapshots.complete(operation, add=new, changed=[old])
            else:
                self._snapshots.complete(operation, add=new, remove=old)

    def delete(
        self, old: ResourceState, *, replaced: bool = False, pending_replacement: bool = False
    ) -> None:
        """Delete a resource.

        Args:
            replaced: it is one half of a replacement.
            pending_replacement: its replacement is made later, so it stays in the stack as such.
        """
        if old.external:
            op = Op.DISCARD_REPLACED if replaced else Op.READ_DISCARD
        else:
            op = Op.DELETE_REPLACED if replaced else Op.DELETE
        # A refusal to delete what is protected changes nothing, so the other steps go on and all
        # refusals are shown at once.
        with self._running(Step(op, old, None, counted=not replaced), fatal=not old.protect):
            with self._recorded("deleting", old) as operation:
                if old.protect and not replaced:
                    raise EngineError(
                        f'resource "{old.urn}" cannot be deleted\nbecause it is protected. To '
                        "unprotect the resource, either remove the `protect` flag from the "
                        f"resource in your Pulumi program and run `{self._command} up`, or use "
                        f"the command:\n`pulumi state unprotect '{old.urn}'`"
                    )
                dropped = old.external or old.retain_on_delete or old.deleted_with in self._doomed
                if old.is_managed and not self._dry_run and not dropped:
                    self._provider.delete(old)
                old.pending_replacement = pending_replacement
                self.deleted.add(old)
            if pending_replacement:
                self._snapshots.complete(operation, changed=[old])
            else:
                self._snapshots.complete(operation, remove=old)

    def forget(self, old: ResourceState) -> None:
        """Remove a resource from the stack that was deleted and is not wanted any more."""
        with self._running(Step(Op.REMOVE_PENDING_REPLACE, old, None, counted=False)):
            self._snapshots.complete(remove=old)

    def refresh(self, old: ResourceState, *, counted: bool) -> ResourceState | None:
        """The resource as it really is; None when it is gone."""
        if not old.is_managed or old.pending_replacement:
            # There is no provider to ask, but it counts as unchanged.
            self._display.step_ended(Step(Op.SAME, old, old, counted=counted))
            return old
        step = Step(Op.REFRESH, old, None, counted=counted, refreshed=True)
        # One that cannot be read does not keep the others from being read.
        with self._running(step, fatal=False):
            found = self._provider.read(old.urn, old.id, old.inputs, old.outputs)
            if not found.id:
                step.op = Op.DELETE
                return None
            inputs = old.inputs if found.inputs is None else found.inputs
            new = dataclasses.replace(old, id=found.id, inputs=inputs, outputs=found.outputs)
            _protect(new)
            if not (equal(old.inputs, new.inputs) and equal(old.outputs, new.outputs)):
                new.modified = timestamp()
            # Drift is what the next update would change: from what was found to the old inputs.
            if old.external:
                drifted = not equal(old.outputs, new.outputs)
            else:
                drifted = self._provider.diff(new, old.inputs, old.ignore_changes).changes
            step.new = new
            step.op = Op.UPDATE if drifted else Op.SAME
        return new

    @contextlib.contextmanager
    def _running(self, step: Step, *, fatal: bool = True) -> Iterator[None]:
        """Wait for a slot, show the step's beginning and end, and report its failure."""
        with self._slots:
            with self._idle:
                self._cancellation.check()
                self._active += 1
            try:
                self._display.step_began(step)
                yield
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

    @contextlib.contextmanager
    def _recorded(self, type_: str, state: ResourceState) -> Iterator[int | None]:
        """Store that an operation on a managed resource begins, in case the run is killed.

        Gives the number with which to record the operation's success; its failure is recorded
        here.
        """
        if not state.is_managed:
            yield None
            return
        operation = self._snapshots.begin(type_, state)
        try:
            yield operation
        except EngineError:
            self._snapshots.fail(operation)
            raise


def _protect(state: ResourceState) -> None:
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
