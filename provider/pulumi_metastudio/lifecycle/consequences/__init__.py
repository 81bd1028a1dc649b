"""What follows from a change: its price, the fate of the job before, and how both are told."""

from .credits import Credits, ask_credits, credits_of, remaining
from .deletion import Fate, fate
from .editions import Edition, edition
from .notices import (
    PRIVATE,
    Notice,
    Topic,
    adoption,
    credits_left,
    in_place,
    new_job,
    replaced_job,
    submission,
)

__all__ = [
    "PRIVATE",
    "Credits",
    "Edition",
    "Fate",
    "Notice",
    "Topic",
    "adoption",
    "ask_credits",
    "credits_left",
    "credits_of",
    "edition",
    "fate",
    "in_place",
    "new_job",
    "remaining",
    "replaced_job",
    "submission",
]
