"""Create, read, update and delete a training job.

Each is one call of the client after another, with a way on from every failure: once a job exists
it is never lost, because the outcome carries it together with what is left to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
from .outputs import recorded
from .plan import RECREATE, Plan, diff, undeclared
from .recovery import catch_up, recover
from .requests import create_request, update_request
from .schema import FIELDS, FILES, Effect, Inputs

__all__ = ["Outcome", "create", "delete", "read", "update"]


@dataclass(frozen=True)
class Outcome:
    """What came of an operation.

    Attributes:
        job_id: the job's id.
        outputs: what to record.
        problem: why something is still pending; None when all is done.
        recovered: the job was there before, left behind by an earlier run.
    """

    job_id: str
    outputs: dict[str, Any]
    problem: MetaStudioError | None = None
    recovered: bool = False


def create(context: Context, inputs: Inputs, known: frozenset[str] = frozenset()) -> Outcome:
    """Make a job, upload its files and submit it; or go on with, or take over, an existing one.

    Args:
        known: the resource's jobs that the state knows; any other is a left-over.

    Raises:
        MetaStudioError: no job was made.
    """
    existing = inputs.get("existing_job_id")
    if existing:
        return _adopt(context, inputs, existing)
    material = recover(context, inputs, known)
    recovered = material is not None
    material = material or _make(context, inputs, known)
    material.work()
    if RECREATE in material.pending:
        # Nothing is recorded of it yet, so it can be made anew at once.
        context.reporter.info(str(material.problem))
        context.client.delete_job(material.job_id, app_user_id=inputs.get("app_user_id"))
        material = _make(context, inputs, known)
        material.work()
        recovered = False
    outcome = _finish(context, inputs, material)
    return replace(outcome, recovered=recovered)


def _make(context: Context, inputs: Inputs, known: frozenset[str]) -> Material:
    """Create a job. Whether a lost call made one is looked up by its tag before the next."""
    context.reporter.status("creating the job")
    counts = part_counts(inputs, context.client.settings.part_size)
    tag = context.tag(inputs.get("__urn"))
    request = create_request(inputs, counts, tag)
    for last in (False, False, True):
        try:
            answer = context.client.create_job(request, app_user_id=inputs.get("app_user_id"))
        except (AnswerLost, ServerError) as problem:
            if tag is None:
                raise  # nothing would tell the lost job from others
            found = recover(context, inputs, known)
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
    detail = context.client.find_job(job_id, app_user_id=inputs.get("app_user_id"))
    if detail is None:
        raise JobRefusal(f"existing_job_id: the service has no job {job_id}")
    present = [n for n, file in FILES.items() if n in inputs and getattr(detail, file.download)]
    material = Material(context, job_id, inputs, pending=[])
    material.fingerprints = {
        name: fingerprint(open_source(inputs[name]), context.cache) for name in present
    }
    return Outcome(job_id, recorded(inputs, detail, material.kept()))


def read(context: Context, job_id: str, old: Mapping[str, Any]) -> dict[str, Any] | None:
    """The job's outputs as they are now; None when it is gone.

    Args:
        old: its recorded outputs; empty for a job this provider never saw.
    """
    app_user = old.get("app_user_id")
    if not in_doubt(old):
        listed = context.listings.find(context.client, job_id, app_user)
        if listed:
            outputs = _reread(as_detail(listed, old), old)
            if stands(outputs, old):
                return outputs
    detail = context.client.find_job(job_id, app_user_id=app_user)
    return None if detail is None else _reread(detail, old)


def _reread(detail: JobDetail, old: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs that ``detail`` makes of a record."""
    if old:
        declared = {n: old[n] for n in old.get("__declared") or [] if n in old}
        rest = {n: v for n, v in old.items() if n not in FIELDS}
    else:
        told = detail.model_dump(mode="json")
        declared = {n: told[n] for n in FIELDS if told.get(n) is not None}
        rest = {}
    pending = list(rest.get("pending") or [])
    if detail.state not in EDITABLE:
        pending = []  # somebody submitted it meanwhile: nothing is left to do
    kept = {
        "pending": pending,
        "fingerprints": rest.get("fingerprints") or {},
        "__sent": (rest.get("__sent") or {}) if pending else {},
        "__upload_urls": (rest.get("__upload_urls") or {}) if pending else {},
    }
    return recorded({**declared, **rest}, detail, kept)


def update(context: Context, job_id: str, old: Mapping[str, Any], inputs: Inputs) -> Outcome:
    """Bring a job to its declaration without making a new one.

    Raises:
        MetaStudioError: nothing was changed.
    """
    plan = diff(old, inputs)
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
    material = resume(context, job_id, inputs, old)
    if not plan.calls:
        return Outcome(job_id, recorded(inputs, detail, material.kept()))
    if detail.state not in EDITABLE:
        material.pending = []  # submitted meanwhile, by hand or by a run that was killed
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
    context.reporter.status(f"updating {', '.join(changed)}")
    try:
        answer = context.client.update_job(
            job_id,
            update_request(inputs, counts, detail, removed),
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
            f"({problem.detail}); undo the edit, or wait for a failed review, or delete the job "
            "(pulumi up --replace) for a new one, which trains and is billed again"
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
    kept = _delete(context, job_id, old)
    urn = old.get("__urn")
    if urn:
        context.journal.forget(urn, job_id)
    return kept


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
            f"({detail.state}); to delete it too, set deletion_policy to 'delete', run up, then "
            "destroy"
        )
    try:
        context.client.delete_job(job_id, app_user_id=app_user)
    except (InvalidRequest, NotFound) as problem:
        if context.client.find_job(job_id, app_user_id=app_user) is None:
            return None
        if detail.state in DELETABLE:
            raise
        raise JobRefusal(
            f"job {job_id} is in state {detail.state}, in which the service deletes no job "
            f"({problem.detail}); wait for the next state, or set deletion_policy to 'retain' to "
            "drop it from the stack only"
        ) from None
    return None
