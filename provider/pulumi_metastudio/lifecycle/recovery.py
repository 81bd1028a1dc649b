"""Go on with a job that an earlier run left behind, rather than make a second one.

Two traces lead to it: the journal of this machine, and the ownership tags at the service. What
either is worth is decided by :func:`~.claims.claim`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..api import JobDetail
from ..api.states import EDITABLE, WAIT_FILE_UPLOAD
from ..errors import JobRefusal
from ..transfer import fingerprint, open_source
from .claims import Claim, Evidence, claim
from .context import Context
from .journal import Entry, declaration
from .material import Material, steps
from .outputs import failed_reviews
from .ownership import Identity
from .plan import same
from .schema import FIELDS, FILES, Effect, Inputs

__all__ = ["catch_up", "recover"]


def recover(context: Context, inputs: Inputs) -> Material | None:
    """The job of this very resource that no state records, ready to be gone on with.

    Jobs that are left alone are named in warnings.

    Raises:
        JobRefusal: one was submitted and is recorded nowhere; another would be billed again.
    """
    identity = context.identity(inputs)
    if identity is None:
        return None
    left: list[tuple[JobDetail, Evidence]] = []
    stopped: JobDetail | None = None
    for detail, material, found in _candidates(context, identity, inputs):
        verdict = claim(found)
        if material and verdict in (Claim.GO_ON, Claim.TAKE):
            context.run.take(detail.job_id)
            context.reporter.info(
                f"goes on with job {detail.job_id}, which an earlier run left in {detail.state}"
            )
            return material
        if verdict is Claim.STOP:
            stopped = stopped or detail
        elif verdict is Claim.LEAVE:
            left.append((detail, found))
    if stopped:
        raise _submitted(context, stopped)
    for detail, found in left:
        context.reporter.warning(_left_alone(context, detail, found))
    return None


def catch_up(
    context: Context, inputs: Inputs, old: Mapping[str, Any], detail: JobDetail
) -> Material | None:
    """What an update that was killed had done and the state does not know; None if nothing."""
    identity = context.identity(inputs)
    entry = context.journal.load(identity, context.client.project_id) if identity else None
    if entry is None or entry.job_id != detail.job_id:
        return None
    if entry.serial == old.get("__journal") or entry.declaration != declaration(inputs):
        return None
    return _from_journal(context, inputs, entry, detail)


def _candidates(
    context: Context, identity: Identity, inputs: Inputs
) -> Iterator[tuple[JobDetail, Material | None, Evidence]]:
    """Jobs that may be this resource's, that of the journal first; what a state records not."""
    entry = context.journal.load(identity, context.client.project_id)
    if entry and not _recorded(context, identity, entry.job_id):
        detail = _find(context, inputs, entry.job_id)
        if detail is None:
            context.journal.forget(identity, entry.job_id)
        else:
            if detail.state == WAIT_FILE_UPLOAD:
                material = _from_journal(context, inputs, entry, detail)
                material = material or _from_the_start(context, inputs, detail)
            else:
                material = _as_submitted(context, inputs, entry)
            yield detail, material, _evidence(context, identity, detail, material, journalled=True)
    if not context.tags(inputs):
        return
    app_user = inputs.get("app_user_id")
    listed = context.client.iter_jobs(tag=identity.label, app_user_id=app_user)
    # Whether filters match exactly is not documented.
    jobs = [job for job in listed if identity.label in (job.tags or ())]
    recorded = [job for job in jobs if _recorded(context, identity, job.job_id)]
    for job in jobs:
        if job in recorded or (entry and job.job_id == entry.job_id):
            continue
        detail = _find(context, inputs, job.job_id)
        if detail is None:
            continue
        material = _from_the_start(context, inputs, detail)
        # What is older than the job that a state records was left there when that was made.
        older = any(_made(detail) <= _made(other) for other in recorded)
        yield detail, material, _evidence(context, identity, detail, material, older=older)


def _evidence(
    context: Context,
    identity: Identity,
    detail: JobDetail,
    material: Material | None,
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
        fits=material is not None,
        same=journalled and material is not None,
    )


def _recorded(context: Context, identity: Identity, job_id: str) -> bool:
    """Whether a state is certain to record the job; the states are read when it is not seen."""
    return job_id in context.run.seen(identity.urn) or bool(context.run.records(job_id))


def _made(job: Any) -> str:
    return job.create_time or ""


def _submitted(context: Context, detail: JobDetail) -> JobRefusal:
    unreadable = context.run.unreadable
    recorded = (
        f"whether a state records it is not known ({unreadable})"
        if unreadable
        else ("no state records it")
    )
    return JobRefusal(
        f"job {detail.job_id} was made for this resource and submitted ({detail.state}), and "
        f"{recorded}: a second one would be billed again. Take it over with "
        f"existing_job_id='{detail.job_id}', delete it with 'metastudio jobs delete "
        f"{detail.job_id}', or let it stay beside a new one with 'pulumi config set "
        f"metastudio:keptJobs {detail.job_id}'"
    )


def _left_alone(context: Context, detail: JobDetail, found: Evidence) -> str:
    if found.kept:
        why = "was kept at the service on purpose"
    elif not found.proven:
        why = "was made for a resource of this name, and nothing proves that it is this stack's"
    elif found.recorded is None:
        why = f"may be recorded by another stack ({context.run.unreadable})"
    else:
        why = "was left by an earlier run and is not what is declared now"
    return (
        f"job {detail.job_id} ({detail.state}) {why}: it is left alone, a new job is made; to "
        f"manage it here, set existing_job_id='{detail.job_id}'; to remove it, 'metastudio jobs "
        f"delete {detail.job_id}'"
    )


def _from_journal(
    context: Context, inputs: Inputs, entry: Entry, detail: JobDetail
) -> Material | None:
    reviews = failed_reviews(detail)
    known = reviews if entry.reviews is None else entry.reviews
    if detail.state not in EDITABLE or (entry.submitted and reviews > known):
        return _as_submitted(context, inputs, entry)
    material = _noted(context, inputs, entry)
    material.reviews = reviews
    _strike_off(context, material)
    if entry.declaration != declaration(inputs):
        # Fresh URLs come with an update, which brings the edited fields along.
        material.urls = {}
        return material if _fits(inputs, detail) and _uploads(material) else None
    return material


def _from_the_start(context: Context, inputs: Inputs, detail: JobDetail) -> Material | None:
    """An unfinished job of which only the service knows what it holds."""
    if detail.state != WAIT_FILE_UPLOAD or not _fits(inputs, detail):
        return None
    return Material(context, detail.job_id, inputs, steps(inputs), resumed=True)


def _as_submitted(context: Context, inputs: Inputs, entry: Entry) -> Material | None:
    """A job that was submitted as just what is declared now; None for any other."""
    material = _noted(context, inputs, entry)
    if not entry.submitted or entry.declaration != declaration(inputs):
        return None
    if not _all_there(material):
        return None
    material.pending = []
    material.submitted = True
    return material


def _noted(context: Context, inputs: Inputs, entry: Entry) -> Material:
    """How far the files were, of those that are still declared."""

    def declared(files: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in files.items() if name in inputs}

    return Material(
        context,
        entry.job_id,
        inputs,
        steps(inputs),
        urls=_usable(inputs, declared(entry.urls), entry),
        fingerprints=declared(entry.fingerprints),
        sent=declared(entry.sent),
        sources=declared(entry.sources),
        resumed=True,
    )


def _usable(
    inputs: Inputs, urls_by_name: Mapping[str, list[str]], entry: Entry
) -> dict[str, list[str]]:
    """URLs that nothing was sent to yet, or the very content that is declared now."""
    usable = {}
    for name, urls in urls_by_name.items():
        begun = entry.sources.get(name)
        if begun is None or begun == open_source(inputs[name]).validator:
            usable[name] = urls
    return usable


def _uploads(material: Material) -> bool:
    return any(step.startswith("upload") for step in material.pending)


def _strike_off(context: Context, material: Material) -> None:
    """Drop the steps of files that arrived and have not changed since."""
    for name, sha256 in {**material.sent, **material.fingerprints}.items():
        if fingerprint(open_source(material.inputs[name]), context.cache) == sha256:
            done = [f"upload {name}"]
            if name in material.fingerprints:
                done.append(f"confirm {name}")
            material.pending = [step for step in material.pending if step not in done]
        else:
            material.fingerprints.pop(name, None)


def _all_there(material: Material) -> bool:
    cache = material.context.cache
    return all(
        fingerprint(open_source(material.inputs[name]), cache) == material.fingerprints.get(name)
        for name in FILES
        if name in material.inputs
    )


def _find(context: Context, inputs: Inputs, job_id: str) -> JobDetail | None:
    return context.client.find_job(job_id, app_user_id=inputs.get("app_user_id"))


def _fits(inputs: Inputs, detail: JobDetail) -> bool:
    """Whether what is fixed at creation is as declared; the rest an update mends."""
    return all(
        same(field, inputs.get(name, field.default), getattr(detail, name))
        for name, field in FIELDS.items()
        if field.effect is Effect.REPLACE
    )
