"""``metastudio up`` and its siblings: run the program in this folder with either engine.

The Pulumi CLI is used when it is on PATH; without it the embedded engine runs the same program
on the same state.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from . import engines

__all__ = ["cancel", "config", "destroy", "outputs", "preview", "refresh", "up"]

_Command = Callable[..., None]


def common(command: _Command) -> _Command:
    """The options that every operation takes."""
    for option in (
        click.option("--stack", "-s", default="dev", show_default=True, help="The stack's name."),
        click.option(
            "--engine",
            type=click.Choice(["auto", "pulumi", "embedded"]),
            default="auto",
            show_default=True,
            help="auto: the Pulumi CLI if it is on PATH, else the embedded engine.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print JSON instead of rows."),
        click.option(
            "--cwd",
            "-C",
            "folder",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            default=".",
            help="A folder with a Pulumi.yaml; by default this one.",
        ),
    ):
        command = option(command)
    return command


_yes = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
_refresh = click.option("--refresh", "-r", is_flag=True, help="Read the service's side first.")
_no_changes = click.option(
    "--expect-no-changes", is_flag=True, help="Fail when anything would change."
)


@click.command()
@common
def cancel(engine: str, folder: Path, stack: str, **_: Any) -> None:
    """Unlock the stack after a run that was killed; make sure first that none is left."""
    sys.exit(engines.choose(engine).cancel(folder.resolve(), stack))


def _run(operation: str, engine: str, folder: Path, stack: str, **options: Any) -> None:
    chosen = engines.choose(engine)
    # Not on stdout: what is printed there may be JSON that somebody parses.
    click.echo(f"engine: {chosen.description}", err=True)
    sys.exit(chosen.run(operation, folder.resolve(), stack, **options))


@click.command()
@common
@_yes
@_refresh
@_no_changes
def up(engine: str, folder: Path, stack: str, **options: Any) -> None:
    """Create or update the stack's jobs."""
    _run("up", engine, folder, stack, **options)


@click.command()
@common
@_refresh
@_no_changes
def preview(engine: str, folder: Path, stack: str, **options: Any) -> None:
    """Show what up would do."""
    _run("preview", engine, folder, stack, **options)


@click.command()
@common
@_yes
@_no_changes
def refresh(engine: str, folder: Path, stack: str, **options: Any) -> None:
    """Take the service's side over into the state."""
    _run("refresh", engine, folder, stack, **options)


@click.command()
@common
@_yes
def destroy(engine: str, folder: Path, stack: str, **options: Any) -> None:
    """Delete the stack's jobs, as their deletion policies say."""
    _run("destroy", engine, folder, stack, **options)


@click.command()
@common
@click.option("--show-secrets", is_flag=True, help="Print secret outputs in the clear.")
def outputs(engine: str, folder: Path, stack: str, **options: Any) -> None:
    """Print the stack's outputs."""
    _run("outputs", engine, folder, stack, **options)


@click.group()
def config() -> None:
    """Read and write the stack's configuration."""


@config.command("set")
@common
@click.option("--secret", is_flag=True, help="Encrypt the value.")
@click.argument("key")
@click.argument("value", required=False)
def config_set(
    engine: str, folder: Path, stack: str, secret: bool, key: str, value: str | None, **_: Any
) -> None:
    """Set KEY to VALUE; a VALUE that is left out is asked for, or read from standard input."""
    if value is None and sys.stdin.isatty():
        value = click.prompt("value", hide_input=secret)
    elif value is None:
        value = sys.stdin.read().rstrip("\n")
    chosen = engines.choose(engine)
    sys.exit(chosen.set_config(folder.resolve(), stack, key, str(value), secret))
