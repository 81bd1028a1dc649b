"""Code blocks of Markdown pages, and a reader who follows them in a shell.

>>> reader = Reader(folder, environment)        # an empty folder, and the variables of its shell
>>> reader.follow(blocks(page))                 # AssertionError names page, line, command, output

What each block is to a reader:

- ``console``: lines that begin with ``$ `` are commands, lines with ``> `` go on with the one
  before; what follows is what they print, compared where it is there. A line ``...`` stands for
  any lines, ``…`` for any text within one. A command ends with 0.
- a block with ``title="NAME"`` is written to that file, in the reader's first folder.
- other ``python`` blocks of a page are one program, in order, for ``fragments`` to run.
- ``json``, ``yaml``, ``toml`` and ``csv`` are read; ``text`` is a picture of something.
- one below ``<!-- not run: REASON -->`` is for people only.

All commands of a page run in one shell, so that what it sets or where it goes lasts. Questions of
``up``, ``refresh``, ``destroy`` and ``probe`` are answered with yes, by ``--yes``; any other
finds a line ``an answer`` on its standard input. ``pulumi`` is the Pulumi CLI where there is one,
else the same command of ``metastudio``.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml
from markdown_it import MarkdownIt

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_NOT_RUN = re.compile(r"<!-- not run: (.+?) -->\s*", re.DOTALL)
_TITLE = re.compile(r'title="([^"]+)"')
_MARK = "\x1e"

_READERS: dict[str, Callable[[str], object]] = {
    "json": json.loads,
    "yaml": yaml.safe_load,
    "toml": tomllib.loads,
    "csv": lambda text: list(csv.DictReader(io.StringIO(text), strict=True)),
}

#: What a shell takes for the two commands.
_SHELL = """
start=$PWD
leave() { # a service in the background ends with its page
    find "$start/.." -maxdepth 4 -path "*/.local/emulator" | while read -r data; do
        command metastudio emulator --data "$data" --stop
    done >/dev/null 2>&1
}
trap leave EXIT
metastudio() {
    case "$1" in
        up|refresh|destroy) command metastudio "$@" --yes --skip-preview ;;
        probe) command metastudio "$@" --yes ;;
        *) command metastudio "$@" ;;
    esac
}
"""
_WITHOUT_CLI = """
pulumi() {
    case "$1" in
        up|preview|refresh|destroy|config|cancel) metastudio "$@" ;;
        *) echo "skipped: 'pulumi $1' takes the Pulumi CLI, which is not on PATH" ;;
    esac
}
"""
_WITH_CLI = """
pulumi() {
    case "$1" in
        up|refresh|destroy) command pulumi "$@" --yes --skip-preview --non-interactive ;;
        preview) command pulumi "$@" --non-interactive ;;
        *) command pulumi "$@" ;;
    esac
}
"""


@dataclass(frozen=True)
class Block:
    """A code block.

    Attributes:
        line: where it begins in the page, from 1.
        title: the file that it is; ``""`` where it is none.
        not_run: why nobody can run it; ``""`` where everybody can.
    """

    page: Path
    line: int
    language: str
    title: str
    text: str
    not_run: str

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        return f"{self.page.name}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A command of a ``console`` block, and the lines that it is shown to print."""

    block: Block
    text: str
    prints: tuple[str, ...]


def blocks(page: Path) -> list[Block]:
    """The code blocks of a page, in order, those in lists too."""
    found, reason = [], ""
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type == "fence":
            language, _, rest = token.info.partition(" ")
            title = _TITLE.search(rest)
            line = token.map[0] + 1 if token.map else 0
            name = title[1] if title else ""
            found.append(Block(page, line, language, name, token.content, reason))
        marked = _NOT_RUN.fullmatch(token.content) if token.type == "html_block" else None
        reason = " ".join(marked[1].split()) if marked else ""
    return found


def commands(block: Block) -> list[Command]:
    """The commands of a ``console`` block."""
    found: list[tuple[list[str], list[str]]] = []
    for line in block.text.splitlines():
        goes_on = found and not found[-1][1] and found[-1][0][-1].endswith("\\")
        if line.startswith("$ "):
            found.append(([line[2:]], []))
        elif goes_on or (found and line.startswith("> ")):
            found[-1][0].append(line.removeprefix("> "))
        else:
            assert found, f"{block.place}: '{line}' belongs to no command: begin it with '$ '"
            found[-1][1].append(line)
    return [Command(block, "\n".join(words), tuple(prints)) for words, prints in found]


class Reader:
    """Somebody at a shell, in a folder of their own.

    Args:
        folder: where pages are followed.
        environment: all variables of the shell; PATH must have the ``metastudio`` to be used.
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment

    def follow(self, page: Iterable[Block], patience: float = 240) -> dict[str, str]:
        """Do what a page says, block by block; gives what each command printed.

        Raises:
            AssertionError: a command failed, or printed something else than the page shows.
        """
        script = [_SHELL, _WITH_CLI if self._has_cli() else _WITHOUT_CLI]
        typed: list[Command] = []
        for block in page:
            if block.not_run:
                continue
            if block.language in _READERS:
                _READERS[block.language](block.text)
            if block.title:
                script.append(_write(self.folder / block.title, block.text))
            elif block.language == "console":
                for command in commands(block):
                    script.append(_run(len(typed), command.text))
                    typed.append(command)
        done = subprocess.run(
            ["bash", "-c", "\n".join(script)],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=patience,
            check=False,
        )
        parts = done.stdout.split(_MARK)
        ended = zip(parts[1::3], parts[2::3], parts[3::3], strict=False)
        said = {int(number): (text, code) for number, text, code in ended}
        for number, command in enumerate(typed):
            text, code = said.get(number, ("the shell has ended before", ""))
            where = f"{command.block.place}: {command.text}\n{text}"
            assert code.strip() == "0", f"{where}\nexit code {code.strip() or 'unknown'}"
            if not text.startswith("skipped: "):
                assert shows(command.prints, text), f"{where}\nThe page shows:\n" + "\n".join(
                    command.prints
                )
        return {command.text: said[number][0] for number, command in enumerate(typed)}

    def _has_cli(self) -> bool:
        return shutil.which("pulumi", path=self.environment["PATH"]) is not None


def fragments(page: Iterable[Block]) -> str:
    """The ``python`` blocks of a page that are no files, as one program."""
    parts = [
        f"# {block.place}\n{block.text}"
        for block in page
        if block.language == "python" and not block.title and not block.not_run
    ]
    return "\n".join(parts)


def shows(prints: Iterable[str], text: str) -> bool:
    """Whether a page shows what was printed; nothing shown is right for anything."""
    lines = [line.rstrip() for line in prints]
    if not any(lines):
        return True
    pattern = "".join(
        r"(?:.*\n)*?" if line == "..." else re.escape(line).replace("…", ".*") + "[ \t]*\n"
        for line in lines
    )
    return re.fullmatch(pattern, text.strip("\n") + "\n") is not None


def _write(file: Path, text: str) -> str:
    return f"mkdir -p {shlex.quote(str(file.parent))}\nprintf %s {shlex.quote(text)} > " + (
        shlex.quote(str(file))
    )


def _run(number: int, command: str) -> str:
    """A command between marks, in the shell itself, so that ``cd`` and ``export`` last."""
    return (
        f"printf '\\036{number}\\036'\n{{ {command}\n}} 2>&1 <<< 'an answer'\n"
        "printf '\\036%s' \"$?\""
    )
