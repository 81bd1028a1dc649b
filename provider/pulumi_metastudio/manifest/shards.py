"""Which jobs of a manifest belong to which of several stacks.

Each resource goes where its name weighs most (rendezvous hashing; Thaler and Ravishankar 1998), so
that a job more or less moves no other, and another shard moves only what it takes: with a ninth
beside eight, a ninth of all jobs. The name alone counts, and neither the batch's name nor the place
in the file: both can change without a job being made anew.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from ..errors import InputError

#: More than any runner's matrix has (GitHub Actions 256, GitLab CI 200).
MOST = 1000


@dataclass(frozen=True)
class Shard:
    """One share of a manifest.

    Attributes:
        number: which, from 1.
        count: of how many.
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: object) -> Shard:
        """The shard that a text such as ``3/8`` names.

        Raises:
            InputError: it names none.
        """
        written = (
            re.fullmatch(r"(\d{1,4})/(\d{1,4})", text, re.ASCII) if type(text) is str else None
        )
        if written and 1 <= int(written[1]) <= int(written[2]) <= MOST:
            return cls(int(written[1]), int(written[2]))
        shown = repr(text) if isinstance(text, str | int | float) else f"a {type(text).__name__}"
        raise InputError(
            f"shard is {shown[:40]}: give which of how many, '1/8' to '8/8' for eight "
            f"(at most {MOST}), or leave it out for the whole manifest"
        )

    def takes(self, resource: str) -> bool:
        """Whether the job of a resource belongs to this shard."""
        return shard_of(resource, self.count) == self.number

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def shard_of(resource: str, count: int) -> int:
    """The number, from 1, of the shard to which the job of a resource belongs.

    It is fixed for ever, on any machine: another one would be another stack, where the job is made,
    and billed, anew.
    """
    return max(range(1, count + 1), key=lambda number: _weight(number, resource))


def _weight(number: int, resource: str) -> bytes:
    # A YAML text may hold half a character, which has no bytes of its own.
    return hashlib.sha256(f"{number}\n{resource}".encode(errors="surrogatepass")).digest()
