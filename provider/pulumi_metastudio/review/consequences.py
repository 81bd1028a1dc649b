"""What a previewed change means for cost, models and personal data, job by job.

Everything is read off the preview. What depends on a job's state at the service the provider has
told in notices (``lifecycle.consequences``); a job that is only removed is asked about by nobody
in a preview, so for it the recorded state counts.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..api.states import EDITABLE, TRAINED
from ..lifecycle.consequences import PRIVATE, Fate, Notice, Topic, edition, fate
from ..lifecycle.plan import same, undeclared
from ..lifecycle.schema import BEHAVIOUR, FIELDS, FILES, UNKNOWN
from .files import FileReview, files_of
from .preview_json import SECRET, Preview, Step

#: Files that show or name a person.
_DOCUMENTS = ("id_card_image1", "id_card_image2", "grant_file")


_REASONS = (Topic.NEW_JOB, Topic.IN_PLACE, Topic.TAKES_OVER, Topic.REFUSED)


class Consequence(enum.Enum):
    """What a change comes to, the gravest first; the value is its name in ``--fail-on``."""

    BILL = "bill"
    REBILL = "rebill"
    ABANDON = "abandon"
    DELETE = "delete"
    REFUSE = "refuse"
    TAKE_OVER = "take-over"
    HOLD = "hold"
    MEND = "mend"
    NOTE = "note"
    PERSONAL_DATA = "personal-data"


@dataclass(frozen=True)
class InputChange:
    """One changed input; ``before`` and ``after`` may be ``SECRET``, or None for not declared."""

    input: str
    before: Any
    after: Any
    reason: str = ""


@dataclass(frozen=True)
class JobReview:
    """What is planned for one job.

    Attributes:
        name: the resource's name in the program.
        op: the engine's word: create, update, replace, delete, …
        consequences: what it comes to; empty where nothing is done.
        edition: what is trained, in words; empty where nothing is, or it is not known yet.
        old_job: the job that leaves the stack, its state, and what becomes of it; else empty.
        trained: that job's model is trained and paid for.
        reasons: why, in the provider's words.
        warnings: what a person should know beside.
        personal: the inputs with personal data that are sent to the service.
    """

    name: str
    op: str
    consequences: frozenset[Consequence]
    edition: str = ""
    old_job: str = ""
    trained: bool = False
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    changes: tuple[InputChange, ...] = ()
    files: tuple[FileReview, ...] = ()
    personal: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """What is uploaded, as far as its size is known."""
        return sum(file.size or 0 for file in self.files if file.uploaded)


@dataclass(frozen=True)
class Review:
    """What a preview means.

    Attributes:
        jobs: those with a consequence or a warning, by name.
        others: how many resources of other kinds change, about which nothing is said here.
        credits: what the tenant has left, as the provider told it; empty when it is not known.
        warnings: of the stack itself.
        errors: why the preview failed.
    """

    stack: str
    jobs: tuple[JobReview, ...]
    others: int = 0
    credits: str = ""
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()

    def having(self, consequence: Consequence) -> list[JobReview]:
        """The jobs with a consequence."""
        return [job for job in self.jobs if consequence in job.consequences]

    @property
    def found(self) -> frozenset[Consequence]:
        """All consequences."""
        return frozenset().union(*(job.consequences for job in self.jobs))


def review_of(preview: Preview) -> Review:
    """Say what a preview means."""
    taken = {
        step.new_inputs["existing_job_id"]: step.name
        for step in preview.steps
        if step.op in ("create", "replace") and "existing_job_id" in step.new_inputs
    }
    # By name: the engine lists steps as they come, in another order each time.
    steps = sorted(preview.steps, key=lambda step: step.urn)
    jobs = [_job(step, taken) for step in steps if not step.external]
    notices = [Notice.parse(text) for _, text in preview.diagnostics]
    return Review(
        preview.stack,
        tuple(job for job in jobs if job.consequences or job.warnings),
        preview.others,
        # Each account has its own line, in the order in which they came to be asked.
        "; ".join(sorted(n.text for n in notices if n and n.topic is Topic.CREDITS)),
        tuple(text for severity, text in preview.diagnostics if severity == "warning"),
        preview.errors,
    )


def _job(step: Step, taken: Mapping[Any, str]) -> JobReview:
    notices = [notice for _, text in step.diagnostics if (notice := Notice.parse(text))]
    told = {notice.topic: notice for notice in reversed(notices)}
    job = JobReview(
        step.name,
        step.op,
        frozenset(),
        reasons=tuple(notice.text for notice in notices if notice.topic in _REASONS),
        warnings=tuple(
            text
            for severity, text in step.diagnostics
            if severity == "warning" and not Notice.parse(text)
        ),
    )
    if step.op == "create":
        return _made(step, job)
    if step.op == "replace":
        return _replaced(step, job, told)
    if step.op == "update":
        return _updated(step, job, told)
    if step.op == "delete":
        return _left(step, job, step.old_outputs.get("state"), taken)
    return job


def _made(step: Step, job: JobReview) -> JobReview:
    inputs = step.new_inputs
    if inputs.get("existing_job_id"):
        return replace(
            job, consequences=frozenset({Consequence.TAKE_OVER}), files=files_of(step, sent=())
        )
    kind = edition(inputs)
    submitted = inputs.get("submit", True) is not False
    personal = tuple(name for name in ("contact", *_DOCUMENTS) if name in inputs)
    found = {Consequence.BILL if submitted else Consequence.HOLD}
    return replace(
        job,
        consequences=frozenset(found | ({Consequence.PERSONAL_DATA} if personal else set())),
        edition=kind.value if kind and submitted else "",
        files=files_of(step, sent=FILES),
        personal=personal,
        changes=tuple(_changes(step, job.reasons)),
    )


def _replaced(step: Step, job: JobReview, told: Mapping[Topic, Notice]) -> JobReview:
    made = _made(step, job)
    old = told.get(Topic.OLD_JOB)
    state = (old and old.job_state) or step.old_outputs.get("state")
    found = set(made.consequences)
    if Consequence.BILL in found and state not in EDITABLE:
        found = found - {Consequence.BILL} | {Consequence.REBILL}
    left = _left(step, job, state, {})
    return replace(
        made,
        consequences=frozenset(found | left.consequences),
        old_job=left.old_job,
        trained=left.trained,
        reasons=made.reasons or tuple(f"{name} forces a new job" for name in step.replace_reasons),
    )


def _left(step: Step, job: JobReview, state: Any, taken: Mapping[Any, str]) -> JobReview:
    """A job that leaves the stack."""
    job_id = step.old_outputs.get("job_id")
    policy = step.old_outputs.get("deletion_policy")
    if job_id in taken:
        return replace(job, old_job=f"job {job_id} ({state}) is handed over to {taken[job_id]}")
    becomes = Fate.KEPT if step.retained else fate(state, policy)
    consequence = {
        Fate.KEPT: Consequence.ABANDON,
        Fate.DELETED: Consequence.DELETE,
        Fate.REFUSED: Consequence.REFUSE,
    }[becomes]
    return replace(
        job,
        consequences=frozenset({consequence}),
        old_job=f"job {job_id} ({state}) {becomes.value}",
        trained=state in TRAINED,
    )


def _updated(step: Step, job: JobReview, told: Mapping[Topic, Notice]) -> JobReview:
    changes = tuple(_changes(step, job.reasons))
    files = files_of(step, sent=_resent(step))
    personal = tuple(file.input for file in files if file.uploaded and file.input in _DOCUMENTS)
    if any(change.input == "contact" and change.after for change in changes):
        personal = ("contact", *personal)
    found = {Consequence.PERSONAL_DATA} if personal else set()
    if Topic.TRAINS in told:
        found.add(Consequence.BILL)
    mended = any(change.input not in BEHAVIOUR for change in changes)
    if Topic.REFUSED in told:
        found = {Consequence.REFUSE}
    elif mended or any(file.uploaded for file in files) or Topic.IN_PLACE in told:
        found.add(Consequence.MEND)
    kind = edition(step.new_inputs) if Topic.TRAINS in told else None
    return replace(
        job,
        consequences=frozenset(found or {Consequence.NOTE}),
        edition=kind.value if kind else "",
        changes=changes,
        files=files,
        personal=personal,
    )


def _resent(step: Step) -> list[str]:
    """The files that an update sends: of another content, or left from before."""
    before = {
        **(step.old_outputs.get("fingerprints") or {}),
        **(step.old_outputs.get("__sent") or {}),
    }
    now = step.new_inputs.get("__fingerprints") or {}
    pending = step.old_outputs.get("pending") or []
    ignored = step.new_inputs.get("__ignored") or ()
    return [
        name
        for name in FILES
        if name in step.new_inputs
        and (
            f"upload {name}" in pending
            or (name in now and name not in ignored and now[name] != before.get(name))
        )
    ]


def _changes(step: Step, reasons: tuple[str, ...]) -> Iterator[InputChange]:
    """Changed inputs that are no files; of a new job all that are declared."""
    old, new = _masked(step.old_outputs), _masked(step.new_inputs)
    declared = old.get("__declared") or ()
    for name, field in FIELDS.items():
        before, after = old.get(name), new.get(name)
        if not old:
            if after is not None:
                yield InputChange(name, None, after)
        elif SECRET in (before, after):
            reason = _reason(name, reasons)
            if (before is None) != (after is None) or reason:
                yield InputChange(name, before, after, reason)
        elif (name in new or name in declared) and not same(
            field, new.get(name, undeclared(field, new)), before
        ):
            yield InputChange(name, before, after, _reason(name, reasons))
    for name, default in BEHAVIOUR.items():
        before, after = old.get(name, default), new.get(name, default)
        if before != after:
            yield InputChange(name, before if old else None, after, _reason(name, reasons))


def _masked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of which none is personal, though the preview was made with its secrets shown."""
    shown = {name: values[name] for name in PRIVATE if values.get(name) not in (None, UNKNOWN)}
    return {**values, **dict.fromkeys(shown, SECRET)}


def _reason(name: str, reasons: tuple[str, ...]) -> str:
    return next((text for text in reasons if name in text.replace(":", " ").split()), "")
