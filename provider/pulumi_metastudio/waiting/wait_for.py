"""``wait_for``: what a program calls."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

import pulumi

from ..api.states import console_status
from ..errors import InputError, MetaStudioError
from ..functions import context
from ..training_job import TrainingJob
from ..typed import JobOutput
from .targets import Target, duration, states_of

if TYPE_CHECKING:
    from ..api import JobDetail


@overload
def wait_for(
    job: TrainingJob, *, target: Target, timeout: str | float, poll: float = 30.0
) -> JobOutput: ...


@overload
def wait_for(
    job: Sequence[TrainingJob], *, target: Target, timeout: str | float, poll: float = 30.0
) -> pulumi.Output[list[JobDetail]]: ...


def wait_for(
    job: TrainingJob | Sequence[TrainingJob],
    *,
    target: Target,
    timeout: str | float,
    poll: float = 30.0,
) -> JobOutput | pulumi.Output[list[JobDetail]]:
    """Wait until a job, or each of several, has reached a target; gives its detail then.

    Nothing waits in a preview: the answer there is the detail of a job that is at its target
    already, and otherwise not known.

    Args:
        job: one or several.
        target: ``submitted``, ``approved``, ``trained`` or ``finished``; docs/functions.md has
            the states that each means.
        timeout: how long, from the moment the job exists: seconds, or text such as ``"36h"``.
        poll: seconds between two rounds; the shortest of all waits counts.

    Raises:
        pulumi.RunError: an argument is wrong; or later, which fails ``up`` with one line, when
            the review failed, the job is gone, or the time is over.
    """
    try:
        seconds = duration(timeout)
        states_of(target)
        if not poll > 0:
            raise InputError(f"wait_for: poll is {poll}: give seconds above 0")
    except InputError as error:
        raise pulumi.RunError(str(error)) from error
    if isinstance(job, TrainingJob):
        return JobOutput.of(_waited(job, target, seconds, poll))
    each = [_waited(one, target, seconds, poll) for one in job]
    return pulumi.Output.secret(pulumi.Output.all(*each))


def _waited(
    job: TrainingJob, target: Target, seconds: float, poll: float
) -> pulumi.Output[JobDetail]:
    from ..process_state import shared_poller
    from .polling import Wait

    preview = pulumi.runtime.is_dry_run()

    async def wait(job_id: str) -> JobDetail | None:
        this = Wait(
            job_id,
            target,
            seconds,
            poll=poll,
            label=f"training job '{job.pulumi_resource_name}' ({job_id})",
            # None while not known, as what a job has none of is in every preview.
            app_user_id=await job.app_user_id.future(),
            create_time=await job.create_time.future(),
            once=preview,
            on_change=lambda seen: _show(job, seen.state),
        )
        try:
            client = context(await job.account.future()).client
            return await shared_poller(client).result(this)
        except MetaStudioError as error:
            raise pulumi.RunError(str(error)) from error

    found: pulumi.Output[Any] = job.job_id.apply(wait)
    return found.apply(lambda detail: _not_known() if detail is None else detail)


def _show(job: TrainingJob, state: str) -> None:
    """Put a state into the job's row: a wait takes days, and people look at it."""
    text = f"{state} ({console_status(state)})"
    pulumi.log.info(text, resource=job, ephemeral=True)


def _not_known() -> pulumi.Output[Any]:
    def settled(value: Any) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.set_result(value)
        return future

    return pulumi.Output(set(), settled(None), settled(False))
