"""The command's entry: a group whose subcommands are imported when they are called."""

from __future__ import annotations

import errno
import importlib
import io
import sys
import traceback
from typing import Any

import click

from .. import __version__
from ..common.logs import configure_logging, debugging
from ..common.redact import hide_queries, one_line
from ..errors import MetaStudioError

# Where each subcommand lives. The emulator's are in a package that a production installation
# does not need, so nothing here may import it before it is asked for.
_COMMANDS = {
    "up": ("pulumi_metastudio.cli.stacks.commands", "up"),
    "preview": ("pulumi_metastudio.cli.stacks.commands", "preview"),
    "review": ("pulumi_metastudio.cli.review", "review"),
    "refresh": ("pulumi_metastudio.cli.stacks.commands", "refresh"),
    "destroy": ("pulumi_metastudio.cli.stacks.commands", "destroy"),
    "outputs": ("pulumi_metastudio.cli.stacks.commands", "outputs"),
    "cancel": ("pulumi_metastudio.cli.stacks.commands", "cancel"),
    "config": ("pulumi_metastudio.cli.stacks.configuration", "config"),
    "sweep": ("pulumi_metastudio.cli.sweep", "sweep"),
    "upload": ("pulumi_metastudio.cli.upload", "upload"),
    "fingerprint": ("pulumi_metastudio.cli.fingerprint", "fingerprint"),
    "batch": ("pulumi_metastudio.cli.batch", "batch"),
    "jobs": ("pulumi_metastudio.cli.jobs.group", "jobs"),
    "credits": ("pulumi_metastudio.cli.credits", "credits"),
    "adopt": ("pulumi_metastudio.cli.adopt", "adopt"),
    "probe": ("pulumi_metastudio.cli.probe", "probe"),
    "emulator": ("metastudio_emulator.command_line", "emulator"),
    "samples": ("metastudio_emulator.command_line", "samples"),
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def main(self, *args: Any, **extra: Any) -> Any:
        # A name that the terminal's encoding has no letters for is no reason to print nothing.
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        if not extra.get("standalone_mode", True):
            return super().main(*args, **extra)
        extra["standalone_mode"] = False
        try:
            code = super().main(*args, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.UsageError as error:
            click.echo(_usage(error), err=True)
            sys.exit(error.exit_code)
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
        except click.Abort as error:
            click.echo("Aborted!", err=True)
            if _by_hand(error):
                raise KeyboardInterrupt from None
            sys.exit(1)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> object:
        try:
            configure_logging()
            return super().invoke(ctx)
        except MetaStudioError as error:
            if debugging():
                click.echo(hide_queries(traceback.format_exc()), err=True)
            raise click.ClickException(str(error)) from None
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader had enough
                raise
            named = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{named}{error.strerror or error}") from None
        except UnicodeEncodeError as error:
            # A shell passes on bytes that are none, which Python keeps as they are.
            text = ascii(error.object[error.start : error.end])
            raise click.ClickException(f"{text} on the command line is no text") from None


def _version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if not asked or context.resilient_parsing:
        return
    from importlib.metadata import version

    from .stacks import engines

    click.echo(f"metastudio {__version__}")
    click.echo(f"Pulumi SDK {version('pulumi')}")
    click.echo(f"engine: {engines.described()}")
    context.exit()


def _usage(error: click.UsageError) -> str:
    """What is wrong with a command line, and where to look, in one line."""
    said = one_line(error.format_message())
    command = error.ctx.command_path if error.ctx else "metastudio"
    return f"Error: {said}{'' if said.endswith(('.', '?')) else '.'} See '{command} --help'"


def _by_hand(error: click.Abort) -> bool:
    """Whether Ctrl-C ended the command, and no answer to a question."""
    cause = error.__cause__ or error.__context__
    return isinstance(cause, KeyboardInterrupt)


@click.group("metastudio", cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="Show the versions and the engine, and exit.",
)
def main() -> None:
    """MetaStudio training jobs: run a stack, or a local service."""
