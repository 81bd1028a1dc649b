"""Recognise one's own jobs at the service.

A tag made from the resource's URN goes along with every job that is created, so that a job whose
creation was cut off can be found again by its resource, and by ``metastudio sweep``. The tag is
the provider's: it is in no output, and a program neither declares it nor sees it as drift.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

__all__ = ["own_tag", "stack_of", "without_tags"]

_OWN = re.compile(r"pulumi:([^:]*):([^:]*):[0-9a-f]{12}")


def own_tag(urn: str) -> str:
    """``pulumi:PROJECT:STACK:`` and twelve hexadecimal digits of the URN's SHA-256."""
    stack, project = urn.split("::")[:2]
    stack = stack.rpartition(":")[2]
    digest = hashlib.sha256(urn.encode()).hexdigest()[:12]
    return f"pulumi:{project}:{stack}:{digest}"


def stack_of(tag: str) -> tuple[str, str] | None:
    """Project and stack that an ownership tag names; None for any other tag."""
    found = _OWN.fullmatch(tag)
    return (found[1], found[2]) if found else None


def without_tags(tags: Sequence[str] | None) -> list[str] | None:
    """Tags as their owner gave them: without any ownership tag."""
    return None if tags is None else [tag for tag in tags if stack_of(tag) is None]
