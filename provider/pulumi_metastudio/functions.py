"""Jobs that the program does not manage: look one up, list many.

Each function has two forms, as in every Pulumi provider: a plain one that asks at once, in a
preview too, and one that takes and gives outputs. Settings are the stack's, as for resources.
"""

from __future__ import annotations

import itertools
import typing
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import pulumi
from typing_extensions import Unpack

from .common.names import meant
from .errors import ConfigurationError, MetaStudioError
from .sdk.background import in_background
from .typed import FILTERS, JobFilters, JobOutput

if TYPE_CHECKING:
    from .api import Job, JobDetail
    from .lifecycle import Context

#: The longest value the service takes for its filter by states; longer ones are applied here.
_STATE_FILTER = 1024


def get_training_job(
    job_id: str,
    *,
    opts: pulumi.InvokeOptions | None = None,
    app_user_id: str | None = None,
    account: str | None = None,
) -> JobDetail:
    """A job's detail as it is now.

    Args:
        job_id: the job's id.
        opts: taken as by every Pulumi function; none of them means anything to this one.
        app_user_id: the sub-user id that the job was made with.
        account: the account whose job it is, as for a ``TrainingJob``.

    Raises:
        pulumi.RunError: the service has no such job, or refused.
    """
    try:
        client = context(account).client
        detail = client.find_job(job_id, app_user_id=app_user_id)
    except MetaStudioError as error:
        raise pulumi.RunError(str(error)) from error
    if detail is None:
        raise pulumi.RunError(
            f"the service has no training job {job_id} in this project: "
            f"`metastudio jobs list{client.settings.option}` shows those it has"
        )
    return detail


def get_training_job_output(
    job_id: pulumi.Input[str],
    *,
    opts: pulumi.InvokeOutputOptions | None = None,
    app_user_id: pulumi.Input[str] | None = None,
    account: pulumi.Input[str] | None = None,
) -> JobOutput:
    """``get_training_job`` for an id that may not be known yet.

    Args:
        opts: of these, ``depends_on`` counts: the job is read after those resources are made.
    """

    async def fetch(known: list[Any]) -> JobDetail:
        job, user, where = known[:3]
        return await in_background(lambda: get_training_job(job, app_user_id=user, account=where))

    return JobOutput.of(_after(opts, [job_id, app_user_id, account]).apply(fetch))


def list_training_jobs(
    *,
    state: str | Sequence[str] | None = None,
    name: str | None = None,
    batch_name: str | None = None,
    tag: str | None = None,
    job_id: str | None = None,
    create_since: str | None = None,
    create_until: str | None = None,
    update_since: str | None = None,
    update_until: str | None = None,
    model_resolution: str | None = None,
    is_flexus: bool | None = None,
    is_live_copy: bool | None = None,
    is_ondemand_resource: bool | None = None,
    train_location: str | None = None,
    query_project_id: str | None = None,
    sort_key: Literal["create_time", "update_time", "asset_order"] | None = None,
    sort_dir: Literal["asc", "desc"] | None = None,
    limit: int | None = None,
    app_user_id: str | None = None,
    account: str | None = None,
) -> Iterator[Job]:
    """Jobs of the project, each once, a page at a time as they are consumed.

    The filters are the service's own, by their wire names.

    Args:
        state: one, several with commas between them, or a list; a list too long for the service
            is applied here.
        name, batch_name, tag: whether parts of a value match is not documented.
        job_id: one job.
        create_since, create_until: such as ``2026-01-31T00:00:00Z``, inclusive.
        update_since, update_until: the last update by the user; the documents contradict
            themselves on the second.
        model_resolution: ``1080P`` or ``4K``.
        is_flexus, is_live_copy, is_ondemand_resource: the edition.
        train_location: the training region.
        query_project_id: the tenant.
        sort_key: ``create_time`` by default.
        sort_dir: ``asc`` by default, the oldest first.
        limit: the most jobs to give; all by default.
        app_user_id: the sub-user id that is sent along.
        account: the account whose jobs are listed, as for a ``TrainingJob``.

    Raises:
        pulumi.RunError: the service refused; at the call, or while a page is fetched.
    """
    filters = {
        name: value
        for name, value in locals().items()
        if name not in ("state", "limit", "account") and value is not None
    }
    wanted = _states(state)
    if wanted and len(",".join(wanted)) <= _STATE_FILTER:
        filters["state"] = ",".join(wanted)
    if limit is not None and (type(limit) is not int or limit < 0):
        raise pulumi.RunError(f"list_training_jobs: limit is {limit!r}: give 0 or more")
    return itertools.islice(_jobs(context(account), frozenset(wanted), filters), limit)


def list_training_jobs_output(
    *, opts: pulumi.InvokeOutputOptions | None = None, **filters: Unpack[JobFilters]
) -> pulumi.Output[list[Job]]:
    """``list_training_jobs`` with filters that may not be known yet; all jobs at once.

    The answer is secret, because it holds phone numbers: ``pulumi.Output.unsecret`` frees what
    an ``apply`` took from it.

    Raises:
        pulumi.RunError: there is no such filter; later, the service refused.
    """
    for name in filters:
        if name not in FILTERS:
            way_out = meant(name, FILTERS, "docs/functions.md lists the filters")
            raise pulumi.RunError(f"list_training_jobs_output: {name!r} is not a filter: {way_out}")

    async def fetch(known: list[Any]) -> list[Job]:
        return await in_background(lambda: list(list_training_jobs(**known[0])))

    return pulumi.Output.secret(_after(opts, [filters]).apply(fetch))


def context(account: str | None = None) -> Context:
    """The service as this program's resources of an account see it.

    Raises:
        pulumi.RunError: the settings are incomplete.
    """
    from .process_state import shared_context

    try:
        return shared_context(ProgramConfig, account=account)
    except ConfigurationError as error:
        raise pulumi.RunError(str(error)) from error


class ProgramConfig:
    """The program's configuration, secrets in the clear: ``pulumi.Config`` would wrap them."""

    @staticmethod
    def get(key: str) -> Any:
        """The value of a key with its namespace; None where there is none."""
        return pulumi.runtime.get_config(key)


def _after(opts: pulumi.InvokeOutputOptions | None, values: list[Any]) -> pulumi.Output[list[Any]]:
    """The values once they are known and what ``depends_on`` names is there."""
    awaited = opts.depends_on if opts else None

    def ids(given: Any) -> pulumi.Output[Any]:
        resources = [given] if isinstance(given, pulumi.Resource) else list(given or ())
        return pulumi.Output.all(*(_id_of(each) for each in resources))

    there: pulumi.Output[Any] = pulumi.Output.from_input(typing.cast(Any, awaited)).apply(ids)
    return pulumi.Output.all(*values, there)


def _id_of(resource: pulumi.Resource) -> pulumi.Output[Any]:
    return resource.id if isinstance(resource, pulumi.CustomResource) else resource.urn


def _jobs(context: Context, wanted: frozenset[str], filters: dict[str, Any]) -> Iterator[Job]:
    try:
        for job in context.client.iter_jobs(**filters):
            if not wanted or job.state in wanted:
                yield job
    except MetaStudioError as error:
        raise pulumi.RunError(str(error)) from error


def _states(state: str | Sequence[str] | None) -> list[str]:
    given = state.split(",") if isinstance(state, str) else state or ()
    if not isinstance(given, Sequence) or not all(isinstance(each, str) for each in given):
        raise pulumi.RunError(
            f"list_training_jobs: state is {state!r}: give a state, or a list of states"
        )
    return [each.strip() for each in given if each.strip()]
