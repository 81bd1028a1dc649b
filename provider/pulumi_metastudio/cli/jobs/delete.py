"""``metastudio jobs delete``: delete a job at the service, stack or no stack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from ...errors import InvalidRequest, JobRefusal, NotFound, StateUnreadable
from ..options import app_user_option, job_argument, service_options, yes_option
from ..printing import print_json
from ..stacks.selection import Selection
from ..stacks.target import Target

if TYPE_CHECKING:
    from ...api import Job, MetaStudioClient


@click.command()
@service_options
@job_argument
@app_user_option
@yes_option
def delete(
    selected: Selection, as_json: bool, job_id: str, app_user_id: str | None, yes: bool
) -> None:
    """Delete a job at the service for good, its model too.

    Says what is lost, and asks first.
    """
    from ...api.states import DELETABLE, KNOWN

    target = selected.find_target()
    client = selected.context_of(target).client
    job = client.find_job(job_id, app_user_id=app_user_id)
    if job and job.state in KNOWN - DELETABLE:
        raise JobRefusal(
            f"job {job_id} is in state {job.state}, in which the service deletes no job: wait for "
            "the next state"
        )
    if job:
        for line in (_described(job), *_warnings(target, job_id)):
            click.echo(line, err=True)
        if not yes:
            click.confirm(f"delete job {job_id}?", abort=True, err=True)
    deleted = job is not None and remove(client, job_id, app_user_id)
    if as_json:
        print_json({"job_id": job_id, "deleted": deleted})
    elif deleted:
        click.echo(f"deleted job {job_id}")
    else:
        click.echo(f"the service has no job {job_id}: nothing is left to delete")


def remove(client: MetaStudioClient, job_id: str, app_user_id: str | None) -> bool:
    """Delete a job; False when it is gone already.

    Raises:
        MetaStudioError: the service refused.
    """
    try:
        client.delete_job(job_id, app_user_id=app_user_id)
    except (InvalidRequest, NotFound):
        if client.find_job(job_id, app_user_id=app_user_id) is not None:
            raise
        return False
    return True


def _described(job: Job) -> str:
    from ...api.states import console_status

    named = f"job {job.job_id}, {job.name!r}" if job.name else f"job {job.job_id}"
    shown = f"{job.state} (console: {console_status(job.state)})"
    return f"{named}: {shown}; what is lost: {_lost(job)}"


def _lost(job: Job) -> str:
    from ...api.states import EDITABLE, TRAINED

    if job.state in TRAINED | {"JOB_REJECT"}:
        return "its trained model, which was paid for"
    if job.state in EDITABLE | {"MANUAL_VERIFYING"} and not job.asset_id:
        return "its files; nothing was trained or billed yet"
    return "what was trained of it so far, which may have been billed"


def _warnings(target: Target | None, job_id: str) -> Iterator[str]:
    """Which stacks will miss the job."""
    if target is None:
        return
    try:
        found = target.backend.records(target.project.name).get(job_id, ())
    except StateUnreadable as error:
        yield f"warning: whether a stack records job {job_id} is not known: {error}"
        return
    for record in found:
        yield (
            f"warning: stack {record.stack} records it as {record.urn}: its next refresh drops it, "
            "and the up after that makes a new job while the program declares one"
        )
