"""The open questions about the service, as data.

Where the vendor's documents are silent or contradict themselves, a question stands here: how it is
asked, what each answer means, and which switch of the emulator it decides. Questions that would
need a submitted job, which is billed, stand here too, so that a report leaves none out.
"""

from __future__ import annotations

from collections.abc import Mapping

from .changes import LISTS, RATES, UPDATES, UPLOADS
from .creation import CREATION, READING
from .model import LARGER_PART, SMALL_PART, Needs, Question, Switch

__all__ = [
    "BY_ID",
    "LARGER_PART",
    "QUESTIONS",
    "SMALL_PART",
    "SWITCHES",
    "Needs",
    "Question",
    "Switch",
]

QUESTIONS: tuple[Question, ...] = (
    *READING,
    *CREATION,
    *UPLOADS,
    *UPDATES,
    *LISTS,
    *RATES,
)
BY_ID: Mapping[str, Question] = {question.id: question for question in QUESTIONS}
#: Every switch that some question is about, in the order of the questions.
SWITCHES: tuple[str, ...] = tuple(dict.fromkeys(q.switch for q in QUESTIONS if q.switch))
