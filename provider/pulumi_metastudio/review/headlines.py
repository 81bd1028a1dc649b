"""What stands above the fold: a line for each thing a reviewer must know, the gravest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..transfer.progress import human_size
from .consequences import Consequence, JobReview, Review

_TITLES = {
    Consequence.BILL: "Trains and is billed",
    Consequence.REBILL: "Retrained and billed again",
    Consequence.ABANDON: "Stays at the service without being managed any more",
    Consequence.DELETE: "Deleted for good",
    Consequence.REFUSE: "Will be refused by the service",
    Consequence.TAKE_OVER: "Taken over",
    Consequence.HOLD: "Made, but not submitted, so not billed",
    Consequence.MEND: "Mended in place",
    Consequence.NOTE: "Noted in the state only",
}
_DOCUMENTS = {"id_card_image1": "ID pictures", "id_card_image2": "ID pictures"}


@dataclass(frozen=True)
class Headline:
    """One line.

    Attributes:
        title: what happens.
        jobs: the names of the resources; may be many.
        details: what else there is to say, in the order of its weight. Texts of other people
            are among them: a display escapes them.
        serious: costs money, loses something, or fails.
    """

    title: str
    jobs: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    serious: bool = False


def headlines(review: Review) -> Iterator[Headline]:
    """All lines that apply."""
    for error in review.errors:
        yield Headline("The preview failed", (), (error,), serious=True)
    for consequence, title in _TITLES.items():
        jobs = review.having(consequence)
        if jobs:
            details = tuple(_details(consequence, jobs, review))
            grave = consequence in _SERIOUS
            yield Headline(title, tuple(job.name for job in jobs), details, grave)
    handed_over = [job for job in review.jobs if job.op == "delete" and not job.consequences]
    if handed_over:
        yield Headline("Handed over to another resource", tuple(job.name for job in handed_over))
    yield from _uploads(review.jobs)
    yield from _personal(review.having(Consequence.PERSONAL_DATA))
    yield from _warnings(review)
    if review.others:
        yield Headline(f"{review.others} changes of other resources, about which nothing is said")


_SERIOUS = frozenset(
    {
        Consequence.BILL,
        Consequence.REBILL,
        Consequence.ABANDON,
        Consequence.DELETE,
        Consequence.REFUSE,
    }
)


def _details(consequence: Consequence, jobs: list[JobReview], review: Review) -> Iterator[str]:
    if consequence in (Consequence.BILL, Consequence.REBILL):
        editions = Counter(job.edition or "edition not known before up" for job in jobs)
        yield ", ".join(f"{count} × {name}" for name, count in editions.items())
        if review.credits:
            yield f"credits left: {review.credits}"
    if consequence is Consequence.REBILL:
        yield from _distinct(reason for job in jobs for reason in job.reasons)
    if consequence is Consequence.ABANDON:
        paid = sum(job.trained for job in jobs)
        if paid:
            yield f"{_models(paid, jobs)} trained and paid for"
    if consequence is Consequence.DELETE:
        paid = sum(job.trained for job in jobs)
        yield f"{_models(paid, jobs)} paid for" if paid else "no paid model is lost"
    if consequence is Consequence.REFUSE:
        yield from _distinct(job.old_job or "; ".join(job.reasons) for job in jobs)


def _uploads(jobs: Iterable[JobReview]) -> Iterator[Headline]:
    files = [file for job in jobs for file in job.files if file.uploaded]
    if files:
        unknown = sum(file.size is None for file in files)
        known = human_size(sum(file.size or 0 for file in files))
        details = (f"the size of {unknown} more is not known before up",) if unknown else ()
        count = "1 file" if len(files) == 1 else f"{len(files)} files"
        yield Headline(f"Uploads {count}, {known}", (), details)


def _personal(jobs: list[JobReview]) -> Iterator[Headline]:
    if jobs:
        kinds = {
            kind: sum(any(_kind(name) == kind for name in job.personal) for job in jobs)
            for kind in ("ID pictures", "letter of authorisation", "contact")
        }
        told = ", ".join(f"{kind} of {_jobs(count)}" for kind, count in kinds.items() if count)
        yield Headline("Personal data leaves the house", (), (told,))


def _kind(name: str) -> str:
    return {"grant_file": "letter of authorisation", **_DOCUMENTS}.get(name, name)


def _warnings(review: Review) -> Iterator[Headline]:
    said: dict[str, list[str]] = {}
    for job in review.jobs:
        for warning in job.warnings:
            said.setdefault(warning, []).append(job.name)
    for warning, names in said.items():
        yield Headline("Warning", tuple(names), (warning,), serious=True)
    for warning in review.warnings:
        yield Headline("Warning", (), (warning,), serious=True)


def _models(paid: int, jobs: list[JobReview]) -> str:
    if len(jobs) == paid:
        return "its model is" if paid == 1 else "their models are"
    return f"the model of {paid} is" if paid == 1 else f"the models of {paid} are"


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count} jobs"


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
