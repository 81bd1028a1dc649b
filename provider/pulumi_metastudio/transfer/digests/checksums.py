"""The file that ``sha256sum`` of coreutils writes, and checks with ``-c``.

A line is 64 hexadecimal digits, a space, a second space (text) or ``*`` (binary), and a name. A
name with a backslash, a line feed or a carriage return is escaped (``\\\\``, ``\\n``, ``\\r``), and
its line begins with a backslash. ``--tag`` writes ``SHA256 (name) = digest`` instead. Source: the
manual of GNU coreutils, "md5sum invocation" and "cksum output modes".
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ...errors import InputError

#: Beside the files that it is about.
SUMS_NAME = "SHA256SUMS"

_LINE = re.compile(rb"(\\?)([0-9a-fA-F]{64}) [ *](.+)", re.DOTALL)
_TAGGED = re.compile(rb"(\\?)SHA256 \((.+)\) = ([0-9a-fA-F]{64})", re.DOTALL)
_ESCAPES = {b"\\\\": b"\\", b"\\n": b"\n", b"\\r": b"\r"}
_ESCAPE = re.compile(rb"\\(.|$)", re.DOTALL)


@dataclass(frozen=True)
class Entry:
    """One line: a file's name as it stands there, and its SHA-256 in small letters."""

    name: str
    sha256: str


def parse_sums(text: bytes, label: str) -> Iterator[Entry]:
    """The entries of a checksum file, in its order; comments and blank lines are passed over.

    Args:
        label: what to call the file in an error.

    Raises:
        InputError: a line is no entry; it names the file and the line.
    """
    for number, raw in enumerate(text.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        line = raw.removesuffix(b"\r").lstrip(b" \t")
        if not line or line.startswith(b"#"):
            continue
        try:
            yield _entry(line)
        except ValueError:
            raise InputError(
                f"'{label}', line {number} is no line of sha256sum (64 hexadecimal digits, two "
                "spaces, a file's name): correct it, or write the file again by 'metastudio "
                "fingerprint'"
            ) from None


def _entry(line: bytes) -> Entry:
    if found := _LINE.fullmatch(line):
        escape, digest, name = found.groups()
    elif found := _TAGGED.fullmatch(line):
        escape, name, digest = found.groups()
    else:
        raise ValueError
    if escape:
        name = _ESCAPE.sub(lambda each: _unescaped(each[0]), name)
    if b"\0" in name:
        raise ValueError  # of `sha256sum --zero`: a list of another form
    return Entry(os.fsdecode(name), digest.decode().lower())


def _unescaped(sequence: bytes) -> bytes:
    if sequence not in _ESCAPES:
        raise ValueError
    return _ESCAPES[sequence]


def escaped(entry: Entry) -> bytes:
    """An entry as ``sha256sum`` writes it, with its line feed."""
    name = os.fsencode(entry.name)
    plain = name.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    return (b"" if plain == name else b"\\") + f"{entry.sha256}  ".encode() + plain + b"\n"


def read_sums(file: Path) -> dict[str, str]:
    """SHA-256 by name of the files that a checksum file lists of its own folder; none without it.

    Raises:
        InputError: it cannot be read, a line is no entry, or two lines contradict each other.
    """
    try:
        found = file.stat()
        return _read(str(file), found.st_mtime_ns, found.st_size, found.st_ino)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise InputError(f"'{file}' cannot be read: {error.strerror}") from None


@lru_cache(64)
def _read(file: str, *_validator: int) -> dict[str, str]:
    """One file serves all material beside it, hence the memory."""
    digests: dict[str, str] = {}
    for entry in parse_sums(Path(file).read_bytes(), file):
        name = os.path.normpath(entry.name)
        if digests.setdefault(name, entry.sha256) != entry.sha256:
            raise InputError(
                f"'{file}' has two different digests of {name!r}: remove the line that is wrong, "
                "or write the file again by 'metastudio fingerprint'"
            )
    return digests
