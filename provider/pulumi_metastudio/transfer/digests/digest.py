"""Which digest stands for a local file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .checksums import SUMS_NAME, read_sums
from .lfs_pointer import read_pointer


@dataclass(frozen=True)
class Digest:
    """What is declared of a file's content.

    Attributes:
        sha256: 64 hexadecimal digits, small letters.
        size: bytes; None where the declaration does not say.
        origin: who declares it, for messages.
    """

    sha256: str
    size: int | None
    origin: str


def digest_beside(file: Path) -> Digest | None:
    """The digest of a Git LFS pointer in the file's place, else of SHA256SUMS in its folder.

    Raises:
        InputError: one of them is damaged.
    """
    pointer = read_pointer(file)
    if pointer:
        return Digest(*pointer, f"the Git LFS pointer '{file}'")
    sums = file.parent / SUMS_NAME
    sha256 = read_sums(sums).get(file.name)
    return Digest(sha256, None, f"'{sums}'") if sha256 else None
