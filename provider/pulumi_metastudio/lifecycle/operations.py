"""Create, read, update and delete a training job.

Each obtains the job, carries out its steps, and puts the record together, with a way on from
every failure: once a job exists it is never lost, because the outcome carries it together with
what is left to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..api import JobDetail
from ..api.states import DELETABLE, TRAINED, WAIT_FILE_UPLOAD
from ..errors import (
    AnswerLost,
    InvalidRequest,
    JobRefusal,
    MetaStudioError,
    NotFound,
    ServerError,
)
from . import refusals
from .context import Context
from .listings import as_detail, in_doubt, stands
from .material import completed, content, ready
from .outputs import failed_reviews, recorded, reread
from .plan import Plan, diff, undeclared
from .progress import PUT, RECREATE, UPLOAD, Progress, steps
from .recovery import catch_up, recover
from .request_bodies import create_request, part_counts, upload_urls
from .schema import FIELDS, FILES, Effect, Inputs
from .steps import Edit, StepExecutor


@dataclass(frozen=True)
class Outcome:
    """What came of an operation.

    Attributes:
        job_id: the job's id.
        outputs: what to record.
        problem: why something is still pending; None when all is done.
    """

    job_id: str
    outputs: dict[str, Any]
    problem: MetaStudioError | None = None


def create(context: Context, inputs: Inputs) -> Outcome:
    """Make a job, upload its files and submit it; or go on with, or take over, an existing one.

    Raises:
        MetaStudioError: no job was made.
    """
    _refuse_without_way_out(context, inputs)
    existing = inputs.get("existing_job_id")
    if existing:
        return _adopt(context, inputs, existing)
    job = recover(context, inputs)
    if job:
        ready(inputs, job.progress.waiting(UPLOAD), context.cache)
    else:
        job = _make(context, inputs)
    job.run()
    if RECREATE in job.progress.pending:
        # Nothing is recorded of it yet, so it can be made anew at once.
        context.reporter.info(str(job.problem))
        context.client.delete_job(job.job_id, app_user_id=inputs.get("app_user_id"))
        job = _make(context, inputs)
        job.run()
    return _outcome(job)


def update(context: Context, job_id: str, old: Mapping[str, Any], inputs: Inputs) -> Outcome:
    """Bring a job to its declaration without making a new one.

    Raises:
        MetaStudioError: nothing was changed.
    """
    detail = _find(context, job_id, old)
    if detail is None:
        raise JobRefusal(refusals.gone(job_id))
    job = catch_up(context, inputs, Progress.from_outputs(old), detail)
    if job is None:
        # The record may be old: what a change means depends on the state that the job is in now.
        now = reread(detail, old)
        inputs = completed(inputs, now, context.cache)
        plan = diff(now, inputs, same_project=True)  # the declared account has just shown the job
        if plan.replaces:
            raise JobRefusal(refusals.moved_on(job_id, detail.state, plan.replaces))
        job = _edited(context, inputs, now, plan, detail)
        if not plan.calls:
            return Outcome(job_id, recorded(inputs, detail, job.progress))
    uploads = {*(job.edit.files if job.edit else ()), *job.progress.waiting(UPLOAD)}
    ready(inputs, [name for name in FILES if name in uploads], context.cache)
    job.run()
    if job.problem and PUT in job.progress.pending:
        raise job.problem
    return _outcome(job, detail)


def _refuse_without_way_out(context: Context, inputs: Inputs) -> None:
    """Make nothing in the place of a job that could not be deleted afterwards."""
    for job_id, job in context.run.replaced(str(inputs.get("__urn"))).items():
        if job_id == inputs.get("existing_job_id"):
            raise JobRefusal(refusals.adopted_again(job_id))
        detail, policy = job.find(), job.deletion_policy
        if detail and (reason := refusals.undeletable(job_id, detail.state, policy)):
            raise JobRefusal(reason)


def _make(context: Context, inputs: Inputs) -> StepExecutor:
    """Create a job. Whether a lost call made one is looked up by its tags before the next."""
    ready(inputs, [name for name in FILES if name in inputs], context.cache)
    context.reporter.status("creating the job")
    counts = part_counts(inputs, context.client.settings.part_size)
    tags = context.tags(inputs)
    request = create_request(inputs, counts, tags)
    for last in (False, False, True):
        try:
            answer = context.client.create_job(request, app_user_id=inputs.get("app_user_id"))
        except (AnswerLost, ServerError) as error:
            if not tags:
                raise  # nothing would distinguish the lost job from others
            found = recover(context, inputs)
            if found:
                return found
            if last:
                raise
            context.reporter.status(f"{error}; no job was made, creating it again")
        else:
            progress = Progress(pending=steps(inputs), urls=upload_urls(answer), reviews=0)
            return StepExecutor(context, answer.job_id, inputs, progress)
    raise AssertionError("unreachable")


def _adopt(context: Context, inputs: Inputs, job_id: str) -> Outcome:
    """Take a job over without touching it; its files count as the declared ones."""
    identity = context.identity(inputs)
    for record in context.run.records(job_id) or ():
        here = identity and (record.stack, record.urn) == (identity.stack, identity.urn)
        if here and not record.to_delete:
            raise JobRefusal(refusals.adopted_again(job_id))
    detail = context.client.find_job(job_id, app_user_id=inputs.get("app_user_id"))
    if detail is None:
        raise JobRefusal(f"existing_job_id: the service has no job {job_id}")
    context.run.take(job_id)
    present = [n for n, file in FILES.items() if n in inputs and getattr(detail, file.download)]
    found = {name: content(inputs, name, context.cache) for name in present}
    progress = Progress(
        fingerprints={name: sha256 for name, (sha256, _) in found.items()},
        origins={name: origin for name, (_, origin) in found.items()},
    )
    if identity:
        context.journal.forget(identity, job_id)
    context.journal.unkeep(job_id)
    return Outcome(job_id, recorded(inputs, detail, progress))


def _edited(
    context: Context, inputs: Inputs, now: Mapping[str, Any], plan: Plan, detail: JobDetail
) -> StepExecutor:
    """A recorded job with the steps that its changed declaration takes."""
    fields, files = plan.touches(FIELDS), plan.touches(FILES)
    submit = bool(files or plan.touches({"submit": None, "triggers": None}))
    gone = {name for name in now.get("__declared") or [] if name not in inputs}
    # What is fixed at creation is no part of an update, not even at its default.
    removed = {
        name: undeclared(field, inputs)
        for name, field in FIELDS.items()
        if name in gone and field.effect is Effect.UPDATE
    }
    progress = Progress.from_outputs(now).anew()
    left = tuple(step for step in steps(inputs) if step in progress.pending)
    job = StepExecutor(
        context,
        detail.job_id,
        inputs,
        replace(progress, pending=left, reviews=failed_reviews(detail)),
        Edit(detail, tuple(fields), tuple(files), removed, submit),
        resumed=bool(progress.pending),
    )
    if fields or files:
        job.progress = job.progress.first(PUT)
    else:
        job.expect([], submit=submit)
    return job


def _outcome(job: StepExecutor, before: JobDetail | None = None) -> Outcome:
    """Read a job back and put its record together.

    Args:
        before: the job as it was; None for one that was just made.
    """
    context, inputs, problem = job.context, job.inputs, job.problem
    try:
        detail = context.client.show_job(job.job_id, app_user_id=inputs.get("app_user_id"))
    except MetaStudioError as error:
        # The job exists all the same; what is declared stands in until the next refresh.
        problem = problem or error
        supposed = before.model_dump() if before else {"state": WAIT_FILE_UPLOAD}
        supposed |= {name: inputs[name] for name in FIELDS if name in inputs}
        supposed["job_id"] = job.job_id
        if job.progress.submitted:
            supposed["state"] = "UNKNOWN"
        detail = JobDetail.model_validate(supposed)
    context.reporter.status(detail.state)
    return Outcome(job.job_id, recorded(inputs, detail, job.progress), problem)


def look(context: Context, job_id: str, old: Mapping[str, Any]) -> dict[str, Any] | None:
    """What ``read`` gives, by one request for this job; for a plan that depends on it."""
    detail = _find(context, job_id, old)
    return None if detail is None else reread(detail, old)


def _find(context: Context, job_id: str, old: Mapping[str, Any]) -> JobDetail | None:
    """A recorded job; None when it is gone.

    Raises:
        JobRefusal: it is not there because its account's name stands for another project now. To
            take it for gone would make it, and bill it, again.
    """
    detail = context.client.find_job(job_id, app_user_id=old.get("app_user_id"))
    project = old.get("project_id")
    if detail is None and context.account and project not in (None, context.client.project_id):
        raise JobRefusal(
            refusals.elsewhere(job_id, project, context.account, context.client.project_id)
        )
    return detail


def read(context: Context, job_id: str, old: Mapping[str, Any]) -> dict[str, Any] | None:
    """The job's outputs as they are now; None when it is gone.

    Args:
        old: its recorded outputs; empty for a job this provider never saw.
    """
    identity = context.identity(old)
    if identity:
        context.journal.caught_up(identity, old)
    if not in_doubt(old):
        listed = context.listings.find(context.client, job_id, old.get("app_user_id"))
        if listed:
            outputs = reread(as_detail(listed, old), old)
            if stands(outputs, old):
                return outputs
    detail = _find(context, job_id, old)
    return None if detail is None else reread(detail, old)


def delete(context: Context, job_id: str, old: Mapping[str, Any]) -> str | None:
    """Delete a job as its ``deletion_policy`` says; one that is gone already is a success.

    Returns:
        Why the job was kept at the service, or None when it is gone.

    Raises:
        JobRefusal: the job's state does not allow it.
    """
    if context.run.took(job_id):
        return f"job {job_id} is kept: this run has just taken it over"
    other = _recorded_elsewhere(context, job_id)
    if other:
        return f"job {job_id} is kept: {other} records it too"
    kept = _delete(context, job_id, old)
    identity = context.identity(old)
    if identity:
        context.journal.forget(identity, job_id)
    if kept:
        context.journal.keep(job_id)
        return refusals.kept_on_purpose(kept, job_id, context.client.settings.option)
    return None


def _recorded_elsewhere(context: Context, job_id: str) -> str | None:
    """Which other resource records the job, after a rename or a move that was cut short."""
    records = context.run.records(job_id) or ()
    if len(records) > 1:
        records = context.run.records(job_id, anew=True) or ()
    managed = [record for record in records if not record.to_delete]
    # One record is the resource's own, which is about to leave the state.
    return managed[-1].urn if len(records) > 1 and managed else None


def _delete(context: Context, job_id: str, old: Mapping[str, Any]) -> str | None:
    policy = old.get("deletion_policy") or "retain-trained"
    app_user = old.get("app_user_id")
    if policy == "retain":
        return f"job {job_id} is kept at the service (deletion_policy is retain)"
    detail = _find(context, job_id, old)
    if detail is None:
        return None
    if policy == "retain-trained" and detail.state in TRAINED:
        return (
            f"job {job_id} is kept at the service because its model is trained and paid for "
            f"({detail.state})"
        )
    try:
        context.client.delete_job(job_id, app_user_id=app_user)
    except (InvalidRequest, NotFound) as error:
        if context.client.find_job(job_id, app_user_id=app_user) is None:
            return None
        if detail.state in DELETABLE:
            raise
        refused = refusals.not_deleted(job_id, detail.state, error.detail)
        if any(record.to_delete for record in context.run.records(job_id, anew=True) or ()):
            # Another job has taken its place: to fail now would make every later up fail too.
            return f"{refused}: it is kept at the service, beside the job that replaces it"
        raise JobRefusal(
            f"{refused}; wait for the next state, or set deletion_policy to 'retain' to drop it "
            "from the stack only"
        ) from None
    return None
