"""``metastudio batch``: whether the stacks of a batch have each job of its manifest just once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import ConfigurationError
from .options import service_options
from .printing import print_json, print_table
from .stacks.selection import Selection
from .stacks.target import find_backend

if TYPE_CHECKING:
    from ..api import Job
    from ..backend import Backend, BatchRecord


@click.group()
def batch() -> None:
    """Look at a batch that several stacks share."""


@batch.command()
@service_options
@click.argument("manifest", type=click.Path(path_type=Path))
@click.option(
    "--shards", "count", type=click.IntRange(1, 1000), required=True, help="How many there are."
)
@click.option("--name", help="The TrainingBatch, where the project has several.")
@click.option(
    "--made", is_flag=True, help="Fail, too, when a job is missing, and compare with the service."
)
def check(
    selected: Selection, as_json: bool, manifest: Path, count: int, name: str | None, made: bool
) -> None:
    """Print how many jobs of MANIFEST each shard has.

    The exit code is 1 when the stacks do not fit it, as the states of all stacks of the project
    tell: no job may be in two stacks, nor in one of another shard, where it would be trained, and
    billed, again.
    """
    from ..manifest import read_manifest
    from ..manifest.coverage import faults, missing, moves, shares

    resources = read_manifest(manifest).jobs
    where = find_backend(selected.folder, selected.stack)
    stacks = _of_batch(*where, name) if where else []
    wrong = list(faults(resources, count, stacks))
    notes: list[str] = []
    if made:
        if not where:
            raise ConfigurationError(
                "--made compares with states, and there is no Pulumi.yaml here or above: go to the "
                "folder of the project, or -C FOLDER"
            )
        wrong += filter(None, [missing(resources, stacks)])
        for serious, line in _at_service(selected, *where, stacks):
            (wrong if serious else notes).append(line)
    found = shares(resources, count, stacks)
    if as_json:
        listed = [{**vars(share), "stacks": list(share.stacks)} for share in found]
        moving = moves(resources, count, stacks)
        print_json({"shards": listed, "moves": moving, "wrong": wrong, "notes": notes})
    else:
        names = ("shard", "stack", "jobs", "made", "to make", "to delete")
        rows = [(s.rows, s.made, s.rows - s.made, s.to_delete) for s in found]
        cells = [
            [share.shard, ", ".join(share.stacks), *map(str, row)]
            for share, row in zip(found, rows, strict=True)
        ]
        print_table(names, cells)
        click.echo(f"{len(resources)} jobs in {count} shards")
        for line in (*notes, *wrong):
            click.echo(line, err=True)
    if wrong:
        raise click.exceptions.Exit(1)


def _of_batch(project: str, backend: Backend, name: str | None) -> list[BatchRecord]:
    """What the project's states record of the batch.

    Raises:
        ConfigurationError: there are several, and none is named.
        StateUnreadable: a state cannot be read.
    """
    found = backend.batches(project)
    names = sorted({each.name for each in found})
    if name is None and len(names) > 1:
        raise ConfigurationError(
            f"project {project} has several batches, {', '.join(names)}: say which with --name"
        )
    return [each for each in found if name in (None, each.name)]


def _at_service(
    selected: Selection, project: str, backend: Backend, stacks: list[BatchRecord]
) -> Iterator[tuple[bool, str]]:
    """What the service has otherwise than the states: whether it is a fault, and a line."""
    client = selected.context().client
    listed: dict[str, Job] = {}
    for batch_name in sorted({each.batch_name for each in stacks if each.batch_name}):
        # Whether the service's filter takes similar names, too, is not documented.
        found = client.iter_jobs(batch_name=batch_name)
        listed |= {job.job_id: job for job in found if job.batch_name == batch_name}
    recorded = {job_id: name for each in stacks for name, job_id in each.jobs.items()}
    gone = [
        f"{name} ({job_id})"
        for job_id, name in recorded.items()
        if job_id not in listed and client.find_job(job_id) is None
    ]
    if gone:
        yield True, f"recorded, but not found at the service: {', '.join(gone)}: run 'refresh'"
    known = backend.records(project)
    names = {listed[job_id].name for job_id in recorded if job_id in listed}
    for job in listed.values():
        if job.job_id in known:
            continue
        twin = job.name in names
        yield (
            twin,
            f"job {job.job_id} of the batch is in no state of the project: "
            + (
                "a second one of its name"
                if twin
                else "kept when its resource went, or made by hand"
            ),
        )
