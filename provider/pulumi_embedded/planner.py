"""Decides what has to be done for each resource that a program registers.

Each registration is handled on the thread that received it, from the question to the provider
to the last step; the program itself sees to it that a resource is registered only after
everything that it depends on.
"""

from __future__ import annotations

import threading
import uuid

from .diffs import Diff, with_replace_on_changes
from .display import Display
from .errors import EngineError, StepError
from .executor import Cancellation, StepExecutor
from .goals import DYNAMIC_PACKAGE, Goal
from .paths import ignore
from .provider import DynamicProvider
from .registry import Registry
from .state import ResourceState
from .target import Target
from .urns import PROVIDER_TYPE_PREFIX, make_urn, urn_name
from .values import UNKNOWN, UNKNOWN_WIRE, Properties, Secret, equal, mask


class Planner:
    """Turns registrations into steps.

    Attributes:
        old_stack_outputs: what the stack exported before.
        saw_error: whether a preview met something that the update will fail on.
    """

    def __init__(
        self,
        target: Target,
        executor: StepExecutor,
        provider: DynamicProvider,
        display: Display,
        cancellation: Cancellation,
    ) -> None:
        self._stack = target.stack
        self._project = target.project.name
        self._config = target.config
        self._base = target.snapshot
        self._executor = executor
        self._provider = provider
        self._display = display
        self._cancellation = cancellation
        self._dry_run = target.dry_run
        self._advice = (
            "as it is currently marked for protection. To unprotect the resource, remove the "
            "`protect` flag from the resource in your Pulumi program and run "
            f"`{target.command} up`"
        )
        self._olds = {state.urn: state for state in self._base.resources if not state.delete}
        self._registry = Registry(target.stack, target.project.name, self._olds)
        stack_state = self._olds.get(target.urn)
        self.old_stack_outputs: Properties = stack_state.outputs if stack_state else {}
        self._lock = threading.RLock()
        self._provider_lock = threading.Lock()
        self._provider_reference = ""
        self._states: dict[str, ResourceState] = {}
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
        urn = self._registry.urn(goal)
        self._display.secrets.learn(goal.inputs)
        try:
            with self._lock:
                self._cancellation.check()
                old = self._registry.claim(urn, goal)
            new = self._new_state(urn, goal, old)
            self._plan(goal, old, new)
        except StepError:
            raise
        except EngineError as error:
            if not self._cancellation.requested.is_set():
                self._fail(str(error), urn)
            raise
        with self._lock:
            self._states[urn] = new
        return new

    def read(self, goal: Goal) -> ResourceState:
        """Look up one resource that the stack does not own; returns its state."""
        urn = self._registry.urn(goal)
        self._display.secrets.learn(goal.inputs)
        with self._lock:
            self._cancellation.check()
            old = self._registry.claim(urn, goal)
            self._decided.add(urn)
        new = ResourceState(
            urn=urn,
            type=goal.type,
            custom=True,
            id=goal.id,
            inputs=goal.inputs,
            parent=goal.parent,
            provider=self._default_provider(),
            dependencies=goal.dependencies,
            additional_secret_outputs=goal.additional_secret_outputs,
            external=True,
        )
        self._executor.read(old, new)
        with self._lock:
            self._states[urn] = new
        return new

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
        for state in self._base.resources:
            if state in self._gone:
                if state.urn not in known and state.pending_replacement:
                    forgotten.append(state)
            elif state.delete:
                doomed.append(state)
            elif state.urn not in known:
                (forgotten if state.pending_replacement else doomed).append(state)
        return doomed, forgotten

    def _fail(self, message: str, urn: str) -> None:
        self._display.error(message, urn)
        self._cancellation.request()

    def _new_state(self, urn: str, goal: Goal, old: ResourceState | None) -> ResourceState:
        alias = self._registry.alias_of(urn)
        return ResourceState(
            urn=urn,
            type=goal.type,
            custom=goal.custom,
            inputs=goal.inputs,
            parent=goal.parent,
            dependencies=goal.dependencies,
            property_dependencies=goal.property_dependencies,
            additional_secret_outputs=goal.additional_secret_outputs,
            aliases=[alias] if alias else [],
            protect=bool(goal.protect),
            retain_on_delete=bool(goal.retain_on_delete),
            deleted_with=goal.deleted_with,
            replace_with=goal.replace_with,
            custom_timeouts=goal.custom_timeouts,
            ignore_changes=goal.ignore_changes,
            replace_on_changes=goal.replace_on_changes,
            hide_diff=goal.hide_diff,
            created=old.created if old else "",
            modified=old.modified if old else "",
            unknown_fields=old.unknown_fields if old else {},
        )

    def _plan(self, goal: Goal, old: ResourceState | None, new: ResourceState) -> None:
        is_fresh = old is None or old.external or old.taint or new.urn in self._condemned
        if goal.custom:
            new.provider = self._default_provider()
            inputs = goal.inputs
            if old is not None:
                inputs = self._ignore_changes(new.urn, goal, old)
            if is_fresh:
                new.inputs = self._check(new, {}, goal.inputs)
            else:
                assert old is not None
                new.inputs = self._check(new, old.inputs, inputs)
        diff = None
        if old is not None and not is_fresh:
            diff = self._diff(goal, old, new)
        with self._lock:
            self._decided.add(new.urn)
            condemned = self._condemned.get(new.urn)
        if old is None:
            self._executor.create(new)
        elif condemned is not None:
            self._replaced.add(new.urn)
            self._executor.mark_replaced(old, new)  # the reason is another's
            self._executor.create(new, old, Diff(True, condemned))
        elif old.external:
            self._executor.create(new, old)
            self._executor.mark_replaced(old, new)
        elif old.taint:
            self._replace(goal, old, new, Diff(True, ("id",)))
        elif diff and (old.pending_replacement or (diff.changes and diff.replaces)):
            self._replace(goal, old, new, diff)
        elif (diff and diff.changes) or old.init_errors:
            self._executor.update(old, new, goal.ignore_changes, diff)
        else:
            self._executor.same(old, new)

    def _ignore_changes(self, urn: str, goal: Goal, old: ResourceState) -> Properties:
        inputs, lost = ignore(goal.ignore_changes, old.inputs, goal.inputs)
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
        diff = self._provider.diff(old, new.inputs, goal.ignore_changes)
        return with_replace_on_changes(diff, goal.replace_on_changes)

    def _replace(self, goal: Goal, old: ResourceState, new: ResourceState, diff: Diff) -> None:
        if new.protect and old.protect:
            message = f'unable to replace resource "{new.urn}"\n{self._advice}'
            if not self._dry_run:
                raise EngineError(message)
            # A preview goes on: it is the difference that the user needs to see.
            self._display.error(message, new.urn)
            self.saw_error = True
        self._replaced.add(new.urn)
        if goal.custom and not old.taint:
            # The first check carried values over from the old resource, which is going.
            new.inputs = self._check(new, {}, goal.inputs)
        delete_first = diff.delete_before_replace
        if goal.delete_before_replace is not None:
            delete_first = goal.delete_before_replace
        if delete_first or old.pending_replacement:
            if not old.pending_replacement:
                self._delete_first(old)
            self._executor.mark_replaced(old, new, diff)
            self._executor.create(new, old, diff)
        else:
            self._executor.create(new, old, diff)
            self._executor.mark_replaced(old, new, diff)

    def _delete_first(self, old: ResourceState) -> None:
        """Delete a resource before its replacement is made, and before it what cannot outlive it.

        Those dependents are made again when their own turn comes.
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
        self._executor.doom([old, *(state for state, _ in dependents)])
        for state, _ in reversed(dependents):
            if state.pending_replacement:
                continue  # an earlier run came as far as this
            self._executor.delete(state, replaced=True, pending_replacement=True)
        self._executor.delete(old, replaced=True, pending_replacement=True)

    def _dependents_to_replace(
        self, root: ResourceState
    ) -> list[tuple[ResourceState, tuple[str, ...]]]:
        """Resources that the loss of ``root`` forces to be replaced, and the properties to blame.

        A dependent is one of them when its provider says that it would have to be replaced if
        the values that it takes from ``root`` became others.
        """
        replaced = {root.urn}
        result: list[tuple[ResourceState, tuple[str, ...]]] = []
        for state in self._base.resources:
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
        """The properties that force a dependent of ``replaced`` to be replaced.

        None if it stays.
        """
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
        urn = make_urn(self._stack, self._project, "", type_, "default")
        inputs: Properties = {
            key: Secret(value.text) if value.secret else value.text
            for key, value in self._config.items()
        }
        self._provider.configure(inputs)
        new = ResourceState(urn=urn, type=type_, custom=True, inputs=inputs)
        with self._lock:
            self._decided.add(urn)
            old = self._olds.get(urn)
        if old is None:
            new.id = UNKNOWN_WIRE if self._dry_run else str(uuid.uuid4())
            self._executor.create(new)
        else:
            new.created, new.modified = old.created, old.modified
            if equal(old.inputs, inputs):
                self._executor.same(old, new)
            else:
                self._executor.update(old, new, [])
        return f"{urn}::{new.id}"
