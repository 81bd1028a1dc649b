"""Commands for jobs at the service: sweep left-overs, upload to a job that exists."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import ConfigurationError
from . import engines
from .service import stack_context
from .stack import common

if TYPE_CHECKING:
    from ..api import Job
    from ..lifecycle import Context

__all__ = ["sweep", "upload"]


@click.command()
@common
@click.option("--delete", is_flag=True, help="Delete what is listed.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask before deleting.")
@click.option("--all-stacks", is_flag=True, help="Left-overs of all stacks of the project.")
def sweep(
    engine: str,
    folder: Path,
    stack: str,
    as_json: bool,
    delete: bool,
    yes: bool,
    all_stacks: bool,
) -> None:
    """List unfinished jobs that a stack made and its state does not hold.

    They come from runs that were killed. Nothing of them is trained or billed; the next up
    goes on with most of them by itself.
    """
    context, project = stack_context(engine, folder, stack), _project(folder)
    chosen = engines.choose(engine)
    held: dict[str, set[str]] = {}

    def left_over(job: Job, its_stack: str) -> bool:
        if its_stack not in held:
            held[its_stack] = chosen.job_ids(folder.resolve(), its_stack)
        return job.job_id not in held[its_stack]

    found = [
        (job, its_stack)
        for job, its_stack in _unfinished(context, project)
        if (all_stacks or its_stack == stack) and left_over(job, its_stack)
    ]
    _print(found, as_json)
    if not (found and delete):
        return
    if not yes:
        click.confirm(f"delete {len(found)} jobs at the service?", abort=True, err=True)
    for job, _ in found:
        context.client.delete_job(job.job_id, app_user_id=job.app_user_id)
        click.echo(f"deleted {job.job_id}", err=True)


def _unfinished(context: Context, project: str) -> Iterator[tuple[Job, str]]:
    """Jobs that wait for the user and carry a tag of the project, each with its stack."""
    from ..api.states import EDITABLE
    from ..lifecycle.ownership import stack_of

    for job in context.client.iter_jobs(state=",".join(sorted(EDITABLE))):
        owners = [stack_of(tag) for tag in job.tags or ()]
        mine = [owner[1] for owner in owners if owner and owner[0] == project]
        if mine and job.state in EDITABLE:
            yield job, mine[0]


def _print(found: list[tuple[Job, str]], as_json: bool) -> None:
    names = ("job_id", "state", "create_time", "name")
    rows = [{"stack": stack, **{n: getattr(job, n) for n in names}} for job, stack in found]
    if as_json:
        import json

        click.echo(json.dumps(rows, indent=2))
    elif not rows:
        click.echo("nothing is left over")
    else:
        from rich.console import Console
        from rich.table import Table

        table = Table(*("stack", *names), box=None, pad_edge=False)
        for row in rows:
            table.add_row(*(str(value or "") for value in row.values()))
        # A pipe gets whole lines, however long; a terminal wraps them.
        Console(width=None if sys.stdout.isatty() else 200).print(table)


@click.command()
@common
@click.argument("job_id")
@click.argument("files", nargs=-1, required=True, metavar="INPUT=FILE...")
@click.option("--submit", is_flag=True, help="Submit the job for review afterwards.")
def upload(
    engine: str,
    folder: Path,
    stack: str,
    job_id: str,
    files: tuple[str, ...],
    submit: bool,
    **_: Any,
) -> None:
    """Upload files to a job that exists, such as training_video=anna.mp4.

    The same code as a stack's uploads, with a progress bar; for a job that no stack manages.
    """
    from .. import lifecycle

    locations = dict(_pair(text) for text in files)
    context = stack_context(engine, folder, stack)
    with _Bar() as bar:
        lifecycle.upload(context.telling(bar), job_id, locations, submit=submit)


def _pair(text: str) -> tuple[str, str]:
    from ..lifecycle import FILES

    name, separator, location = text.partition("=")
    if not separator or name not in FILES:
        raise click.UsageError(f"'{text}': write INPUT=FILE, with one of {', '.join(FILES)}")
    return name, location


class _Bar:
    """A reporter that shows one line which changes, and keeps what is worth keeping."""

    def __enter__(self) -> _Bar:
        from rich.console import Console

        self._console = Console(stderr=True)
        self._status = self._console.status("starting")
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def status(self, text: str) -> None:
        self._status.update(text)
        if not self._console.is_terminal:
            click.echo(text, err=True)

    def info(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False)

    warning = error = info


def _project(folder: Path) -> str:
    import yaml

    try:
        return str(yaml.safe_load((folder / "Pulumi.yaml").read_text())["name"])
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        raise ConfigurationError(
            f"no project in {folder.resolve()}: go to the folder with its Pulumi.yaml, or -C FOLDER"
        ) from None
