"""``metastudio up`` and its siblings: run the program in this folder with either engine.

The Pulumi CLI is used when it is on PATH; without it the embedded engine runs the same program
on the same state. The stack is the selected one, for either.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from ..options import common_options, yes_option
from . import engines
from .selection import Selection
from .target import Target

_refresh = click.option("--refresh", "-r", is_flag=True, help="Read the service's side first.")
_unseen = click.option(
    "--skip-preview", "-f", is_flag=True, help="Do not show beforehand what would be done."
)
_no_changes = click.option(
    "--expect-no-changes", is_flag=True, help="Fail when anything would change."
)


@click.command()
@common_options
def cancel(selected: Selection, **_: Any) -> None:
    """Unlock the stack after a run that was killed.

    Make sure first that none is left.
    """
    target = selected.target()
    target.require()
    sys.exit(selected.engine().cancel(target))


def _run(operation: str, selected: Selection, **options: Any) -> None:
    chosen, target = selected.engine(), selected.target()
    if operation == "up":
        make(chosen, target)
    else:
        target.require()
    # Not on stdout: what is printed there may be JSON that somebody parses.
    click.echo(f"engine: {chosen.description}", err=True)
    sys.exit(chosen.run(operation, target, **options))


def make(engine: engines.Engine, target: Target) -> None:
    """Make sure that the stack is there; one that was named for this very run is made."""
    if not target.named:
        target.require()
    elif not target.exists():
        engine.create(target)


@click.command()
@common_options
@yes_option
@_unseen
@_refresh
@_no_changes
def up(selected: Selection, **options: Any) -> None:
    """Create or update the stack's jobs.

    A stack that --stack or PULUMI_STACK names is made when there is none.
    """
    _run("up", selected, **options)


@click.command()
@common_options
@_refresh
@_no_changes
def preview(selected: Selection, **options: Any) -> None:
    """Show what up would do."""
    _run("preview", selected, **options)


@click.command()
@common_options
@yes_option
@_unseen
@_no_changes
@click.option(
    "--clear-pending-creates",
    is_flag=True,
    help="Forget creates that a killed run left unfinished.",
)
def refresh(selected: Selection, **options: Any) -> None:
    """Take the service's side over into the state."""
    _run("refresh", selected, **options)


@click.command()
@common_options
@yes_option
@_unseen
def destroy(selected: Selection, **options: Any) -> None:
    """Delete the stack's jobs, as their deletion policies say."""
    _run("destroy", selected, **options)


@click.command()
@common_options
@click.option("--show-secrets", is_flag=True, help="Print secret outputs in the clear.")
def outputs(selected: Selection, **options: Any) -> None:
    """Print the stack's outputs."""
    _run("outputs", selected, **options)
