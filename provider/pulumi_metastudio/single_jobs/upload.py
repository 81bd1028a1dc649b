"""Upload files to a job that no stack manages, by the same steps as a stack's."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import InputError, JobRefusal
from ..lifecycle.context import Context
from ..lifecycle.material import ready
from ..lifecycle.ownership import without_tags
from ..lifecycle.progress import Progress, steps
from ..lifecycle.schema import FIELDS, VOICE_CHOICES
from ..lifecycle.steps import StepExecutor
from ..lifecycle.validate import problems


def upload(context: Context, job_id: str, files: Mapping[str, str], *, submit: bool) -> None:
    """Send files to an existing job; its fields stay as they are.

    Args:
        files: locations by input name.
        submit: whether to submit the job for review afterwards.

    Raises:
        InputError: a file cannot be read.
        MetaStudioError: the service refused, or an upload failed.
    """
    wrong = problems({"name": "any", "submit": False, **files})
    if wrong:
        raise InputError("; ".join(f"{p.property}: {p.reason}" for p in wrong))
    detail = context.client.find_job(job_id)
    if detail is None:
        raise JobRefusal(f"the service has no job {job_id}")
    shown = detail.model_dump(mode="json", exclude_none=True)
    shown["tags"] = without_tags(detail.tags)
    # An update must send the complete set, because an omitted field may be reset. A phone number
    # shown with asterisks is left out all the same: sent back, the asterisks would replace it.
    fields = {name: shown[name] for name in FIELDS if shown.get(name) is not None}
    if "*" in fields.get("contact", ""):
        del fields["contact"]
    voice = fields.get("voice_properties")
    if voice is not None and voice.keys() != VOICE_CHOICES.keys():
        # They go whole or not at all.
        context.reporter.warning(
            f"job {job_id}: its voice_properties are not sent along, because the service shows "
            "only a part of them; look at them when the upload is through"
        )
        del fields["voice_properties"]
    inputs = {**fields, **files, "submit": submit, "existing_job_id": job_id}
    ready(inputs, files, context.cache)
    progress = Progress(pending=steps(inputs, list(files)))
    job = StepExecutor(context, job_id, inputs, progress, resumed=True)
    job.run()
    if job.problem:
        raise job.problem
