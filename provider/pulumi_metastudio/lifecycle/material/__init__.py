"""The files of a job: what is declared of each, what a check finds out, what an upload needs."""

from .contents import completed, content, known_size, origin
from .declared import declared, location
from .look import Look
from .ready import differing, open_real, ready
from .rules import faults

__all__ = [
    "Look",
    "completed",
    "content",
    "declared",
    "differing",
    "faults",
    "known_size",
    "location",
    "open_real",
    "origin",
    "ready",
]
