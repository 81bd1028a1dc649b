"""``python -m benchmarks [NAME...]``: measure, and print one table."""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from . import (  # noqa: F401  each enters itself
    digests,
    engines,
    imports,
    limits,
    memory,
    parts,
    preview,
    refresh,
    shards,
    thousand,
    upload,
)
from .registry import MEASUREMENTS, Row

_WIDTH = 150


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASUREMENTS))
    parser.add_argument("--folder", type=Path, help="where to make files of gigabytes")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in MEASUREMENTS]
    if unknown:
        parser.error(f"no measurement {unknown[0]!r}: there are {', '.join(MEASUREMENTS)}")

    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)  # a pipe has none of its own
    table = Table("what", "ours", "yardstick", "ratio", "limit", "kept", title=_circumstances())
    for name in options.names or MEASUREMENTS:
        console.print(f"[bold]{name}[/bold]  (load {os.getloadavg()[0]:.1f})")
        with tempfile.TemporaryDirectory(prefix="benchmark-", dir=options.folder) as folder:
            rows = MEASUREMENTS[name](Path(folder), lambda text: console.print("  " + text))
            for row in rows:
                table.add_row(*_cells(row))
        table.add_section()
    console.print(table)
    console.print("Times are least / median. Load of other programs makes them worse.")


def _cells(row: Row) -> tuple[str, ...]:
    verdict = {True: "yes", False: "[red]no[/red]", None: ""}[row.kept]
    return row.what, row.ours, row.yardstick, row.ratio, row.limit, verdict


def _circumstances() -> str:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    python = platform.python_version()
    date = datetime.date.today().isoformat()
    return f"{date}, {os.cpu_count()} cores, Python {python}, load at start {load}"


if __name__ == "__main__":
    main()
