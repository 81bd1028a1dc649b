"""``File``: a file whose content the program declares."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

import pulumi

_SHA256 = re.compile("[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class File:
    """A file, and the digest that stands for its content.

    A preview compares the digest and reads nothing, so that the file need not be there. An upload
    reads it, and fails when what it sent has another digest.

    Args:
        path: a local path (relative to the program's folder, ``~`` allowed) or a URL.
        sha256: the SHA-256 of the content, 64 hexadecimal digits.
        size: its bytes, 1 or more; where they are known, a preview can tell them.

    Raises:
        pulumi.RunError: one of them is none, in one line.

    Example::

        File("anna.mp4", sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
    """

    path: str | os.PathLike[str] = field(repr=False)  # the query of a URL may be a signature
    sha256: str
    size: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.path, str | os.PathLike) or not os.fspath(self.path):
            raise pulumi.RunError(
                f"File: the path is {type(self.path).__name__}: give a path or a URL, as text"
            )
        if not isinstance(os.fspath(self.path), str):
            raise pulumi.RunError("File: the path is bytes: give a path or a URL, as text")
        if not isinstance(self.sha256, str) or not _SHA256.fullmatch(self.sha256):
            raise pulumi.RunError(
                f"File('{self._label}'): sha256 is {_shown(self.sha256)}: it must be 64 "
                "hexadecimal digits, as 'sha256sum' prints them"
            )
        number = isinstance(self.size, int) and not isinstance(self.size, bool)
        if self.size is not None and not (number and self.size > 0):
            raise pulumi.RunError(
                f"File('{self._label}'): size is {_shown(self.size)}: it must be a number of "
                "bytes, 1 or more"
            )

    def as_input(self) -> dict[str, str | int]:
        """What goes to the engine, which keeps no other kind of object."""
        parts = {"path": os.fspath(self.path), "sha256": self.sha256.lower(), "size": self.size}
        return {name: part for name, part in parts.items() if part is not None}

    @property
    def _label(self) -> str:
        path = os.fspath(self.path)
        if "://" not in path:
            return path
        scheme, _, rest = re.split("[?#]", path)[0].partition("://")
        host, slash, within = rest.partition("/")
        return f"{scheme}://{host.rpartition('@')[2]}{slash}{within}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
