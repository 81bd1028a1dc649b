"""Create, read, update and delete a training job.

Each is one call of the client after another, with a way on from every failure: once a job exists
it is never lost, because the outcome carries it together with what is left to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..api import JobDetail
from ..api.states import DELETABLE, EDITABLE, REVIEW_FAILED, TRAINED, WAIT_FILE_UPLOAD
from ..errors import (
    AnswerLost,
    InvalidRequest,
    JobRefusal,
    MetaStudioError,
    NotFound,
    ServerError,
)
from ..transfer import fingerprint, open_source
from .bulk import as_detail, in_doubt, stands
from .context import Context
from .material import Material, addresses, part_counts, resume, steps
from .outputs import failed_reviews, recorded, reread
from .plan import RECREATE, Plan, adopted_again, diff, undeclared, undeletable
from .recovery import catch_up, recover
from .requests import command_message, create_request, update_request
from .schema import FIELDS, FILES, Effect, Inputs

__all__ = ["Outcome", "create", "delete", "look", "read", "update"]


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
    material = recover(context, inputs) or _make(context, inputs)
    material.work()
    if RECREATE in material.pending:
        # Nothing is recorded of it yet, so it can be made anew at once.
        context.reporter.info(str(material.problem))
        context.client.delete_job(material.job_id, app_user_id=inputs.get("app_user_id"))
        material = _make(context, inputs)
        material.work()
    return _finish(context, inputs, material)


def _refuse_without_way_out(context: Context, inputs: Inputs) -> None:
    """Make nothing in the place of a job that could not be deleted afterwards."""
    for job_id, policy in context.run.replaced(str(inputs.get("__urn"))).items():
        if job_id == inputs.get("existing_job_id"):
            raise JobRefusal(adopted_again(job_id))
        detail = context.client.find_job(job_id, app_user_id=inputs.get("app_user_id"))
        if detail and (reason := undeletable(job_id, detail.state, policy)):
            raise JobRefusal(reason)


def _make(context: Context, inputs: Inputs) -> Material:
    """Create a job. Whether a lost call made one is looked up by its tags before the next."""
    context.reporter.status("creating the job")
    counts = part_counts(inputs, context.client.settings.part_size)
    tags = context.tags(inputs)
    request = create_request(inputs, counts, tags)
    for last in (False, False, True):
        try:
            answer = context.client.create_job(request, app_user_id=inputs.get("app_user_id"))
        except (AnswerLost, ServerError) as problem:
            if not tags:
                raise  # nothing would tell the lost job from others
            found = recover(context, inputs)
            if found:
                return found
            if last:
                raise
            context.reporter.status(f"{problem}; no job was made, creating it again")
        else:
            return Material(context, answer.job_id, inputs, steps(inputs), addresses(answer))
    raise AssertionError("unreachable")


def _adopt(context: Context, inputs: Inputs, job_id: str) -> Outcome:
    """Take a job over without touching it; its files count as the declared ones."""
    identity = context.identity(inputs)
    for record in context.run.records(job_id) or ():
        here = identity and (record.stack, record.urn) == (identity.stack, identity.urn)
        if here and not record.to_delete:
            raise JobRefusal(adopted_again(job_id))
    detail = context.client.find_job(job_id, app_user_id=inputs.get("app_user_id"))
    if detail is None:
        raise JobRefusal(f"existing_job_id: the service has no job {job_id}")
    context.run.take(job_id)
    present = [n for n, file in FILES.items() if n in inputs and getattr(detail, file.download)]
    material = Material(context, job_id, inputs, pending=[])
    material.fingerprints = {
        name: fingerprint(open_source(inputs[name]), context.cache) for name in present
    }
    if identity:
        context.journal.forget(identity, job_id)
    context.journal.unkeep(job_id)
    return Outcome(job_id, recorded(inputs, detail, material.kept()))


def look(context: Context, job_id: str, old: Mapping[str, Any]) -> dict[str, Any] | None:
    """What :func:`read` tells, by one request for this job; for a plan that depends on it."""
    detail = context.client.find_job(job_id, app_user_id=old.get("app_user_id"))
    return None if detail is None else reread(detail, old)


def read(context: Context, job_id: str, old: Mapping[str, Any]) -> dict[str, Any] | None:
    """The job's outputs as they are now; None when it is gone.

    Args:
        old: its recorded outputs; empty for a job this provider never saw.
    """
    _settle(context, old)
    app_user = old.get("app_user_id")
    if not in_doubt(old):
        listed = context.listings.find(context.client, job_id, app_user)
        if listed:
            outputs = reread(as_detail(listed, old), old)
            if stands(outputs, old):
                return outputs
    detail = context.client.find_job(job_id, app_user_id=app_user)
    return None if detail is None else reread(detail, old)


def _settle(context: Context, old: Mapping[str, Any]) -> None:
    """Let the journal forget what the state has recorded."""
    identity = context.identity(old)
    if identity:
        context.journal.caught_up(identity, old)


def update(context: Context, job_id: str, old: Mapping[str, Any], inputs: Inputs) -> Outcome:
    """Bring a job to its declaration without making a new one.

    Raises:
        MetaStudioError: nothing was changed.
    """
    app_user = inputs.get("app_user_id")
    detail = context.client.find_job(job_id, app_user_id=app_user)
    if detail is None:
        raise JobRefusal(
            f"job {job_id} is gone from the service: run refresh, then up makes it anew"
        )
    caught_up = catch_up(context, inputs, old, detail)
    if caught_up:
        caught_up.work()
        return _finish(context, inputs, caught_up, detail)
    # The record may be old: what a change means depends on the state that the job is in now.
    now = reread(detail, old)
    plan = diff(now, inputs)
    if plan.replaces:
        raise JobRefusal(
            f"{', '.join(plan.replaces)}: job {job_id} has moved on to state {detail.state}: run "
            "up again to see what that means"
        )
    material = resume(context, job_id, inputs, now)
    material.reviews = failed_reviews(detail)
    if not plan.calls:
        return Outcome(job_id, recorded(inputs, detail, material.kept()))
    fields, files = plan.touches(FIELDS), plan.touches(FILES)
    again = bool(files or plan.touches({"submit": None, "triggers": None}))
    if fields or files:
        try:
            _put(context, material, detail, plan, old)
        except JobRefusal as problem:
            if not _replaceable(detail, inputs):
                raise
            # Nothing was trained or billed, so the job can be made anew; that is asked for first.
            material.pending = [RECREATE, *(material.pending or steps(inputs))]
            material.problem = problem
            return _finish(context, inputs, material, detail)
        if detail.state in EDITABLE:
            after = context.client.show_job(job_id, app_user_id=app_user)
            files += _dropped(material, after, files)
            # Where the service takes an edited job back to its start, it waits to be submitted.
            again = bool(again or files or after.state == WAIT_FILE_UPLOAD)
    material.replaced = frozenset(files)
    for name in files:
        material.fingerprints.pop(name, None)  # until the service confirms the new content
    if again or material.pending:
        wanted = {*material.pending, *steps(inputs, files)}
        material.pending = [step for step in steps(inputs) if step in wanted]
    material.work()
    return _finish(context, inputs, material, detail)


def _put(
    context: Context,
    material: Material,
    detail: JobDetail,
    plan: Plan,
    old: Mapping[str, Any],
) -> None:
    """Send the complete set of fields; the answer's fresh URLs serve the files that changed."""
    inputs, job_id = material.inputs, material.job_id
    changed = [*plan.touches(FIELDS), *plan.touches(FILES)]
    counts = part_counts(inputs, context.client.settings.part_size)
    gone = {n for n in old.get("__declared") or [] if n not in inputs}
    # What is fixed at creation is no part of an update, not even at its default.
    removed = {
        name: undeclared(field, inputs)
        for name, field in FIELDS.items()
        if name in gone and field.effect is Effect.UPDATE
    }
    held = [n for n in plan.touches(FILES) if getattr(detail, FILES[n].download)]
    message = command_message(plan.touches(FILES), held)
    context.reporter.status(f"updating {', '.join(changed)}")
    try:
        answer = context.client.update_job(
            job_id,
            update_request(inputs, counts, detail, removed, message),
            app_user_id=inputs.get("app_user_id"),
        )
    except InvalidRequest as problem:
        if detail.state in REVIEW_FAILED:
            raise
        if _replaceable(detail, inputs):
            raise JobRefusal(
                f"{', '.join(changed)}: the service changes no job that waits for its files "
                f"({problem.detail}): the next run makes the job anew, nothing was billed"
            ) from None
        raise JobRefusal(
            f"{', '.join(changed)}: the service does not change a job in state {detail.state} "
            f"({problem.detail}); undo the edit, or wait for a failed review, or change triggers "
            "for a new job, which trains and is billed again"
        ) from None
    material.urls = addresses(answer)


def _replaceable(detail: JobDetail, inputs: Inputs) -> bool:
    """Whether a job can be made anew at no cost: nothing is billed, and it is the program's own."""
    return detail.state == WAIT_FILE_UPLOAD and not inputs.get("existing_job_id")


def _dropped(material: Material, after: JobDetail, files: list[str]) -> list[str]:
    """Files beside ``files`` that the service no longer holds after an update.

    Whether an update keeps the material it was not about is not documented, so it is looked at.
    """
    return [
        name
        for name in material.fingerprints
        if name in material.inputs
        and name not in files
        and not getattr(after, FILES[name].download)
    ]


def _finish(
    context: Context, inputs: Inputs, material: Material, before: JobDetail | None = None
) -> Outcome:
    """Read the job back and put its record together.

    Args:
        before: the job as it was; None for one that was just made.
    """
    problem = material.problem
    try:
        detail = context.client.show_job(material.job_id, app_user_id=inputs.get("app_user_id"))
    except MetaStudioError as unread:
        # The job exists all the same; what is declared stands in until the next refresh.
        problem = problem or unread
        told = before.model_dump() if before else {"state": WAIT_FILE_UPLOAD}
        told |= {name: inputs[name] for name in FIELDS if name in inputs}
        told["job_id"] = material.job_id
        if material.submitted:
            told["state"] = "UNKNOWN"
        detail = JobDetail.model_validate(told)
    context.reporter.status(detail.state)
    return Outcome(material.job_id, recorded(inputs, detail, material.kept()), problem)


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
        kept += (
            f"; to delete it, run 'metastudio jobs delete {job_id}'; to manage it again, set "
            f"existing_job_id='{job_id}'"
        )
    return kept


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
    detail = context.client.find_job(job_id, app_user_id=app_user)
    if detail is None:
        return None
    if policy == "retain-trained" and detail.state in TRAINED:
        return (
            f"job {job_id} is kept at the service because its model is trained and paid for "
            f"({detail.state})"
        )
    try:
        context.client.delete_job(job_id, app_user_id=app_user)
    except (InvalidRequest, NotFound) as problem:
        if context.client.find_job(job_id, app_user_id=app_user) is None:
            return None
        if detail.state in DELETABLE:
            raise
        refused = (
            f"job {job_id} is in state {detail.state}, in which the service deletes no job "
            f"({problem.detail})"
        )
        if any(record.to_delete for record in context.run.records(job_id, anew=True) or ()):
            # Another job has taken its place: to fail now would make every later up fail too.
            return f"{refused}: it is kept at the service, beside the job that replaces it"
        raise JobRefusal(
            f"{refused}; wait for the next state, or set deletion_policy to 'retain' to drop it "
            "from the stack only"
        ) from None
    return None
