"""What a question is."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

Switch = bool | int
#: The sizes of the parts that ``small_parts`` tries, in bytes.
SMALL_PART, LARGER_PART = 1024, 100 * 1024


class Needs(enum.Enum):
    """What a question needs."""

    READING = "reading"
    JOBS = "jobs"
    RATES = "rates"
    SUBMISSION = "submission"


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        id: its short name.
        text: the question.
        needs: what must be done to ask it.
        asked: how it is asked.
        meanings: each answer the probe can give, and what it means.
        switch: the emulator's switch that it decides, if any.
        decides: the switch's value by answer; an answer that is not here decides nothing.
    """

    id: str
    text: str
    needs: Needs
    asked: str
    meanings: Mapping[str, str]
    switch: str | None = None
    decides: Mapping[str, Switch] = field(default_factory=dict)
