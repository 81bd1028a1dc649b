"""``metastudio jobs``: look at jobs at the service, wait for them, decide on results.

What is printed holds no URL, and of a phone number only its ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..options import (
    Command,
    app_user_option,
    job_argument,
    job_filters,
    service_options,
    yes_option,
)
from ..printing import print_json, print_table, printable
from ..stacks.selection import Selection
from .delete import delete
from .wait import wait

if TYPE_CHECKING:
    from ...api import JobDetail


@click.group()
def jobs() -> None:
    """Look at jobs, wait for them, decide on results, delete them."""


jobs.add_command(delete)
jobs.add_command(wait)


@jobs.command("list")
@service_options
@job_filters
@click.option("--sort-key", type=click.Choice(["create_time", "update_time", "asset_order"]))
@click.option("--sort-dir", type=click.Choice(["asc", "desc"]))
@click.option("--limit", type=click.IntRange(min=0), help="The most jobs to print.")
def list_(selected: Selection, as_json: bool, limit: int | None, **chosen: Any) -> None:
    """Print the project's jobs.

    The oldest comes first, unless they are sorted otherwise.
    """
    import itertools

    context = selected.context()
    given = {name: value for name, value in chosen.items() if value is not None}
    found = list(itertools.islice(context.client.iter_jobs(**given), limit))
    if as_json:
        print_json([printable(job) for job in found])
        return
    names = ("job_id", "name", "state", "console_status", "contact", "batch_name", "create_time")
    print_table(names, [[str(printable(job).get(n) or "") for n in names] for job in found])


@jobs.command()
@service_options
@job_argument
@app_user_option
def show(
    selected: Selection,
    as_json: bool,
    job_id: str,
    app_user_id: str | None,
) -> None:
    """Print all that the service has of a job, its history too."""
    from ...errors import JobRefusal

    detail = selected.context().client.find_job(job_id, app_user_id=app_user_id)
    if detail is None:
        raise JobRefusal(f"the service has no training job {job_id}")
    _print_detail(detail, as_json)


@jobs.command()
@service_options
@job_argument
@app_user_option
@yes_option
def accept(job_id: str, yes: bool, **options: Any) -> None:
    """Accept a result. This is final: the job can not be changed any more."""
    _ask(yes, f"accept the result of job {job_id} for good?")
    _decide("accept", job_id=job_id, **options)


def _comment(command: Command) -> Command:
    for option in (
        click.option(
            "--attach",
            "attachments",
            multiple=True,
            metavar="FILE",
            help="A file or URL; repeatable.",
        ),
        click.option("--message", "-m", required=True, help="What there is to say."),
        click.option("--title", required=True, help="It in a few words."),
    ):
        command = option(command)
    return command


@jobs.command()
@service_options
@job_argument
@_comment
@app_user_option
@yes_option
def reject(job_id: str, yes: bool, **options: Any) -> None:
    """Reject a result, with a reason.

    An administrator works on it again.
    """
    _ask(yes, f"reject the result of job {job_id}?")
    _decide("reject", job_id=job_id, **options)


@jobs.command()
@service_options
@job_argument
@_comment
@app_user_option
def answer(**options: Any) -> None:
    """Answer a comment of the reviewers."""
    _decide("answer", **options)


@jobs.command()
@service_options
@job_argument
@app_user_option
def suspend(**options: Any) -> None:
    """Suspend a job until it is resumed."""
    _decide("suspend", **options)


@jobs.command()
@service_options
@job_argument
@app_user_option
def resume(**options: Any) -> None:
    """Let a suspended job go on."""
    _decide("resume", **options)


@jobs.command()
@service_options
@job_argument
@click.option("--reason", help="What to improve.")
@app_user_option
@yes_option
def repair(job_id: str, yes: bool, **options: Any) -> None:
    """Have a finished model improved: it trains again.

    A Flexus job can a few times only.
    """
    _ask(yes, f"train job {job_id} again?")
    _decide("repair", job_id=job_id, **options)


def _ask(yes: bool, question: str) -> None:
    if not yes:
        click.confirm(question, abort=True, err=True)


def _decide(
    decision: str, *, selected: Selection, job_id: str, as_json: bool, **arguments: Any
) -> None:
    """Carry a decision out and print the state that it led to."""
    from ...single_jobs.review import decide

    detail = decide(selected.context(), job_id, decision, **arguments)
    if as_json:
        print_json(printable(detail))
    else:
        click.echo(f"{decision}: job {job_id} is in state {detail.state}")


def _print_detail(detail: JobDetail, as_json: bool) -> None:
    shown = printable(detail)
    if as_json:
        print_json(shown)
        return
    logs, comments = shown.pop("operation_logs", []), shown.pop("comment_logs", [])
    print_table(("field", "value"), [[name, _short(value)] for name, value in shown.items()])
    for title, entries in (("history", logs), ("comments", comments)):
        if entries:
            click.echo(f"\n{title}")
        for entry in entries:
            click.echo("  " + "  ".join(_short(value) for value in entry.values() if value))


def _short(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_short, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {_short(each)}" for name, each in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)
