"""Whose job it is, and what may be done with it: the rule of docs/ownership.md.

Two tags go along with every job that is created. The label, ``pulumi:PROJECT:STACK:`` and twelve
hexadecimal digits of the URN's SHA-256, finds the jobs of a resource's name in one list request.
The proof, ``pulumi-owner:`` and the digits of backend and organization, tells which of them are
this stack's: two people's ``dev`` stacks have the same labels. Both are the provider's own: they
are in no output, and a program neither declares them nor sees them as drift.

A job that looks like a resource's own may be a colleague's. So nothing is touched without proof
that it belongs to this resource of this stack, and what was submitted is never made a second time
in silence. ``claim`` decides that from the evidence alone.
"""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..api.states import WAIT_FILE_UPLOAD

_LABEL = re.compile(r"pulumi:([^:]*):([^:]*):[0-9a-f]{12}")
_PROOF = re.compile(r"pulumi-owner:[0-9a-f]{16}")


@dataclass(frozen=True)
class Identity:
    """A resource of one stack in one backend.

    Attributes:
        urn: the resource's URN, which names project and stack.
        owner: digits that stand for backend and organization.
    """

    urn: str
    owner: str

    @property
    def stack(self) -> str:
        """The stack's name."""
        return self.urn.split("::")[0].rpartition(":")[2]

    @property
    def project(self) -> str:
        """The project's name."""
        return self.urn.split("::")[1]

    @property
    def label(self) -> str:
        """The tag that all jobs of resources with this URN have, whoever made them."""
        digest = hashlib.sha256(self.urn.encode()).hexdigest()[:12]
        return f"pulumi:{self.project}:{self.stack}:{digest}"

    @property
    def tags(self) -> tuple[str, str]:
        """What goes along with a job that is created."""
        return self.label, owner_tag(self.owner)

    @property
    def key(self) -> str:
        """32 hexadecimal digits of all of it."""
        return hashlib.sha256(f"{self.owner} {self.urn}".encode()).hexdigest()[:32]

    def proven_by(self, tags: Iterable[str] | None) -> bool:
        """Whether a job with these tags was made for this resource of this stack."""
        return set(self.tags) <= set(tags or ())


def owner_tag(owner: str) -> str:
    """The tag that proves backend and organization."""
    return f"pulumi-owner:{owner}"


def stack_of(tag: str) -> tuple[str, str] | None:
    """Project and stack that a label names; None for any other tag."""
    found = _LABEL.fullmatch(tag)
    return (found[1], found[2]) if found else None


def is_own_tag(tag: str) -> bool:
    """Whether the provider makes such tags itself."""
    return bool(_LABEL.fullmatch(tag) or _PROOF.fullmatch(tag))


def without_tags(tags: Sequence[str] | None) -> list[str] | None:
    """Tags as their owner gave them: without the provider's own."""
    return None if tags is None else [tag for tag in tags if not is_own_tag(tag)]


class Claim(enum.Enum):
    """What a creation does about a job that it finds at the service."""

    RECORDED = "a state records it: it is that resource's"
    GO_ON = "it is this resource's, unfinished: gone on with"
    TAKE = "it is this resource's, submitted as declared: recorded as it is"
    LEAVE = "it is left alone, a new job is made, a warning names it"
    STOP = "it was submitted and nothing records it: up stops"


@dataclass(frozen=True)
class Evidence:
    """What is known of a job that a creation finds.

    Attributes:
        state: the job's state.
        recorded: whether a state of the project's stacks records it; None when not all of them
            can be read.
        journalled: this machine's journal recorded its creation for this resource of this stack.
        tagged: its tags name this resource of this stack in this backend.
        kept: it stays at the service on purpose.
        fits: what is fixed at creation is as declared, and the rest can be brought along.
        same: the journal shows that just what is declared now was submitted.
    """

    state: str
    recorded: bool | None = False
    journalled: bool = False
    tagged: bool = False
    kept: bool = False
    fits: bool = True
    same: bool = False

    @property
    def proven(self) -> bool:
        """Whether it belongs to this resource of this stack."""
        return self.journalled or self.tagged


def claim(found: Evidence) -> Claim:
    """What to do about a job that was found."""
    if found.recorded:
        return Claim.RECORDED
    if not found.proven or found.kept:
        return Claim.LEAVE
    if found.state == WAIT_FILE_UPLOAD:
        return Claim.GO_ON if found.recorded is False and found.fits else Claim.LEAVE
    if found.recorded is False and found.journalled and found.same:
        return Claim.TAKE
    return Claim.STOP
