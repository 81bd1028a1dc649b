"""What a change means, decided without asking anybody.

``diff`` compares what is recorded of a job (its outputs) with what is declared now (checked
inputs) and says, for each difference, what it takes and why. It reads no file and sends no
request: fingerprints are among its arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ..api.states import EDITABLE, REVIEW_FAILED, WAIT_FILE_UPLOAD
from .consequences.notices import refused_edit
from .progress import RECREATE
from .refusals import adopted_again, undeletable
from .schema import BEHAVIOUR, FIELDS, FILES, UNKNOWN, Effect, FieldInput, Inputs, Kind

#: The output that holds, of a job that takes no update any more, what was declared of the fields
#: that have changed at the service since.
DRIFTED = "__drifted"


@dataclass(frozen=True)
class Change:
    """One difference: the input, what it takes, and the reason in words."""

    input: str
    effect: Effect
    reason: str


@dataclass(frozen=True)
class Plan:
    """All differences between a recorded job and its declaration.

    Attributes:
        warnings: what a person should know beside the changes, one line each.
    """

    changes: tuple[Change, ...]
    warnings: tuple[str, ...] = ()

    @property
    def replaces(self) -> list[str]:
        """The inputs that force a new job."""
        return [c.input for c in self.changes if c.effect is Effect.REPLACE]

    @property
    def calls(self) -> bool:
        """Whether an in-place update has anything to ask of the service."""
        return any(c.effect is not Effect.STATE for c in self.changes)

    def submits_first(self, now: Mapping[str, Any], new: Inputs) -> bool:
        """Whether the update submits a job that was never submitted.

        Args:
            now: its outputs as they are at the service.
        """
        waits = now.get("state") == WAIT_FILE_UPLOAD and new.get("submit", True) is True
        return waits and self.calls and not self.replaces

    def touches(self, names: Mapping[str, Any]) -> list[str]:
        """The changed inputs among ``names``."""
        return [c.input for c in self.changes if c.input in names]


def diff(
    old: Mapping[str, Any],
    new: Inputs,
    recorded: Mapping[str, Any] = MappingProxyType({}),
    *,
    same_project: bool = False,
) -> Plan:
    """Compare a job's outputs with checked inputs.

    Args:
        old: outputs as the module ``outputs`` makes them.
        new: normalised inputs; ``__fingerprints`` among them holds the SHA-256 of the files.
        recorded: the outputs in the state, where ``old`` was read anew.
        same_project: an account that changed is certain to be that of the job's own project.
    """
    editable = old.get("state", WAIT_FILE_UPLOAD) in EDITABLE
    fields = list(_fields(old, new))
    # What somebody else changed at a job that takes no update any more is a warning, no failure.
    drifted = [] if editable else [c for c in fields if _drifted(c, old, new)]
    changes = (
        *_unfinished(old, recorded),
        *(change for change in fields if change not in drifted),
        *_files(old, new, editable),
        *_behaviour(old, new, editable, same_project),
    )
    return Plan(changes, tuple(_warnings(old, new, changes, drifted)))


def _drifted(change: Change, old: Mapping[str, Any], new: Inputs) -> bool:
    """Whether a field differs because of the service alone: it is declared as it was."""
    before = old.get(DRIFTED) or {}
    name, field = change.input, FIELDS[change.input]
    if name not in before:
        return False
    return same(field, new.get(name, undeclared(field, new)), before[name])


def _warnings(
    old: Mapping[str, Any], new: Inputs, changes: Sequence[Change], drifted: Sequence[Change]
) -> Iterator[str]:
    state, job_id = old.get("state"), old.get("job_id")
    if drifted:
        yield (
            f"{_names(drifted)} of job {job_id} differs at the service, which changes no job in "
            f"state {state}: nothing is done; declare what is there, or change triggers for a new "
            "job, which trains and is billed again"
        )
    replaces = any(c.effect is Effect.REPLACE for c in changes)
    refused = [c for c in changes if c.effect is Effect.UPDATE and c.input in FIELDS]
    if refused and not replaces and state and state not in EDITABLE:
        yield str(refused_edit(_names(refused), state))
    if replaces and new.get("existing_job_id") == job_id and job_id is not None:
        yield adopted_again(job_id, [c.input for c in changes if c.effect is Effect.REPLACE])
    elif replaces and (reason := undeletable(job_id, state, old.get("deletion_policy"))):
        yield f"{reason}: up will refuse the replacement"


def _names(changes: Sequence[Change]) -> str:
    return ", ".join(change.input for change in changes)


def _unfinished(old: Mapping[str, Any], recorded: Mapping[str, Any]) -> Iterator[Change]:
    pending = old.get("pending") or []
    if RECREATE in pending:
        yield Change(
            "pending",
            Effect.REPLACE,
            "the service gave no new upload URLs: the unfinished job, of which nothing is billed, "
            "is deleted and made anew",
        )
    elif pending:
        yield Change("pending", Effect.UPDATE, f"resumes: {', '.join(pending)}")
    elif recorded.get("pending"):
        # As long as the state says otherwise, every up fails because of it.
        yield Change("pending", Effect.STATE, "submitted meanwhile: only noted")


def _fields(old: Mapping[str, Any], new: Inputs) -> Iterator[Change]:
    declared = old.get("__declared") or []
    for name, field in FIELDS.items():
        if name in new:
            if not same(field, new[name], old.get(name)):
                yield Change(name, field.effect, _field_reason(field))
        elif name in declared and not same(field, undeclared(field, new), old.get(name)):
            yield Change(name, field.effect, f"{name} is no longer declared")


def undeclared(field: FieldInput, inputs: Inputs) -> Any:
    """The value of a field that is not declared; None where the documents know none."""
    if field.name == "supported_service" and True in (
        inputs.get("is_flexus"),
        inputs.get("is_fast_flexus"),
    ):
        return ("VIDEO_2D",)  # all that a Flexus avatar serves
    return field.default if field.default is not None else field.cleared


def _field_reason(field: FieldInput) -> str:
    if field.effect is Effect.REPLACE:
        return f"{field.name} is fixed when a job is created: a new job trains and is billed"
    return f"{field.name} changed"


def _files(old: Mapping[str, Any], new: Inputs, editable: bool) -> Iterator[Change]:
    uploaded = {**(old.get("fingerprints") or {}), **(old.get("__sent") or {})}
    declared = new.get("__fingerprints") or {}
    waiting = set(old.get("pending") or [])
    ignored = new.get("__ignored") or ()
    for name in FILES:
        if name not in new or (name in ignored and name in old):
            continue
        before, now = uploaded.get(name), declared.get(name)
        if f"upload {name}" in waiting:
            continue  # resuming sends whatever is declared now
        if new[name] is UNKNOWN or now is UNKNOWN:
            reason = f"the content of {name} is not known yet"
        elif now is None or now == before:
            continue
        elif before is None and not editable and old.get(name) is not None:
            continue  # somebody else submitted the job without it: what is there is not known
        elif before is None:
            reason = f"{name} is new"
        else:
            reason = f"the content of {name} changed ({before[:12]}… to {now[:12]}…)"
        if editable:
            yield Change(name, Effect.UPDATE, f"{reason}: uploaded and submitted again")
        else:
            yield Change(name, Effect.REPLACE, f"{reason}: trains again and is billed again")


def _behaviour(
    old: Mapping[str, Any], new: Inputs, editable: bool, same_project: bool
) -> Iterator[Change]:
    for name, default in BEHAVIOUR.items():
        before, now = old.get(name, default), new.get(name, default)
        if before == now:
            if name == "submit" and now is True and _held_back(old):
                yield Change(name, Effect.UPDATE, "the job was not submitted yet")
            continue
        if name == "triggers":
            if editable:
                yield Change(name, Effect.UPDATE, "triggers changed: submitted again")
            else:
                reason = "triggers changed: trains again and is billed again"
                yield Change(name, Effect.REPLACE, reason)
        elif name == "submit" and now is True and _held_back(old):
            yield Change(name, Effect.UPDATE, "the job is to be submitted now")
        elif name == "existing_job_id" and now not in (None, old.get("job_id")):
            yield Change(name, Effect.REPLACE, "another job is to be taken over")
        elif name == "account":
            yield _account(now, same_project)
        else:
            yield Change(name, Effect.STATE, f"{name} is noted; the job is not touched")


def _account(now: Any, same_project: bool) -> Change:
    """An account by another name may be the same project; a job stays in the one it is in."""
    named = f"account '{now}'" if now else "the account without a name"
    if now is UNKNOWN:
        reason = "account is not known yet: in another project a new job trains and is billed"
    elif same_project:
        reason = f"{named} is of the same project: only noted, the job is not touched"
        return Change("account", Effect.STATE, reason)
    else:
        reason = f"{named} is of another project: a new job trains there and is billed"
    return Change("account", Effect.REPLACE, reason)


def _held_back(old: Mapping[str, Any]) -> bool:
    """Complete but never submitted, because ``submit`` was false."""
    return old.get("state") == WAIT_FILE_UPLOAD and not old.get("pending")


def review_note(old: Mapping[str, Any]) -> str | None:
    """What a failed review means when nothing is going to change."""
    if old.get("state") not in REVIEW_FAILED:
        return None
    failure = old.get("failure") or {}
    reason = failure.get("reason") or "the service gives no reason"
    return (
        f"the review of this job failed: {reason}. Change the files, or triggers, to submit it "
        "again"
    )


def same(field: FieldInput, declared: Any, recorded: Any) -> bool:
    """Whether a declared value is what is recorded, as the service understands it."""
    if declared is UNKNOWN:
        return False
    if field.kind is Kind.TEXTS:
        wanted, found = list(declared or ()), list(recorded or ())
        # Services are a set; tags keep the order their owner gave them.
        return (
            sorted(map(str, wanted)) == sorted(map(str, found))
            if field.choices
            else (wanted == found)
        )
    if field.kind is Kind.OBJECT:
        return bool((declared or None) == (recorded or None))
    if recorded is None and field.default is not None:
        recorded = field.default
    if field.kind is Kind.TEXT:
        return (declared or "") == (recorded or "")
    return bool(declared == recorded)


def unmasked(declared: Any, shown: Any) -> Any:
    """``declared`` where the service shows it with asterisks (``1**********``), else ``shown``.

    The vendor's examples show phone numbers masked; a mask that fits is not drift.
    """
    if isinstance(shown, str) and isinstance(declared, str) and "*" in shown:
        pattern = ".*".join(re.escape(piece) for piece in re.split(r"\*+", shown))
        if re.fullmatch(pattern, declared):
            return declared
    return shown
