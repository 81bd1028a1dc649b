"""``metastudio review``: what a previewed change means, for the people who must agree to it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from ..errors import ConfigurationError, InputError
from .options import common_options
from .printing import print_json
from .stacks.selection import Selection

#: Other than the codes of the engines: a gate is no failure of the preview.
GATE_CLOSED = 9
_GATES = ("bill", "rebill", "delete", "abandon", "personal-data")


def _gates(_: click.Context, __: click.Parameter, given: str | None) -> tuple[str, ...]:
    chosen = tuple(each.strip() for each in (given or "").split(",") if each.strip())
    for each in chosen:
        if each not in _GATES:
            raise click.BadParameter(f"{each!r}: choose from {', '.join(_GATES)}")
    return chosen


@click.command()
@click.argument("file", required=False, type=click.Path(allow_dash=True))
@common_options
@click.option("--refresh", "-r", is_flag=True, help="Read the service's side first.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["auto", "markdown", "text"]),
    default="auto",
    show_default=True,
    help="auto: text in a terminal, else Markdown.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write it to a file.")
@click.option(
    "--limit",
    type=click.IntRange(min=8192),
    help="The most characters of Markdown; by default the 65536 that a comment takes.",
)
@click.option(
    "--fail-on",
    metavar="LIST",
    callback=_gates,
    help=f"End with {GATE_CLOSED} when one applies: {','.join(_GATES)}.",
)
def review(
    file: str | None,
    selected: Selection,
    as_json: bool,
    refresh: bool,
    form: str,
    out: Path | None,
    limit: int | None,
    fail_on: tuple[str, ...],
) -> None:
    """Say what a previewed change costs, loses and sends.

    FILE holds what 'pulumi preview --json' printed, '-' is standard input; without FILE the
    preview is made here. A file is read without any access to the service.
    """
    from ..review import as_json as json_of
    from ..review import markdown, plain_text, read_preview, review_of

    found = review_of(read_preview(_preview(file, selected, refresh)))
    text: Any
    if as_json:
        text = json_of(found)
    elif form == "text" or (form == "auto" and not out and sys.stdout.isatty()):
        text = plain_text(found)
    else:
        text = markdown(found, limit) if limit else markdown(found)
    _write(text, out)
    if found.errors:
        sys.exit(1)
    closed = [name for name in fail_on if name in {each.value for each in found.found}]
    if closed:
        click.echo(f"gate closed: {', '.join(closed)}", err=True)
        sys.exit(GATE_CLOSED)


def _preview(file: str | None, selected: Selection, refresh: bool) -> str:
    if file is None:
        target = selected.target()
        target.require()
        return selected.engine().preview_json(target, refresh=refresh)
    if refresh:
        raise ConfigurationError(
            "--refresh goes with a preview made here: leave FILE out, or give --refresh to the "
            "preview that wrote it"
        )
    try:
        if file == "-":
            return sys.stdin.buffer.read().decode("utf-8-sig")
        return Path(file).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{file}: is no UTF-8 text: give what 'preview --json' prints") from None


def _write(text: Any, out: Path | None) -> None:
    if out:
        import json

        written = text if isinstance(text, str) else json.dumps(text, indent=2, ensure_ascii=False)
        out.write_text(written.rstrip("\n") + "\n", encoding="utf-8")
    elif isinstance(text, str):
        click.echo(text.rstrip("\n"))
    else:
        print_json(text)
