"""Keeps the stack's snapshot up to date while steps run, in memory and on disk.

Every step is recorded twice: before it starts, as a pending operation, so that the stack of a
killed run says what was under way; and when it ends. A record is on disk before the call that
makes it returns. Steps that end at the same time share one write: the cost of a write grows
with the stack, and one per step would make large stacks quadratic.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Mapping

from ..errors import CancelledError, EngineError
from ..model.resources import PendingOperation, ResourceState, Snapshot
from ..model.urns import make_urn, parse_urn
from ..project.checkpoint import encode_checkpoint, encode_operation, encode_resource, features_of
from ..project.passphrase import Crypter


class SnapshotManager:
    """The snapshot of one deployment.

    It starts as the *base*, the snapshot before the deployment. Resources that the deployment
    registers are appended in the order in which they complete, which is an order in which each
    comes after everything it depends on; what they replace leaves the base.

    Args:
        base: the snapshot to start from. It is changed in place.
        write: stores a checkpoint; None for a preview, which must not change anything.
        name: the stack's full name, ``ORGANIZATION/PROJECT/STACK``.
        crypter: encrypts secrets.
    """

    def __init__(
        self,
        base: Snapshot,
        write: Callable[[str], None] | None,
        name: str,
        crypter: Crypter | None,
    ) -> None:
        self.base = base
        self._write = write
        self._name = name
        self._crypter = crypter
        self._new: list[ResourceState] = []
        self._removed: set[ResourceState] = set()
        self._pending: dict[int, str] = {}
        # An interrupted create may have made something that the stack does not know. Only the
        # user can find out, so these stay until `refresh` is run with `clear_pending_creates`.
        self._kept_pending = [
            encode_operation(operation, crypter)
            for operation in base.pending_operations
            if operation.type == "creating"
        ]
        self._encoded: dict[ResourceState, str] = {}
        self._lock = threading.RLock()
        self._write_lock = threading.Lock()
        self._frozen = False
        self._unrecorded: list[str] = []
        self._changes = 0
        self._written = 0

    def begin(self, type_: str, state: ResourceState) -> int:
        """Record that an operation is about to start; returns its number.

        Raises:
            CancelledError: nothing is written any more, so nothing may start.
        """
        with self._lock:
            operation = self._changed()
            if self._write is not None:
                self._pending[operation] = encode_operation(
                    PendingOperation(type_, state), self._crypter
                )
        try:
            self._flush(operation)
        except EngineError:
            self.fail(operation)
            raise
        if self._frozen:
            raise CancelledError("not begun: the run was killed")
        return operation

    def fail(self, operation: int) -> None:
        """Record that an operation ended without having changed anything."""
        with contextlib.suppress(EngineError):  # `close` tries again, and says so
            self.complete(operation)

    def complete(
        self,
        operation: int | None = None,
        *,
        add: ResourceState | None = None,
        remove: ResourceState | None = None,
        changed: Iterable[ResourceState] = (),
        flush: bool = True,
    ) -> None:
        """Record what a step did.

        Args:
            operation: the number that ``begin`` gave, when the step had one.
            add: the resource's new state.
            remove: the state that is gone.
            changed: states whose fields were changed in place.
            flush: whether the record must be on disk before this returns.

        Raises:
            EngineError: it could not be written; the resource is named, so that somebody can look
                after it if no later write succeeds either.
        """
        with self._lock:
            if operation is not None:
                self._pending.pop(operation, None)
            if add is not None:
                self._new.append(add)
            if remove is not None:
                self._removed.add(remove)
            for state in changed:
                self._encoded.pop(state, None)
            change = self._changed()
        if not flush:
            return
        try:
            self._flush(change)
        except EngineError as error:
            subject = add or remove
            if operation is None or subject is None:
                raise
            done = "deleted" if add is None else "created" if remove is None else "updated"
            what = f"{subject.urn} (id {subject.id!r}) was {done}"
            self._unrecorded.append(what)
            raise EngineError(f"{error}; not recorded: {what}") from error

    def refreshed(self, results: Mapping[ResourceState, ResourceState | None]) -> None:
        """Put refreshed states in the place of old ones, and drop those that are gone (None)."""
        with self._lock:
            found = [results.get(old, old) for old in self.base.resources]
            survivors = [state for state in found if state is not None]
            self.base.resources = _without_dangling_references(survivors)
            self._encoded.clear()
            change = self._changed()
        self._flush(change)

    def clear_pending_creates(self) -> None:
        """Forget creates that an earlier run began and did not finish, and that on disk at once:
        who asked for it has looked, however this run ends. Other operations wait for its end."""
        if not self._kept_pending:
            return
        with self._lock:
            self._kept_pending = [
                encode_operation(operation, self._crypter)
                for operation in self.base.pending_operations
                if operation.type != "creating"
            ]
            change = self._changed()
        self._flush(change)
        self._kept_pending = []

    def close(self) -> list[str]:
        """Write what is not on disk yet; returns what could not be recorded before, and is now.

        Raises:
            EngineError: it could not be written.
        """
        try:
            self._flush(self._changes)
        except EngineError as error:
            lines = [str(error), *self._unrecorded]
            if self._unrecorded:
                lines[0] += "; the stack does not know of the following, so look after it yourself:"
            raise EngineError("\n  ".join(lines)) from error
        return [] if self._frozen else self._unrecorded

    def freeze(self) -> None:
        """Write nothing more, so that what is running stays recorded as unfinished."""
        self._frozen = True
        with self._write_lock:  # wait for a write that has begun
            pass

    def _changed(self) -> int:
        self._changes += 1
        return self._changes

    def _flush(self, change: int) -> None:
        with self._write_lock:
            # Whoever held the lock before may have written our change together with its own.
            if self._write is None or self._frozen or self._written >= change:
                return
            with self._lock:
                latest = self._changes
                text = self._encode()
            try:
                self._write(text)
            except OSError as error:
                file = error.filename or "the stack"
                raise EngineError(f"{file}: could not be written: {error.strerror}") from error
            self._written = latest

    def _encode(self) -> str:
        current = [r for r in (*self._new, *self.base.resources) if r not in self._removed]
        states = _with_new_names(current)
        texts = []
        for original, state in zip(current, states, strict=True):
            text = self._encoded.get(state) or encode_resource(state, self._crypter)
            if state is original:
                self._encoded[state] = text
            texts.append(text)
        return encode_checkpoint(
            self._name,
            self._crypter.state if self._crypter else "",
            texts,
            [*self._pending.values(), *self._kept_pending],
            self.base.metadata,
            features_of(states),
        )


def _without_dangling_references(resources: list[ResourceState]) -> list[ResourceState]:
    """The resources without references to others that are gone; a child moves to its grandparent.

    Each resource comes after what it depends on, so one pass is enough.
    """
    present: set[str] = set()
    parents: dict[str, str] = {}
    results = []
    for old in resources:
        state = old.with_references(lambda urn: urn if urn in present else "")
        dependencies = state.property_dependencies
        state.property_dependencies = {key: urns for key, urns in dependencies.items() if urns}
        if state.parent not in present:
            state.parent = parents.get(state.parent, "")
        parents[state.urn] = state.parent
        present.add(state.urn)
        results.append(state)
    return results


def _with_new_names(resources: list[ResourceState]) -> list[ResourceState]:
    """The resources, with copies of those whose names, or what they refer to, have changed.

    A resource that was found under an alias is stored under its new name at once, while others
    that refer to it may not have been registered yet.
    """
    names = {alias: r.urn for r in resources for alias in r.aliases}
    for state in resources:
        if state.parent in names:  # whose type is a part of this name
            urn = parse_urn(state.urn)
            parent = names[state.parent]
            names[state.urn] = make_urn(urn.stack, urn.project, parent, urn.type, urn.name)
    names = {old: new for old, new in names.items() if old != new}
    if not names:
        return resources

    def renamed(urn: str) -> str:
        return names.get(urn, urn)

    result = []
    for state in resources:
        if not {state.urn, *state.needs()}.isdisjoint(names):
            state = state.with_references(renamed)
            state.urn = renamed(state.urn)
            provider, separator, identifier = state.provider.rpartition("::")
            state.provider = f"{renamed(provider)}{separator}{identifier}"
            state.parent = renamed(state.parent)
        result.append(state)
    return result
