"""A review as JSON, for programs: the same facts, names as in the dataclasses."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..lifecycle.schema import UNKNOWN
from .consequences import Consequence, JobReview, Review
from .preview_json import SECRET


def as_json(review: Review) -> dict[str, Any]:
    """What ``metastudio review --json`` prints: ``counts`` by consequence, ``bytes``, ``jobs``."""
    counts = {each.value: len(review.having(each)) for each in Consequence}
    return {
        "stack": review.stack,
        "counts": counts,
        "bytes": sum(job.bytes for job in review.jobs),
        "credits": review.credits,
        "others": review.others,
        "jobs": [_job(job) for job in review.jobs],
        "warnings": list(review.warnings),
        "errors": list(review.errors),
    }


def _job(job: JobReview) -> dict[str, Any]:
    fields: dict[str, Any] = _plain(asdict(job))
    order = [each.value for each in Consequence if each in job.consequences]
    return {**fields, "consequences": order, "bytes": job.bytes}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items() if name != "consequences"}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, type(SECRET)):
        return "[secret]"
    return "[unknown]" if isinstance(value, type(UNKNOWN)) else value
