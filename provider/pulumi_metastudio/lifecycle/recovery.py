"""Go on with a job that an earlier run left behind, rather than make a second one.

Two traces lead to it: the journal of this machine, and the ownership tag at the service. Only a
job that is still waiting for its files is gone on with by its tag; one that was submitted is, if
the journal knows it for exactly what is declared now, because its content cannot be asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..api import JobDetail
from ..api.states import EDITABLE, WAIT_FILE_UPLOAD
from ..transfer import fingerprint, open_source
from .context import Context
from .journal import Entry, declaration
from .material import Material, steps
from .plan import same
from .schema import FIELDS, FILES, Effect, Inputs

__all__ = ["catch_up", "recover"]


def recover(context: Context, inputs: Inputs, known: frozenset[str]) -> Material | None:
    """The job of this very resource that no state knows, ready to be gone on with.

    Args:
        known: jobs that the state does know; they are no left-overs.
    """
    urn = inputs.get("__urn")
    if not urn:
        return None
    entry = context.journal.load(urn, context.client.project_id)
    if entry and entry.job_id not in known:
        detail = _find(context, inputs, entry.job_id)
        material = detail and _from_journal(context, inputs, entry, detail)
        if material and detail:
            _tell(context, detail)
            return material
        context.journal.forget(urn, entry.job_id)
    for detail in _tagged(context, inputs, urn):
        if detail.job_id not in known:
            _tell(context, detail)
            return Material(context, detail.job_id, inputs, steps(inputs), resumed=True)
    return None


def catch_up(
    context: Context, inputs: Inputs, old: Mapping[str, Any], detail: JobDetail
) -> Material | None:
    """What an update that was killed had done and the state does not know; None if nothing."""
    urn = inputs.get("__urn")
    entry = context.journal.load(urn, context.client.project_id) if urn else None
    if entry is None or entry.job_id != detail.job_id:
        return None
    if entry.serial == old.get("__journal") or entry.declaration != declaration(inputs):
        return None
    return _from_journal(context, inputs, entry, detail)


def _from_journal(
    context: Context, inputs: Inputs, entry: Entry, detail: JobDetail
) -> Material | None:
    material = Material(
        context,
        entry.job_id,
        inputs,
        steps(inputs),
        urls=_usable(inputs, entry),
        fingerprints=entry.fingerprints,
        sent=entry.sent,
        sources=entry.sources,
        resumed=True,
    )
    edited = entry.declaration != declaration(inputs)
    if detail.state in EDITABLE:
        _strike_off(context, material)
        if edited:
            # Fresh URLs come with an update, which brings the edited fields along.
            material.urls = {}
            return material if _fits(inputs, detail) and _uploads(material) else None
        return material
    if entry.submitted and not edited and _all_there(material):
        material.pending = []
        material.submitted = True
        return material
    return None


def _usable(inputs: Inputs, entry: Entry) -> dict[str, list[str]]:
    """URLs that nothing was sent to yet, or the very content that is declared now."""
    usable = {}
    for name, urls in entry.urls.items():
        begun = entry.sources.get(name)
        if begun is None or begun == open_source(inputs[name]).validator:
            usable[name] = urls
    return usable


def _uploads(material: Material) -> bool:
    return any(step.startswith("upload") for step in material.pending)


def _strike_off(context: Context, material: Material) -> None:
    """Drop the steps of files that arrived and have not changed since."""
    for name, sha256 in {**material.sent, **material.fingerprints}.items():
        if name not in material.inputs or name not in FILES:
            continue
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


def _tagged(context: Context, inputs: Inputs, urn: str) -> Iterator[JobDetail]:
    tag = context.tag(urn)
    if tag is None:
        return
    app_user = inputs.get("app_user_id")
    for job in context.client.iter_jobs(tag=tag, state=WAIT_FILE_UPLOAD, app_user_id=app_user):
        # Whether filters match exactly is not documented.
        if tag not in (job.tags or ()) or job.state != WAIT_FILE_UPLOAD:
            continue
        detail = _find(context, inputs, job.job_id)
        if detail and detail.state == WAIT_FILE_UPLOAD and _fits(inputs, detail):
            yield detail


def _find(context: Context, inputs: Inputs, job_id: str) -> JobDetail | None:
    return context.client.find_job(job_id, app_user_id=inputs.get("app_user_id"))


def _fits(inputs: Inputs, detail: JobDetail) -> bool:
    """Whether what is fixed at creation is as declared; the rest an update mends."""
    return all(
        same(field, inputs.get(name, field.default), getattr(detail, name))
        for name, field in FIELDS.items()
        if field.effect is Effect.REPLACE
    )


def _tell(context: Context, detail: JobDetail) -> None:
    context.reporter.info(
        f"goes on with job {detail.job_id}, which an earlier run left in {detail.state}"
    )
