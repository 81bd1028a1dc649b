"""``metastudio jobs wait``: waits until jobs have come far enough, and shows where they are.

At a terminal, a table changes in place; elsewhere, each change is a line. Both go to the error
stream, so that what is printed at the end can be piped on.
"""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import click

from ...errors import InputError, MetaStudioError
from ..options import app_user_option, service_options
from ..printing import print_json, print_table, printable
from ..stacks.selection import Selection

if TYPE_CHECKING:
    from rich.table import Table

    from ...api import JobDetail
    from ...waiting.polling import Wait


@click.command()
@service_options
@click.argument("job_ids", nargs=-1, metavar="[JOB_ID]...")
@click.option("--batch-name", help="All jobs of this batch that there are now.")
@click.option(
    "--target",
    "-t",
    type=click.Choice(["submitted", "approved", "trained", "finished"]),
    default="trained",
    show_default=True,
)
@click.option("--timeout", default="3d", show_default=True, help="Seconds, or 90s, 36h, 3d.")
@click.option("--poll", type=float, default=30.0, show_default=True, help="Seconds between looks.")
@app_user_option
def wait(
    selected: Selection,
    as_json: bool,
    job_ids: tuple[str, ...],
    batch_name: str | None,
    target: Any,
    timeout: str,
    poll: float,
    app_user_id: str | None,
) -> None:
    """Wait until jobs have reached a target.

    The exit code is 1 when one can not, which does not end the wait for the others.
    """
    import asyncio

    from ...waiting.polling import Poller, Wait
    from ...waiting.targets import duration

    client, seconds = selected.context().client, duration(timeout)
    wanted = list(job_ids)
    if batch_name is not None:
        batch = client.iter_jobs(batch_name=batch_name, app_user_id=app_user_id)
        wanted += [job.job_id for job in batch if job.batch_name == batch_name]
    if not wanted:
        raise InputError(
            "no job to wait for: name jobs by their ids"
            if batch_name is None
            else f"no job has the batch name '{batch_name}': 'metastudio jobs list' shows all"
        )
    states = _States()
    states.waits = [
        Wait(
            job_id,
            target,
            seconds,
            poll,
            f"training job {job_id}",
            app_user_id,
            on_change=states.changed,
        )
        for job_id in dict.fromkeys(wanted)
    ]

    async def all_of_them() -> list[JobDetail | BaseException | None]:
        poller = Poller(client)
        each = [poller.result(wait) for wait in states.waits]
        return await asyncio.gather(*each, return_exceptions=True)

    with states.shown():
        ends = asyncio.run(all_of_them())
    found = [end for end in ends if end and not isinstance(end, BaseException)]
    if as_json:
        print_json([printable(detail) for detail in found])
    else:
        names = ("job_id", "name", "state", "console_status")
        print_table(names, [[str(printable(job).get(n) or "") for n in names] for job in found])
    failures = [end for end in ends if isinstance(end, BaseException)]
    for failure in failures:
        if not isinstance(failure, MetaStudioError):
            raise failure
        click.echo(f"Error: {failure}", err=True)
    if failures:
        click.get_current_context().exit(1)


class _States:
    """In which state each job is, and since when it was seen in it."""

    def __init__(self) -> None:
        self.waits: list[Wait] = []
        self._began = time.monotonic()
        self._since: dict[str, float] = {}
        self._before: dict[str, str] = {}
        self._live = sys.stderr.isatty()

    def changed(self, wait: Wait) -> None:
        """A job is in another state than when it was last looked at."""
        before = self._before.get(wait.job_id)
        self._before[wait.job_id] = wait.state
        self._since[wait.job_id] = time.monotonic()
        if not self._live:
            name = f" ({wait.name})" if wait.name else ""
            change = f"{before} -> {wait.state}" if before else wait.state
            click.echo(f"{time.strftime('%H:%M:%S')} job {wait.job_id}{name}: {change}", err=True)

    def shown(self) -> AbstractContextManager[Any]:
        """Shows the table for as long as the context lasts, where there is a terminal."""
        if not self._live:
            return nullcontext()
        from rich.console import Console
        from rich.live import Live

        return Live(
            get_renderable=self._table,
            console=Console(stderr=True),
            refresh_per_second=2,
            transient=True,
        )

    def _table(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        from ...api.states import console_status

        now = time.monotonic()
        reached = sum(wait.over for wait in self.waits)
        title = (
            f"{reached} of {len(self.waits)} {self.waits[0].target}, {_clock(now - self._began)}"
        )
        table = Table("name", "state", "for", "job_id", title=title, title_justify="left", box=None)
        for wait in self.waits:
            state = console_status(wait.state) if wait.state else "not seen yet"
            since = _clock(now - self._since[wait.job_id]) if wait.job_id in self._since else ""
            mark = "done" if wait.over else since
            table.add_row(Text(wait.name), Text(state), mark, wait.job_id)
        return table


def _clock(seconds: float) -> str:
    """A time as hours, minutes and seconds: ``1:02:03``."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
