"""Go on with a job that an earlier run left behind, rather than make a second one.

Two traces lead to it: the journal of this machine, and the ownership tags at the service. Each
candidate is judged by ``ownership.claim``, from the evidence alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ..api import JobDetail
from ..api.states import EDITABLE, WAIT_FILE_UPLOAD
from ..errors import InputError, JobRefusal
from . import refusals
from .context import Context
from .journal import Entry, declaration
from .material import content, open_real
from .outputs import failed_reviews
from .ownership import Claim, Evidence, Identity, claim
from .plan import same
from .progress import CONFIRM, UPLOAD, Progress, steps
from .schema import FIELDS, FILES, Effect, Inputs
from .steps import StepExecutor


@dataclass(frozen=True)
class _Candidate:
    """A job that may be this resource's.

    Attributes:
        progress: how to go on with it; None when it is not what is declared now.
    """

    detail: JobDetail
    progress: Progress | None
    evidence: Evidence


def recover(context: Context, inputs: Inputs) -> StepExecutor | None:
    """The job of this very resource that no state records, ready to be gone on with.

    Jobs that are left alone are named in warnings.

    Raises:
        JobRefusal: one was submitted and is recorded nowhere; another would be billed again.
    """
    identity = context.identity(inputs)
    if identity is None:
        return None
    left: list[_Candidate] = []
    submitted: JobDetail | None = None
    for candidate in _candidates(context, identity, inputs):
        verdict, detail = claim(candidate.evidence), candidate.detail
        if candidate.progress and verdict in (Claim.GO_ON, Claim.TAKE):
            context.run.take(detail.job_id)
            context.reporter.info(
                f"goes on with job {detail.job_id}, which an earlier run left in {detail.state}"
            )
            return StepExecutor(context, detail.job_id, inputs, candidate.progress, resumed=True)
        if verdict is Claim.STOP:
            submitted = submitted or detail
        elif verdict is Claim.LEAVE:
            left.append(candidate)
    if submitted:
        unreadable = context.run.unreadable
        raise JobRefusal(
            refusals.submitted_and_unrecorded(
                submitted.job_id, submitted.state, unreadable, context.client.settings.option
            )
        )
    for candidate in left:
        job, why = candidate.detail, _why_left(context, candidate.evidence)
        option = context.client.settings.option
        context.reporter.warning(refusals.left_alone(job.job_id, job.state, why, option))
    return None


def catch_up(
    context: Context, inputs: Inputs, recorded: Progress, detail: JobDetail
) -> StepExecutor | None:
    """What an update that was killed had done and the state does not know; None if nothing.

    Args:
        recorded: what the state knows.
    """
    identity = context.identity(inputs)
    entry = context.journal.load(identity, context.client.project_id) if identity else None
    if entry is None or entry.job_id != detail.job_id:
        return None
    if entry.progress.serial == recorded.serial or entry.declaration != declaration(inputs):
        return None
    progress = _from_journal(context, inputs, entry, detail)
    if progress is None:
        return None
    return StepExecutor(context, detail.job_id, inputs, progress, resumed=True)


def _candidates(context: Context, identity: Identity, inputs: Inputs) -> Iterator[_Candidate]:
    """Jobs that may be this resource's, that of the journal first; none that a state records."""
    app_user = inputs.get("app_user_id")
    entry = context.journal.load(identity, context.client.project_id)
    if entry and not _recorded(context, identity, entry.job_id):
        detail = context.client.find_job(entry.job_id, app_user_id=app_user)
        if detail is None:
            context.journal.forget(identity, entry.job_id)
        else:
            if detail.state == WAIT_FILE_UPLOAD:
                progress = _from_journal(context, inputs, entry, detail)
                progress = progress or _from_the_start(inputs, detail)
            else:
                progress = _as_submitted(context, inputs, entry)
            evidence = _evidence(context, identity, detail, progress, journalled=True)
            yield _Candidate(detail, progress, evidence)
    if not context.tags(inputs):
        return
    listed = context.client.iter_jobs(tag=identity.label, app_user_id=app_user)
    # Whether filters match exactly is not documented.
    jobs = [job for job in listed if identity.label in (job.tags or ())]
    recorded = [job for job in jobs if _recorded(context, identity, job.job_id)]
    for job in jobs:
        if job in recorded or (entry and job.job_id == entry.job_id):
            continue
        detail = context.client.find_job(job.job_id, app_user_id=app_user)
        if detail is None:
            continue
        progress = _from_the_start(inputs, detail)
        # What is older than the job that a state records was left there when that was made.
        older = any(_made(detail) <= _made(other) for other in recorded)
        evidence = _evidence(context, identity, detail, progress, older=older)
        yield _Candidate(detail, progress, evidence)


def _evidence(
    context: Context,
    identity: Identity,
    detail: JobDetail,
    progress: Progress | None,
    *,
    journalled: bool = False,
    older: bool = False,
) -> Evidence:
    records = context.run.records(detail.job_id)
    return Evidence(
        detail.state,
        recorded=None if records is None else bool(records),
        journalled=journalled,
        tagged=identity.proven_by(detail.tags),
        kept=older
        or detail.job_id in context.client.settings.kept_jobs
        or context.journal.is_kept(detail.job_id),
        fits=progress is not None,
        same=journalled and progress is not None,
    )


def _recorded(context: Context, identity: Identity, job_id: str) -> bool:
    """Whether a state is certain to record the job; the states are read when it is not seen."""
    return job_id in context.run.seen(identity.urn) or bool(context.run.records(job_id))


def _made(job: Any) -> str:
    return job.create_time or ""


def _why_left(context: Context, evidence: Evidence) -> str:
    if evidence.kept:
        return "was kept at the service on purpose"
    if not evidence.proven:
        return "was made for a resource of this name, and nothing proves that it is this stack's"
    if evidence.recorded is None:
        return f"may be recorded by another stack ({context.run.unreadable})"
    return "was left by an earlier run and is not what is declared now"


def _from_journal(
    context: Context, inputs: Inputs, entry: Entry, detail: JobDetail
) -> Progress | None:
    """How to go on with a job of the journal; None when it cannot become what is declared."""
    reviews, known = failed_reviews(detail), entry.progress.reviews
    # An entry that is too old to know of failed reviews proves nothing.
    submitted = entry.progress.submitted and known is not None and reviews > known
    if detail.state not in EDITABLE or submitted:
        return _as_submitted(context, inputs, entry)
    progress = replace(_arrived(context, inputs, entry), reviews=reviews)
    if entry.declaration == declaration(inputs):
        return progress
    # Fresh URLs come with an update, which brings the edited fields along.
    progress = replace(progress, urls={})
    return progress if _fits(inputs, detail) and progress.waiting(UPLOAD) else None


def _from_the_start(inputs: Inputs, detail: JobDetail) -> Progress | None:
    """An unfinished job of which only the service knows what it holds."""
    if detail.state != WAIT_FILE_UPLOAD or not _fits(inputs, detail):
        return None
    return Progress(pending=steps(inputs), reviews=failed_reviews(detail))


def _as_submitted(context: Context, inputs: Inputs, entry: Entry) -> Progress | None:
    """A job that was submitted as just what is declared now; None for any other."""
    if not entry.progress.submitted or entry.declaration != declaration(inputs):
        return None
    progress = _arrived(context, inputs, entry)
    there = all(name in progress.fingerprints for name in FILES if name in inputs)
    return replace(progress, pending=(), submitted=True) if there else None


def _arrived(context: Context, inputs: Inputs, entry: Entry) -> Progress:
    """How far the declared files are, of which some may have changed since, or be new."""
    progress = entry.progress.of(name for name in FILES if name in inputs)
    now = {
        name: content(inputs, name, context.cache)[0]
        for name in {**progress.sent, **progress.fingerprints}
    }
    confirmed = {n: p for n, p in progress.fingerprints.items() if now[n] == p}
    sent = {n for n, p in {**progress.sent, **progress.fingerprints}.items() if now[n] == p}
    # A URL serves what nothing was sent to yet, or the very content that is declared now.
    begun_otherwise = {
        name
        for name, validator in progress.sources.items()
        if validator != _validator(inputs[name])
    }
    urls = {name: u for name, u in progress.urls.items() if name not in begun_otherwise}
    progress = replace(progress, pending=steps(inputs), urls=urls, fingerprints=confirmed)
    return progress.done(
        *(f"{UPLOAD} {name}" for name in sent), *(f"{CONFIRM} {name}" for name in confirmed)
    )


def _validator(value: Any) -> str | None:
    try:
        return open_real(value).validator
    except InputError:
        return None  # not here, where a digest stands for it


def _fits(inputs: Inputs, detail: JobDetail) -> bool:
    """Whether what is fixed at creation is as declared; the rest an update mends."""
    return all(
        same(field, inputs.get(name, field.default), getattr(detail, name))
        for name, field in FIELDS.items()
        if field.effect is Effect.REPLACE
    )
