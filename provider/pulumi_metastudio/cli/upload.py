"""``metastudio upload``: files for a job that exists."""

from __future__ import annotations

from typing import Any

import click

from .options import service_options
from .stacks.selection import Selection


@click.command()
@service_options
@click.argument("job_id")
@click.argument("files", nargs=-1, required=True, metavar="INPUT=FILE...")
@click.option("--submit", is_flag=True, help="Submit the job for review afterwards.")
def upload(
    selected: Selection, job_id: str, files: tuple[str, ...], submit: bool, **_: Any
) -> None:
    """Upload files to a job that exists.

    A file is given as training_video=anna.mp4, for example. The same code as a stack's uploads,
    with a progress bar; for a job that no stack manages.
    """
    from ..single_jobs.upload import upload as upload_files

    locations = dict(_pair(text) for text in files)
    context = selected.context()
    with _Bar() as bar:
        upload_files(context.telling(bar), job_id, locations, submit=submit)


def _pair(text: str) -> tuple[str, str]:
    from ..lifecycle import FILES

    name, separator, location = text.partition("=")
    if not separator or name not in FILES:
        raise click.UsageError(
            f"'{text}': write INPUT=FILE, with one of {', '.join(FILES)}",
            click.get_current_context(),
        )
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
        from rich.text import Text

        self._status.update(Text(text))  # a file's name is text and no markup
        if not self._console.is_terminal:
            click.echo(text, err=True)

    def info(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    warning = error = info
