"""Decides what has to be done for each resource that a program registers.

Each registration is handled on the thread that received it, from the question to the provider
to the last step; the program itself sees to it that a resource is registered only after
everything that it depends on.
"""

from __future__ import annotations

import threading
import uuid

from ..errors import EngineError, StepError
from ..model.diffs import Diff, with_replace_on_changes
from ..model.property_paths import ignore
from ..model.resources import ResourceState
from ..model.urns import (
    DYNAMIC_PACKAGE,
    PROVIDER_TYPE_PREFIX,
    STACK_TYPE,
    make_urn,
    urn_name,
    urn_type,
)
from ..model.values import UNKNOWN, UNKNOWN_WIRE, Properties, Secret, equal, mask
from .deployment import Deployment
from .goals import Goal
from .registry import Registry
from .step_executor import StepExecutor


class StepGenerator:
    """Turns registrations into steps.

    Attributes:
        saw_error: whether a preview met something that the update will fail on.
    """

    def __init__(self, deployment: Deployment, steps: StepExecutor) -> None:
        self._target = target = deployment.target
        self._steps = steps
        self._provider = deployment.provider
        self._snapshots = deployment.snapshots
        self._display = deployment.display
        self._cancellation = deployment.cancellation
        self._advice = (
            "as it is currently marked for protection. To unprotect the resource, remove the "
            "`protect` flag from the resource in your Pulumi program and run "
            f"`{target.command} up`"
        )
        self._olds = {state.urn: state for state in target.snapshot.resources if not state.delete}
        self._registry = Registry(target.stack, target.project.name, self._olds)
        self._lock = threading.RLock()
        self._provider_lock = threading.Lock()
        self._provider_reference = ""
        self._states: dict[str, ResourceState] = {}
        self._stack_outputs: Properties | None = None
        self._decided: set[str] = set()
        self._replaced: set[str] = set()
        # Deleted before their turn came, because something that they depend on had to go first.
        self._condemned: dict[str, tuple[str, ...]] = {}
        self._gone: set[ResourceState] = set()
        self.saw_error = False

    def register(self, goal: Goal) -> ResourceState:
        """Bring one resource to its goal; returns its state.

        Raises:
            StepError: that failed, and was reported.
            CancelledError: no further step may start.
        """
        new = goal.state
        try:
            old = self._claim(goal)
            if old is not None:
                new.created, new.modified = old.created, old.modified
                new.unknown_fields = old.unknown_fields
            self._plan(goal, old, new)
        except StepError:
            raise
        except EngineError as error:
            if new.urn and not self._cancellation.requested.is_set():
                self._fail(str(error), new.urn)
            raise
        with self._lock:
            self._states[new.urn] = new
        return new

    def read(self, goal: Goal) -> ResourceState:
        """Look up one resource that the stack does not own; returns its state."""
        new = goal.state
        old = self._claim(goal)
        with self._lock:
            self._decided.add(new.urn)
        new.provider = self._default_provider()
        self._steps.read(old, new)
        with self._lock:
            self._states[new.urn] = new
        return new

    def register_outputs(self, urn: str, outputs: Properties) -> None:
        """Store what a component exports; the stack's own outputs are kept for the end."""
        self._display.secrets.learn(outputs)
        if urn_type(urn) == STACK_TYPE:
            self._stack_outputs = outputs
            return
        state = self.state(urn)
        if state is None:
            raise EngineError(f"cannot complete resource {urn!r}: it is not registered")
        changed = not equal(state.outputs, outputs)
        state.outputs = outputs
        self._snapshots.complete(changed=[state], flush=changed)

    def store_stack_outputs(self) -> None:
        """Store what the stack exports; to be called when all steps have ended."""
        state, outputs = self.state(self._target.urn), self._stack_outputs
        if state is None or outputs is None:
            return
        old_state = self._olds.get(state.urn)
        old = old_state.outputs if old_state else {}
        if self._cancellation.requested.is_set():
            # An output that is missing after a failure was perhaps only not reached.
            outputs = {**old, **outputs}
        state.outputs = outputs
        self._snapshots.complete(changed=[state])
        self._display.set_outputs(old, outputs)

    def state(self, urn: str) -> ResourceState | None:
        """A resource that was registered in this run."""
        with self._lock:
            return self._states.get(urn)

    def leftovers(self) -> tuple[list[ResourceState], list[ResourceState]]:
        """What is in the stack and not in the program: to be deleted, and merely to be forgotten.

        To be called when the program has ended.
        """
        doomed, forgotten = [], []
        known = self._decided | self._registry.aliases_in_use()
        for state in self._target.snapshot.resources:
            if state in self._gone:
                if state.urn not in known and state.pending_replacement:
                    forgotten.append(state)
            elif state.delete:
                doomed.append(state)
            elif state.urn not in known:
                (forgotten if state.pending_replacement else doomed).append(state)
        return doomed, forgotten

    def _claim(self, goal: Goal) -> ResourceState | None:
        """Give a resource its URN, and find what it was before."""
        self._registry.assign_urn(goal)
        self._display.secrets.learn(goal.inputs)
        with self._lock:
            self._cancellation.check()
            return self._registry.claim(goal)

    def _fail(self, message: str, urn: str) -> None:
        self._display.error(message, urn)
        self._cancellation.request()

    def _plan(self, goal: Goal, old: ResourceState | None, new: ResourceState) -> None:
        is_fresh = old is None or old.external or old.taint or new.urn in self._condemned
        if new.custom:
            new.provider = self._default_provider()
            inputs = self._ignore_changes(new.urn, goal, old) if old else goal.inputs
            if old is None or is_fresh:
                new.inputs = self._check(new, {}, goal.inputs)
            else:
                new.inputs = self._check(new, old.inputs, inputs)
        diff = self._diff(goal, old, new) if old is not None and not is_fresh else None
        with self._lock:
            self._decided.add(new.urn)
            condemned = self._condemned.get(new.urn)
        if old is None:
            self._steps.create(new)
        elif condemned is not None:
            self._replaced.add(new.urn)
            self._steps.mark_replaced(old, new)  # without a diff: it is replaced for another
            self._steps.create(new, old, Diff(True, condemned))
        elif old.external:
            self._steps.create(new, old)
            self._steps.mark_replaced(old, new)
        elif old.taint:
            self._replace(goal, old, new, Diff(True, ("id",)))
        elif diff and (old.pending_replacement or (diff.changes and diff.replaces)):
            self._replace(goal, old, new, diff)
        elif (diff and diff.changes) or old.init_errors:
            self._steps.update(old, new, goal.state.ignore_changes, diff)
        else:
            self._steps.same(old, new)

    def _ignore_changes(self, urn: str, goal: Goal, old: ResourceState) -> Properties:
        inputs, lost = ignore(goal.state.ignore_changes, old.inputs, goal.inputs)
        if lost:
            self._display.info(
                "cannot ignore changes in added or removed elements of the path: "
                + ", ".join(map(repr, lost)),
                urn,
            )
        return inputs

    def _check(self, new: ResourceState, olds: Properties, news: Properties) -> Properties:
        inputs, failures = self._provider.check(new.urn, olds, news)
        if not failures:
            return inputs
        subject = f"{new.type} resource '{urn_name(new.urn)}'"
        for name, reason in failures:
            if name:
                value = mask(inputs.get(name, news.get(name)))
                reason = f"property {name} value {{{value}}} has a problem: {reason}"
            else:
                reason = f"has a problem: {reason}"
            separator = ": " if name else " "
            self._fail(f"{subject}{separator}{reason}", new.urn)
        raise StepError(f"{subject} is invalid")

    def _diff(self, goal: Goal, old: ResourceState, new: ResourceState) -> Diff:
        if any(urn in self._replaced for urn in new.replace_with):
            return Diff(True, ("replaceWith",))
        if new.deleted_with and new.deleted_with in self._replaced:
            return Diff(True, ("deletedWith",))
        if old.custom != new.custom:
            return Diff(True, ("provider",))
        if not new.custom:
            return Diff(not equal(old.inputs, new.inputs))
        diff = self._provider.diff(old, new.inputs, goal.state.ignore_changes)
        return with_replace_on_changes(diff, goal.state.replace_on_changes)

    def _replace(self, goal: Goal, old: ResourceState, new: ResourceState, diff: Diff) -> None:
        if new.protect and old.protect:
            message = f'unable to replace resource "{new.urn}"\n{self._advice}'
            if not self._target.dry_run:
                raise EngineError(message)
            # A preview goes on, so that the user sees the difference.
            self._display.error(message, new.urn)
            self.saw_error = True
        self._replaced.add(new.urn)
        if new.custom and not old.taint:
            # The first check took values over from the old resource, which will be gone.
            new.inputs = self._check(new, {}, goal.inputs)
        delete_first = diff.delete_before_replace
        if goal.delete_before_replace is not None:
            delete_first = goal.delete_before_replace
        if delete_first or old.pending_replacement:
            if not old.pending_replacement:
                self._delete_first(old)
            self._steps.mark_replaced(old, new, diff)
            self._steps.create(new, old, diff)
        else:
            self._steps.create(new, old, diff)
            self._steps.mark_replaced(old, new, diff)

    def _delete_first(self, old: ResourceState) -> None:
        """Delete a resource before its replacement is made, after the dependents that must go too.

        Those are created again when the program registers them.
        """
        with self._lock:
            dependents = self._dependents_to_replace(old)
            for state, keys in dependents:
                if state.protect:
                    raise EngineError(
                        f'unable to replace resource "{state.urn}" as part of replacing '
                        f'"{old.urn}" {self._advice}, or use the command:\n'
                        f"`pulumi state unprotect '{state.urn}'`"
                    )
                self._condemned[state.urn] = keys
            self._gone.update(state for state, _ in dependents)
            self._gone.add(old)
        self._steps.doom([old, *(state for state, _ in dependents)])
        for state, _ in reversed(dependents):
            if state.pending_replacement:
                continue  # an earlier run deleted it
            self._steps.delete(state, replaced=True, pending_replacement=True)
        self._steps.delete(old, replaced=True, pending_replacement=True)

    def _dependents_to_replace(
        self, root: ResourceState
    ) -> list[tuple[ResourceState, tuple[str, ...]]]:
        """Resources that the loss of ``root`` forces to be replaced, and the properties to blame.

        A dependent is one of them when its provider says that it would have to be replaced if
        the values that it takes from ``root`` became others.
        """
        replaced = {root.urn}
        result: list[tuple[ResourceState, tuple[str, ...]]] = []
        for state in self._target.snapshot.resources:
            if state.urn in self._decided or state.delete or state.external:
                continue
            if state is root or state.urn in self._condemned:
                continue
            keys = self._keys_to_replace(state, replaced) if state.custom else None
            if keys is not None:
                replaced.add(state.urn)
            if root.urn in (state.deleted_with, *state.replace_with):
                keys = ()
            if keys is not None:
                result.append((state, keys))
        return result

    def _keys_to_replace(self, state: ResourceState, replaced: set[str]) -> tuple[str, ...] | None:
        """The properties that force a dependent of ``replaced`` to go too; None if it stays."""
        if state.deleted_with in replaced:
            return ()
        inputs = {
            key: UNKNOWN
            if not replaced.isdisjoint(state.property_dependencies.get(key, ()))
            else value
            for key, value in state.inputs.items()
        }
        if UNKNOWN not in inputs.values():
            return None
        diff = with_replace_on_changes(
            self._provider.diff(state, inputs, state.ignore_changes), state.replace_on_changes
        )
        return diff.replace_keys if diff.replaces else None

    def _default_provider(self) -> str:
        """The provider that every dynamic resource refers to, itself a resource of the stack."""
        with self._provider_lock:
            if not self._provider_reference:
                self._provider_reference = self._register_default_provider()
            return self._provider_reference

    def _register_default_provider(self) -> str:
        type_ = f"{PROVIDER_TYPE_PREFIX}{DYNAMIC_PACKAGE}"
        urn = make_urn(self._target.stack, self._target.project.name, "", type_, "default")
        inputs: Properties = {
            key: Secret(value.text) if value.secret else value.text
            for key, value in self._target.config.items()
        }
        self._provider.configure(inputs)
        new = ResourceState(urn=urn, type=type_, custom=True, inputs=inputs)
        with self._lock:
            self._decided.add(urn)
            old = self._olds.get(urn)
        if old is None:
            new.id = UNKNOWN_WIRE if self._target.dry_run else str(uuid.uuid4())
            self._steps.create(new)
        else:
            new.created, new.modified = old.created, old.modified
            if equal(old.inputs, inputs):
                self._steps.same(old, new)
            else:
                self._steps.update(old, new, [])
        return f"{urn}::{new.id}"
