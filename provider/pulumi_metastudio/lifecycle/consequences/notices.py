"""What a preview tells of a job beside its changed inputs: lines that people and programs read.

The engine passes on nothing of a dynamic provider's plan but whether something changes and what
forces a replacement. So the plan is told in lasting lines of the resource's row, each opened by
its topic; ``metastudio review`` reads them back from the preview's JSON with ``Notice.parse``.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ...transfer.progress import human_size
from ..progress import UPLOAD
from ..schema import FILES, Inputs
from .credits import Credits
from .deletion import fate
from .editions import Edition, edition

#: Inputs of which a preview shows no change, because the engine keeps them secret.
PRIVATE = ("contact",)


class Topic(enum.Enum):
    """What a line is about; the value opens it."""

    TRAINS = "trains and is billed once"
    NOT_SUBMITTED = "not submitted, so not billed"
    TAKES_OVER = "takes over"
    NEW_JOB = "new job"
    OLD_JOB = "old job"
    IN_PLACE = "in place"
    REFUSED = "will be refused"
    CREDITS = "modelling credits left"


@dataclass(frozen=True)
class Notice:
    """One line: its topic, and what there is to say."""

    topic: Topic
    text: str

    def __str__(self) -> str:
        return f"{self.topic.value}: {self.text}"

    @classmethod
    def parse(cls, line: str) -> Notice | None:
        """A line read back; None for any other line."""
        opening, separator, text = line.partition(": ")
        for topic in Topic:
            if separator and opening == topic.value:
                return cls(topic, text)
        return None

    @property
    def job_state(self) -> str | None:
        """The state of the job that a line about a job names; None in any other line."""
        found = re.match(r"job \S+ \((\w+)\)", self.text)
        return found[1] if found else None


def submission(inputs: Inputs, files: Collection[str] = FILES) -> Notice:
    """What making, or submitting, a job means: whether it is billed, for which edition, its bytes.

    Args:
        inputs: checked ones; ``__sources`` tells the sizes of files as far as they are known.
        files: the files that are sent, or the steps ``upload FILE`` that are left.
    """
    sent = [n for n in FILES if n in inputs and (n in files or f"{UPLOAD} {n}" in files)]
    uploads = _uploads(inputs, sent)
    if inputs.get("submit", True) is not True:
        return Notice(Topic.NOT_SUBMITTED, f"uploads {uploads}; submit is false")
    kind = edition(inputs)
    price = f"1 modelling credit, {kind.value}" if kind else "the edition is not known yet"
    if inputs.get("is_ondemand_resource") is True:
        price = f"on demand, {kind.value}" if kind else "on demand"
    return Notice(Topic.TRAINS, f"{price}; uploads {uploads}")


def adoption(job_id: str, state: str) -> Notice:
    """An existing job becomes this resource's."""
    return Notice(Topic.TAKES_OVER, f"job {job_id} ({state}), which is not touched")


def replaced_job(now: Mapping[str, Any], policy: Any) -> Notice:
    """What becomes of the job that a new one replaces.

    Args:
        now: its outputs as they are at the service.
        policy: its recorded ``deletion_policy``.
    """
    state = now.get("state")
    return Notice(Topic.OLD_JOB, f"job {now.get('job_id')} ({state}) {fate(state, policy).value}")


def new_job(reason: str) -> Notice:
    """A change for which another job is made."""
    return Notice(Topic.NEW_JOB, reason)


def in_place(reason: str) -> Notice:
    """A change that the job takes as it is."""
    return Notice(Topic.IN_PLACE, reason)


def refused_edit(names: str, state: Any) -> Notice:
    """An edit that the service takes in no such state."""
    return Notice(
        Topic.REFUSED,
        f"{names} in state {state}: undo the edit, or change triggers for a new job, which trains "
        "and is billed again",
    )


def credits_left(credits: Mapping[Edition, Credits], account: str | None = None) -> Notice:
    """What the tenant of an account has left, by edition."""
    rows = [f"{each.left:g} of {each.total:g} ({kind.value})" for kind, each in credits.items()]
    owner = f"account '{account}': " if account else ""
    return Notice(Topic.CREDITS, owner + (", ".join(rows) or "none"))


def _uploads(inputs: Inputs, names: list[str]) -> str:
    if not names:
        return "no file"
    sources = inputs.get("__sources") or {}
    sizes = [(sources.get(name) or {}).get("size") for name in names]
    known = sum(size for size in sizes if isinstance(size, int | float))
    count = f"{len(names)} file{'s' if len(names) > 1 else ''}"
    size = human_size(int(known))
    if None in sizes:
        size = f"at least {size}" if known else "size not known yet"
    return f"{count} ({size})"
