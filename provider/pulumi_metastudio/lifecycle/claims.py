"""May this job be touched? The rule of docs/ownership.md, decided from the evidence alone.

A job that looks like a resource's own may be a colleague's: their ``dev`` stack has the same URNs.
So nothing is touched without proof that it belongs to this resource of this stack, and what was
submitted is never made a second time in silence.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ..api.states import WAIT_FILE_UPLOAD

__all__ = ["Claim", "Evidence", "claim"]


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
