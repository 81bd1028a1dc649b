"""The report of a run: rows for people, JSON for programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .findings import Evidence, Finding
from .questions import QUESTIONS
from .runner import Result


@dataclass(frozen=True)
class Where:
    """When and where a run was.

    Attributes:
        date: ``2026-01-31``.
        region: "" when only an endpoint is known.
        service: ``emulator`` for one on this machine, else ``real``.
    """

    date: str
    region: str
    service: str


NAMES = ("question", "answer", "evidence")


def rows(result: Result) -> list[list[str]]:
    """A row for each question, but for those that this run was not to ask."""
    return [
        [finding.question.text, _answer(finding), _evidence(finding.evidence)]
        for finding in result.findings.all(result.otherwise)
        if finding.answer is not None or finding.detail != result.otherwise
    ]


def switch_rows(result: Result) -> list[list[str]]:
    """A row for each of the emulator's switches that this run was to ask about."""
    return [
        [each.switch, "not observed" if each.value is None else _shown(each.value), each.why]
        for each in result.findings.switches(result.otherwise)
        if each.value is not None or each.why != result.otherwise
    ]


def as_json(result: Result, where: Where) -> dict[str, Any]:
    """The whole result."""
    return {
        **asdict(where),
        "failure": result.failure or None,
        "interrupted": result.interrupted,
        "jobs_made": result.made,
        "jobs_left": None if result.left is None else [job.job_id for job in result.left],
        "questions": [
            {
                "id": finding.question.id,
                "text": finding.question.text,
                "answer": finding.answer,
                "meaning": finding.question.meanings.get(finding.answer or ""),
                "detail": finding.detail,
                "switch": finding.question.switch,
                "evidence": [asdict(each) for each in finding.evidence],
            }
            for finding in result.findings.all(result.otherwise)
        ],
        "switches": [
            {"switch": each.switch, "value": each.value, "why": each.why}
            for each in result.findings.switches(result.otherwise)
        ],
    }


def last_words(result: Result) -> list[str]:
    """What became of the jobs, and of the run."""
    lines = [f"ended early: {result.failure}"] if result.failure else []
    unasked = len(QUESTIONS) - len(rows(result))
    if unasked:
        lines.append(f"{unasked} questions were {result.otherwise}")
    if result.interrupted:
        lines.append("interrupted")
    if result.left is None:
        lines.append("'metastudio probe --clean' deletes what is left")
    elif result.left:
        ids = ", ".join(job.job_id for job in result.left)
        lines.append(f"left at the service: {ids}; 'metastudio probe --clean' tries again")
    elif result.made:
        lines.append(f"{result.made} jobs were made; a list proves that none is left")
    return lines


def _answer(finding: Finding) -> str:
    if finding.answer is None:
        return finding.detail
    meaning = finding.question.meanings[finding.answer]
    return f"{meaning} ({finding.detail})" if finding.detail else meaning


def _evidence(evidence: tuple[Evidence, ...]) -> str:
    return "; ".join(map(str, evidence))


def _shown(value: bool | int) -> str:
    return str(value).lower()
