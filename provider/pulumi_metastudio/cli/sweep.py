"""``metastudio sweep``: jobs that killed runs left behind.

A job is listed only when nothing can depend on it: it was never submitted, its tags prove that a
stack of this project in this backend made it, no state of the project records it, and no run of
its stack is under way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from ..errors import ConfigurationError
from .jobs.delete import remove
from .options import service_options
from .printing import print_json, print_table
from .stacks.selection import Selection
from .stacks.target import Target

if TYPE_CHECKING:
    from ..api import Job
    from ..backend import Records
    from ..lifecycle import Context


@click.command()
@service_options
@click.option("--delete", is_flag=True, help="Delete what is listed.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask before deleting.")
@click.option("--all-stacks", is_flag=True, help="Left-overs of all stacks of the project.")
@click.option("--verbose", "-v", is_flag=True, help="Name the jobs, too, that are not ours.")
def sweep(
    selected: Selection, as_json: bool, delete: bool, yes: bool, all_stacks: bool, verbose: bool
) -> None:
    """List unfinished jobs that killed runs left behind.

    They are jobs that this stack made and no stack of the project records. Nothing of them is
    trained or billed; the next up goes on with most of them by itself. Left out are jobs without
    proof that a stack of this backend made them, and stacks that a run works on.
    """
    target = selected.target()
    if target.backend.url.startswith("http") and "/" not in target.written:
        # The organization is part of the proof, and the plain name lacks it.
        raise ConfigurationError(
            f"stack {target.written}: which organization's? Give --stack ORGANIZATION/"
            f"{target.project.name}/{target.stack}, or choose it with 'pulumi stack select'"
        )
    look = _Look(selected.context_of(target), target, all_stacks)
    ours, others, locked = look.left_over()
    if locked and not all_stacks:
        raise ConfigurationError(_refusal(target.stack))
    names = ("job_id", "state", "create_time", "name")
    rows = [{"stack": of, **{n: getattr(job, n) for n in names}} for job, of in ours]
    if as_json:
        print_json(rows)
    else:
        cells = [[str(value or "") for value in row.values()] for row in rows]
        print_table(("stack", *names), cells, "nothing is left over")
    _tell_others(others, verbose)
    for refused in sorted(locked):
        click.echo(f"left out: {_refusal(refused)}", err=True)
    if delete and ours:
        if not yes:
            click.confirm(f"delete {len(ours)} jobs at the service?", abort=True, err=True)
        for job, of in ours:
            click.echo(look.delete(job, of), err=True)
    if locked:
        raise click.exceptions.Exit(1)


_Found = list[tuple["Job", str]]


@dataclass(frozen=True)
class _Look:
    """Compares the service, the locks and the states, each time anew."""

    context: Context
    target: Target
    all_stacks: bool

    def left_over(self) -> tuple[_Found, _Found, set[str]]:
        """Left-overs of ours with their stacks, those of others, and the stacks that are locked.

        Asked in this order, what a run made is either recorded by now, or its lock is seen.
        """
        from ..api.states import WAIT_FILE_UPLOAD

        listed = list(self.context.client.iter_jobs(state=WAIT_FILE_UPLOAD))
        of_project = [(job, of) for job in listed if (of := self._stack(job))]
        ours = [(job, of) for job, of in of_project if self._proven(job)]
        stacks = {of for _, of in ours} | (set() if self.all_stacks else {self.target.stack})
        locked = {stack for stack in stacks if self._locked(stack)}
        records = self._records()

        def kept(found: _Found) -> _Found:
            return [(j, of) for j, of in found if of not in locked and j.job_id not in records]

        return kept(ours), kept([each for each in of_project if each not in ours]), locked

    def delete(self, job: Job, of: str) -> str:
        """Delete a job when it still is left over; says what was done.

        Raises:
            ConfigurationError: a run has locked the job's stack, or a state cannot be read.
        """
        client = self.context.client
        now = client.find_job(job.job_id, app_user_id=job.app_user_id)
        if now and (self._stack(now) != of or not self._proven(now)):
            return f"left alone: job {job.job_id}, state {now.state}, is not what it was"
        if self._locked(of, quiet=True):
            raise ConfigurationError(_refusal(of))
        records = self._records().get(job.job_id)
        if records:
            return f"left alone: job {job.job_id} is recorded by stack {records[0].stack} now"
        if now and remove(client, job.job_id, job.app_user_id):
            return f"deleted {job.job_id}"
        return f"{job.job_id} is gone already"

    def _stack(self, job: Job) -> str | None:
        """The stack of the project, one of those asked for, that an unsubmitted job is of."""
        from ..api.states import WAIT_FILE_UPLOAD
        from ..lifecycle.ownership import stack_of

        if job.state != WAIT_FILE_UPLOAD:
            return None
        for project, stack in filter(None, map(stack_of, job.tags or ())):
            if project == self.target.project.name:
                return stack if self.all_stacks or stack == self.target.stack else None
        return None

    def _proven(self, job: Job) -> bool:
        from ..lifecycle.ownership import owner_tag

        return owner_tag(self.target.backend.owner) in (job.tags or ())

    def _records(self) -> Records:
        return self.target.backend.records(self.target.project.name)

    def _locked(self, stack: str, quiet: bool = False) -> bool:
        locked = self.target.backend.locked(self.target.project.name, stack)
        if locked is None and not quiet:
            click.echo(
                f"this backend tells nothing of locks on stack {stack}: no run of it may be under "
                "way",
                err=True,
            )
        return bool(locked)


def _refusal(stack: str) -> str:
    return (
        f"stack {stack} is locked: wait until the run on it has ended; if none is left, "
        f"'metastudio cancel --stack {stack}' unlocks it"
    )


def _tell_others(others: Iterable[tuple[Job, str]], verbose: bool) -> None:
    found = list(others)
    if verbose:
        for job, of in found:
            name = f", {job.name!r}" if job.name else ""
            click.echo(f"not ours: job {job.job_id}{name}, labelled for stack {of}", err=True)
    if found:
        click.echo(
            f"{len(found)} jobs are not ours: unfinished and labelled for this project, without "
            "proof that a stack of this backend made them"
            + ("" if verbose else "; --verbose names them"),
            err=True,
        )
