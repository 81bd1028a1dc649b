"""``metastudio config``: what the stack's configuration holds, with either engine."""

from __future__ import annotations

import sys
from typing import Any

import click
from click.core import ParameterSource

from ...errors import ConfigurationError
from ..completion import complete_keys
from ..options import common_options
from .commands import make
from .selection import Selection


@click.group(invoke_without_command=True)
@common_options
@click.option("--show-secrets", is_flag=True, help="Print secret values in the clear.")
@click.pass_context
def config(context: click.Context, selected: Selection, as_json: bool, show_secrets: bool) -> None:
    """Read and write the stack's configuration.

    Without a command it lists all values, secret ones as [secret].
    """
    if context.invoked_subcommand is None:
        target = selected.target()
        target.require()
        sys.exit(selected.engine().list_config(target, as_json, show_secrets))
    # What stands before the subcommand is meant for it, as with the CLI.
    given = {
        name: value
        for name, value in context.params.items()
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }
    context.default_map = {context.invoked_subcommand: given}


@config.command("get")
@common_options
@click.argument("key", shell_complete=complete_keys)
def config_get(selected: Selection, as_json: bool, key: str) -> None:
    """Print the value of KEY, in the clear when it is secret.

    The exit code is 1 when there is none.
    """
    target = selected.target()
    target.require()
    sys.exit(selected.engine().get_config(target, key, as_json))


@config.command("rm")
@common_options
@click.argument("key", shell_complete=complete_keys)
def config_rm(selected: Selection, key: str, **_: Any) -> None:
    """Remove KEY; that there is none is no error."""
    target = selected.target()
    target.require()
    sys.exit(selected.engine().remove_config(target, key))


@config.command("set")
@common_options
@click.option("--secret", is_flag=True, help="Encrypt the value.")
@click.argument("key", shell_complete=complete_keys)
@click.argument("value", required=False)
def config_set(selected: Selection, secret: bool, key: str, value: str | None, **_: Any) -> None:
    """Set KEY to VALUE.

    A VALUE that is left out is asked for, or read from standard input.
    """
    chosen, target = selected.engine(), selected.target()
    make(chosen, target)
    if value is None:
        value = _asked(secret)
    sys.exit(chosen.set_config(target, key, value, secret))


def _asked(secret: bool) -> str:
    if sys.stdin.isatty():
        return str(click.prompt("value", hide_input=secret))
    try:
        return sys.stdin.read().rstrip("\n")
    except UnicodeDecodeError:
        raise ConfigurationError(
            f"the value on standard input is no {sys.stdin.encoding} text: a value is text"
        ) from None
