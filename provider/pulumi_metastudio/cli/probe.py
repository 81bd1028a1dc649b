"""``metastudio probe``: what the real service does where its documents leave it open."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from ..errors import ConfigurationError
from .options import common_options, yes_option
from .printing import print_json, print_table
from .stacks.selection import Selection

if TYPE_CHECKING:
    from ..api import Settings
    from ..probe import Ledgers, ProbeClient, Result
    from ..probe.report import Where

_INTERRUPTED = 130


@click.command()
@common_options
@yes_option
@click.option("--read-only", is_flag=True, help="Only what needs no job.")
@click.option("--rates", is_flag=True, help="Only from which rate on the service refuses.")
@click.option("--clean", "clean_it", is_flag=True, help="Only delete what ended runs left.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a profile, for 'metastudio emulator --profile FILE'.",
)
@click.option(
    "--record",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the exchanges in this folder, without secrets and personal data.",
)
def probe(
    selected: Selection,
    as_json: bool,
    yes: bool,
    read_only: bool,
    rates: bool,
    clean_it: bool,
    out: Path | None,
    record: Path | None,
) -> None:
    """Ask the service what documents leave open, unbilled.

    Says first what it will do, and asks. Makes at most three jobs, submits none, and deletes them.
    """
    from ..probe import Ledgers, ProbeClient, plan, run, run_rates
    from ..probe.client import PACE
    from ..probe.profile import as_text, as_toml
    from ..probe.recording import Recorder

    if read_only + rates + clean_it > 1:
        raise click.UsageError("--read-only, --rates and --clean exclude each other")
    settings = selected.context().client.settings
    where = _where(settings)
    recorder = Recorder(where) if record else None
    client = ProbeClient(
        settings,
        pace=0.0 if where.service == "emulator" else PACE,
        heard=recorder.heard if recorder else lambda _: None,
    )
    ledgers = Ledgers()
    if clean_it:
        _ask(f"deletes what ended probes left at {settings.endpoint}", yes)
        _tell_cleaned(client, ledgers, as_json)
        return
    _ask(f"{settings.endpoint}: {plan(read_only=read_only, rates=rates)}", yes)
    if rates:
        result = run_rates(client)
    else:
        result = run(
            client,
            ledgers,
            read_only=read_only,
            tell=lambda text: click.echo(text, err=True),
            begun=recorder.begun if recorder else lambda _: None,
        )
    if out:
        text = as_toml(result, where)
        _written(lambda: out.write_text(text, encoding="utf-8"), out)
    if recorder and record:
        _written(lambda: recorder.save(record, client.project_id, as_text(result)), record)
    _print(result, where, as_json)
    if result.interrupted:
        raise click.exceptions.Exit(_INTERRUPTED)
    if not result.clean:
        raise click.exceptions.Exit(1)


def _ask(what: str, yes: bool) -> None:
    click.echo(what, err=True)
    if not yes:
        click.confirm("go on?", abort=True, err=True)


def _where(settings: Settings) -> Where:
    from ..probe.report import Where

    today = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    host = urlsplit(settings.endpoint).hostname or ""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    return Where(today, settings.region, "emulator" if local else "real")


def _written(write: Callable[[], object], place: Path) -> None:
    """Write; what cannot be written is no reason to keep the rest back."""
    try:
        write()
    except OSError as error:
        click.echo(f"{place} was not written: {error.strerror}", err=True)
    else:
        click.echo(f"wrote {place}", err=True)


def _print(result: Result, where: Where, as_json: bool) -> None:
    from ..probe.report import NAMES, last_words, rows, switch_rows
    from ..probe.report import as_json as value

    if as_json:
        print_json(value(result, where))
    else:
        print_table(NAMES, rows(result))
        click.echo()
        print_table(("switch of the emulator", "observed", "by"), switch_rows(result))
    for line in last_words(result):
        click.echo(line, err=True)


def _tell_cleaned(client: ProbeClient, ledgers: Ledgers, as_json: bool) -> None:
    from ..probe import clean

    done = clean(client, ledgers)
    if as_json:
        print_json(
            {
                "runs": done.runs,
                "deleted": done.deleted,
                "left": [job.job_id for job in done.left],
                "young": [job.job_id for job in done.young],
            }
        )
    else:
        for job_id in done.deleted:
            click.echo(f"deleted {job_id}")
        click.echo(f"{done.runs} runs were finished, {len(done.deleted)} jobs deleted")
    for job in done.young:
        click.echo(
            f"left alone: job {job.job_id} of a probe elsewhere, made within the hour", err=True
        )
    if done.left:
        ids = ", ".join(job.job_id for job in done.left)
        raise ConfigurationError(
            f"still at the service: {ids}: try again later, or delete each with "
            "'metastudio jobs delete JOB_ID'"
        )
