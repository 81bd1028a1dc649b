"""Options that several commands take."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .completion import complete_stacks
from .stacks.selection import Selection

if TYPE_CHECKING:
    from click.decorators import FC

Command = Callable[..., None]

app_user_option: Callable[[FC], FC] = click.option(
    "--app-user-id", help="The sub-user id the job was made with."
)
yes_option: Callable[[FC], FC] = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
job_argument: Callable[[FC], FC] = click.argument("job_id")


def common_options(command: Command) -> Command:
    """The options that every command takes: it is called with ``selected`` and ``as_json``."""

    @functools.wraps(command)
    def with_selection(
        engine: str, folder: Path, stack: str | None, account: str | None = None, **rest: Any
    ) -> None:
        command(selected=Selection(engine, folder, stack, account), **rest)

    decorated: Command = with_selection
    for option in (
        click.option(
            "--stack",
            "-s",
            metavar="NAME",
            shell_complete=complete_stacks,
            help="The stack; by default PULUMI_STACK, else what 'pulumi stack select' chose.",
        ),
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
            help="The folder of a Pulumi.yaml, or one below it; by default this one.",
        ),
    ):
        decorated = option(decorated)
    return decorated


def service_options(command: Command) -> Command:
    """Those, and of which account, for a command that talks to the service."""
    option = click.option(
        "--account",
        metavar="NAME",
        help="The account, as the stack's configuration names it; by default the one without.",
    )
    decorated: Command = option(common_options(command))
    return decorated


_TEXTS = {
    "state": "One state, or several with commas between them.",
    "name": "The job's name.",
    "batch_name": "The batch.",
    "tag": "A label.",
    "job_id": "One job.",
    "create_since": "Made at or after, such as 2026-01-31T00:00:00Z.",
    "create_until": "Made at or before.",
    "update_since": "Updated by its user at or after.",
    "update_until": "Updated at or before; the documents contradict themselves on it.",
    "model_resolution": "1080P or 4K.",
    "train_location": "The training region.",
    "query_project_id": "Jobs of this tenant.",
    "app_user_id": "The sub-user id the jobs were made with.",
}
_FLAGS = {
    "is_flexus": "Of the Flexus edition.",
    "is_live_copy": "Livestream avatars.",
    "is_ondemand_resource": "On-demand jobs.",
}


def job_filters(command: Command) -> Command:
    """The options that choose jobs: every filter of the service's list."""
    for name, text in reversed(_FLAGS.items()):
        plain = name.removeprefix("is_").replace("_", "-")
        flag = click.option(f"--{plain}/--no-{plain}", name, default=None, help=text)
        command = flag(command)
    for name, text in reversed(_TEXTS.items()):
        command = click.option(f"--{name.replace('_', '-')}", name, help=text)(command)
    return command
