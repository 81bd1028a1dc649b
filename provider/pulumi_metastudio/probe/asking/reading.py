"""The questions that need no job of the probe's own."""

from __future__ import annotations

import secrets
from typing import Any

from ..client import ProbeClient
from ..exchanges import Answered
from ..findings import Findings
from ..questions import QUESTIONS, Needs

#: How the page on resource usage names what a creation might use up.
_BUSINESSES = ("MODELING_2D", "FLEXUS_2D")


def ask_reading(client: ProbeClient, findings: Findings) -> Answered | None:
    """Ask them; returns the answer about the tenant's usage, where it was given.

    Raises:
        AuthenticationError: the credentials are refused.
    """
    unknown = secrets.token_hex(16)
    with findings.asking("unknown_job"):
        answered = client.show(unknown)
        shown = str(answered.status)
        known = shown if shown in ("400", "404") and not answered.ok else "other"
        findings.note("unknown_job", known, answered, detail=answered.code)
    with findings.asking("unknown_job_listed"):
        answered = client.list_jobs(job_id=unknown)
        empty = "empty" if answered.ok and not answered.jobs() else "other"
        findings.note("unknown_job_listed", "refused" if answered.refused else empty, answered)
    with findings.asking("list_limit"):
        findings.judged("list_limit", client.list_jobs(job_id=unknown, limit=101))
    with findings.asking("filter_length"):
        findings.judged("filter_length", client.list_jobs(name="n" * 257, limit=1))
    usage = _usage(client, findings)
    # Last: what it does to the key must not cost the others their answers.
    if client.can_forge:
        with findings.asking("wrong_signature"):
            answered = client.forged()
            status = str(answered.status)
            known = status if status in ("401", "403") else "other"
            findings.note("wrong_signature", known, answered, detail=answered.code)
    else:
        findings.skip("the credentials sign nothing", "wrong_signature")
    return usage


def _usage(client: ProbeClient, findings: Findings) -> Answered | None:
    with findings.asking("tenant_usage"):
        answered = client.usage()
        known = {True: "allowed", False: "denied" if answered.status == 403 else "other"}
        findings.note("tenant_usage", known[answered.ok], answered, detail=answered.code)
        return answered if answered.ok else None
    return None


def used(usage: Answered) -> dict[str, float]:
    """What is used up of the resources that a training takes, by kind."""
    found: dict[str, float] = {}
    listed = usage.get("resources")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and each.get("business_type") in _BUSINESSES:
            name = f"{each['business_type']} {each.get('resource_type')}"
            amount: Any = each.get("usage")
            number = float(amount) if isinstance(amount, (int, float)) else 0.0
            found[name] = found.get(name, 0.0) + number
    return found


READING = tuple(question.id for question in QUESTIONS if question.needs is Needs.READING)
