"""A CSV manifest: a row of input names, and a row for each job."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from .inputs import COLUMNS, INPUTS, PARTS, Document, unknown_input
from .messages import shown


def read_csv(text: str, problems: list[str]) -> Document:
    """Rows, numbered as a spreadsheet numbers them: the header is row 1."""
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header, *rows = [[cell.strip() for cell in row] for row in lines] or [[]]
    except csv.Error as error:
        # A quote that nothing closes is noticed at the end of the file.
        place = f"line {lines.line_num} or before"
        problems.append(f"{place}: broken CSV, {error}: mend the quotes there")
        return Document()
    if not set(header) & set(COLUMNS):
        # Without its header a table begins with somebody's name and phone number: show nothing.
        hint = "separate cells by commas, and " if {";", "\t"} & set("".join(header)) else ""
        problems.append(
            f"row 1 names no input: {hint}let it name them, such as name,training_video"
        )
        return Document()
    problems += [f"row 1: {error}" for error in _columns(header)]
    found = Document()
    for number, row in enumerate(rows, 2):
        cells, beyond = row[: len(header)], row[len(header) :]
        if any(beyond):
            # Its cells are in wrong columns: other messages about them would mislead.
            problems.append(
                f"row {number} has {len(row)} cells, the header {len(header)}: "
                'put "quotes" around a text with a comma'
            )
        elif any(cells):
            given = {name: cell for name, cell in zip(header, cells, strict=False) if cell}
            found.jobs.append((f"row {number}", _with_objects(given)))
    return found


def _columns(header: list[str]) -> Iterator[str]:
    while header and not header[-1]:
        header.pop()
    for number, name in enumerate(header, 1):
        if not name:
            yield f"column {number} has no name: name its input, or remove it"
        elif name in header[: number - 1]:
            yield f"{shown(name)} is there twice: remove one of the two columns"
        elif name in INPUTS and name not in COLUMNS:
            yield f"{name} does not fit into a cell: give the columns {', '.join(PARTS)}"
        elif name not in COLUMNS:
            yield unknown_input(name, COLUMNS)


def _with_objects(cells: dict[str, str]) -> dict[str, Any]:
    """The cells of known columns; unknown ones have been reported."""
    given: dict[str, Any] = {}
    for name, cell in cells.items():
        whole, _, part = name.partition(".")
        if name in PARTS:
            given.setdefault(whole, {})[part] = cell
        elif name in COLUMNS:
            given[name] = cell
    return given
