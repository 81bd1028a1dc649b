"""What a run found out: an answer with its evidence for each question, and so for each switch."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import AuthenticationError, MetaStudioError
from .exchanges import Answered
from .questions import BY_ID, QUESTIONS, SWITCHES, Needs, Question, Switch

WITHOUT_SUBMITTING = "not observable without submitting"


class CreationCosts(MetaStudioError):
    """A credit went with the creation of a job: the probe must make no more."""


@dataclass(frozen=True)
class Evidence:
    """One answer of the service that a finding rests on."""

    operation: str
    status: int
    code: str
    request_id: str

    @staticmethod
    def of(answered: Answered) -> Evidence:
        """What may be shown of an exchange."""
        request_id = answered.request_id
        return Evidence(answered.asked.operation, answered.status, answered.code, request_id)

    def __str__(self) -> str:
        coded = f" {self.code}" if self.code else ""
        named = f", {self.request_id}" if self.request_id else ""
        return f"{self.operation}: {self.status}{coded}{named}"


@dataclass(frozen=True)
class Finding:
    """The answer to a question.

    Attributes:
        answer: one of the question's meanings; None where there is none.
        detail: more words, or why there is no answer.
        evidence: what the answer rests on, in the order of the requests.
    """

    question: Question
    answer: str | None
    detail: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class SwitchFinding:
    """What was found out about one switch of the emulator.

    Attributes:
        value: None where it was not observed.
        why: why not, or the answers in words.
    """

    switch: str
    value: Switch | None
    why: str
    evidence: tuple[Evidence, ...] = ()


class Findings:
    """Filled while questions are asked."""

    def __init__(self) -> None:
        self._found: dict[str, Finding] = {}

    def note(self, question_id: str, answer: str, *rests_on: Answered, detail: str = "") -> None:
        """Record an answer; it is one of those that the question's data explain."""
        question = BY_ID[question_id]
        if answer not in question.meanings:
            raise ValueError(f"{question_id} has no answer {answer!r}")
        evidence = tuple(Evidence.of(each) for each in rests_on)
        self._found[question_id] = Finding(question, answer, detail, evidence)

    def skip(self, why: str, *question_ids: str, rests_on: Sequence[Answered] = ()) -> None:
        """Record why questions have no answer; one that has one keeps it."""
        evidence = tuple(Evidence.of(each) for each in rests_on)
        for question_id in question_ids:
            self._found.setdefault(question_id, Finding(BY_ID[question_id], None, why, evidence))

    def judged(self, question_id: str, answered: Answered) -> bool:
        """Record "accepted" or "refused"; False where the service said neither."""
        if not answered.ok and not answered.refused:
            self.skip(f"the service answered {answered.shown()}", question_id, rests_on=[answered])
            return False
        self.note(question_id, "accepted" if answered.ok else "refused", answered)
        return True

    @contextlib.contextmanager
    def asking(self, *question_ids: str) -> Iterator[None]:
        """Let a failure cost these questions their answers, and nothing more.

        Raises:
            AuthenticationError: passed on, because each further request may lock the key.
            CreationCosts: passed on, because the probe is to cost nothing.
        """
        try:
            yield
        except (AuthenticationError, CreationCosts):
            raise
        except MetaStudioError as error:
            self.skip(str(error), *question_ids)
        else:
            self.skip("the answers tell nothing", *question_ids)

    def all(self, otherwise: str = "not asked") -> list[Finding]:
        """A finding for every question, in their order."""
        return [self._found.get(q.id) or _unasked(q, otherwise) for q in QUESTIONS]

    def switches(self, otherwise: str = "not asked") -> list[SwitchFinding]:
        """What all answers together say of each switch."""
        return [_switch(name, self.all(otherwise)) for name in SWITCHES]


def _unasked(question: Question, otherwise: str) -> Finding:
    if question.needs is Needs.SUBMISSION:
        return Finding(question, None, f"{WITHOUT_SUBMITTING}: {question.asked}")
    return Finding(question, None, otherwise)


def _switch(switch: str, findings: list[Finding]) -> SwitchFinding:
    about = [finding for finding in findings if finding.question.switch == switch]
    told: list[tuple[Switch, Finding]] = []
    for finding in about:
        decides: Any = finding.question.decides
        if finding.answer in decides:
            told.append((decides[finding.answer], finding))
    if not told:
        why = "; ".join(dict.fromkeys(f.detail or f"answered {f.answer}" for f in about))
        return SwitchFinding(switch, None, why, about[0].evidence)
    evidence = tuple(each for _, finding in told for each in finding.evidence)
    words = "; ".join(f"{f.question.id}: {f.answer}" for _, f in told)
    if len({value for value, _ in told}) > 1:
        return SwitchFinding(switch, None, f"the answers differ: {words}", evidence)
    return SwitchFinding(switch, told[0][0], words, evidence)
