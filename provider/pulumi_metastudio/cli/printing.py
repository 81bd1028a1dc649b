"""What may be printed of jobs, and how."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..api import Job


def masked(text: str) -> str:
    """A phone number or address with its ends only, ``138****8000``; a short one not at all."""
    return f"{text[:3]}****{text[-4:]}" if len(text) > 9 else "****"


def printable(job: Job) -> dict[str, Any]:
    """What may be printed of a job, by wire names: no URL, the contact masked."""
    from ..api.states import console_status

    shown = _without_urls(job.model_dump(mode="json", exclude_none=True))
    if job.contact:
        shown["contact"] = masked(job.contact)
    return {**shown, "console_status": console_status(job.state)}


def _without_urls(value: Any) -> Any:
    if isinstance(value, dict):
        return {n: _without_urls(v) for n, v in value.items() if not n.endswith("_url")}
    return [_without_urls(each) for each in value] if isinstance(value, list) else value


def print_json(value: Any) -> None:
    """Print JSON, with escapes where the output's encoding may lack a letter."""
    import json

    readable = (sys.stdout.encoding or "").lower().startswith("utf")
    click.echo(json.dumps(value, indent=2, ensure_ascii=not readable))


def print_table(names: tuple[str, ...], rows: list[list[str]], empty: str = "no job") -> None:
    """Print rows under names, or what there is to say without any."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        click.echo(empty)
        return
    table = Table(*names, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # a name is text and no markup
    # A pipe gets whole lines, however long; a terminal wraps them.
    Console(width=None if sys.stdout.isatty() else 200).print(table)
