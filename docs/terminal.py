"""Pictures of a terminal in which a command really runs, as SVG.

The command gets a terminal of its own of the given size. What it writes is kept as a screen; the
picture is the last screen on which a text was seen, or the last one of all.
"""

from __future__ import annotations

import os
import pty
import re
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fcntl import ioctl
from io import StringIO
from itertools import groupby
from pathlib import Path
from termios import TIOCSWINSZ

import pyte
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

_BLUES = [(88, 166, 255), (188, 140, 255), (57, 197, 207), (177, 186, 196)]
_BRIGHT_BLUES = [(121, 192, 255), (210, 168, 255), (86, 212, 221), (240, 246, 252)]
#: Dark, as most terminals are; the pages around it may be either.
THEME = TerminalTheme(
    (22, 27, 34),
    (230, 237, 243),
    [(72, 79, 88), (255, 123, 114), (63, 185, 80), (210, 153, 34), *_BLUES],
    [(110, 118, 129), (255, 161, 152), (86, 211, 100), (227, 179, 65), *_BRIGHT_BLUES],
)
_NAMES = {"brown": "yellow", "default": None}


@dataclass(frozen=True)
class Screen:
    """What stood on a terminal at one moment: a text for each line, with its colours."""

    lines: tuple[Text, ...]

    @classmethod
    def of(cls, screen: pyte.Screen) -> Screen:
        """A copy of what stands on a screen, without the empty lines at its end."""
        lines = [_line(screen, number) for number in range(screen.lines)]
        while lines and not lines[-1].plain:
            lines.pop()
        return cls(tuple(lines))

    @property
    def plain(self) -> str:
        """Its text."""
        return "\n".join(line.plain for line in self.lines)

    def beginning_with(self, word: str) -> Screen:
        """The screen from the first line that begins with a word."""
        begin = next((n for n, line in enumerate(self.lines) if line.plain.startswith(word)), 0)
        return Screen(self.lines[begin:])

    def svg(self, columns: int, title: str) -> str:
        """The screen as a picture of a terminal."""
        console = Console(record=True, width=columns, file=StringIO(), legacy_windows=False)
        for line in (*self.lines, Text()):
            console.print(line, no_wrap=True, overflow="crop", highlight=False)
        return _without_fonts(console.export_svg(title=title, theme=THEME))


def record(
    command: Sequence[str],
    *,
    columns: int,
    rows: int,
    folder: Path,
    environment: Mapping[str, str],
    until: str = "",
) -> tuple[Screen, int]:
    """Run a command in a terminal of its own.

    Args:
        columns, rows: the terminal's size.
        folder: where it runs.
        until: a regular expression; the screen is the last that it was found on.

    Returns:
        The screen (the last of all where ``until`` was never found), and the exit code.
    """
    screen = pyte.Screen(columns, rows)
    stream = pyte.ByteStream(screen)
    seen: Screen | None = None
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvpe(command[0], list(command), dict(environment))
    ioctl(terminal, TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    while block := _read(terminal):
        stream.feed(block)
        if until and re.search(until, "\n".join(screen.display)):
            seen = Screen.of(screen)
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    return seen or Screen.of(screen), os.waitstatus_to_exitcode(status)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # on Linux, the end
        return b""


def _line(screen: pyte.Screen, number: int) -> Text:
    text = Text()
    row = screen.buffer[number]
    for style, run in groupby((row[column] for column in range(screen.columns)), _style):
        text.append("".join(char.data for char in run), style)
    text.rstrip()
    return text


def _style(char: pyte.screens.Char) -> Style:
    return Style(
        color=_colour(char.fg), bgcolor=_colour(char.bg), bold=char.bold, reverse=char.reverse
    )


def _colour(name: str) -> str | None:
    if re.fullmatch("[0-9a-f]{6}", name):
        return f"#{name}"
    bright = name.startswith("bright")
    name = name.removeprefix("bright")
    known = _NAMES.get(name, name)
    return f"bright_{known}" if known and bright else known


def _without_fonts(svg: str) -> str:
    """A picture that asks no other host for a font."""
    return re.sub(r"@font-face \{.*?\}\n?", "", svg, flags=re.DOTALL).replace(
        "Fira Code", "ui-monospace, SFMono-Regular, Menlo, Consolas, Liberation Mono"
    )


if __name__ == "__main__":
    sys.exit("this module is used by docs/scenes.py")
