"""How many trainings a tenant has paid for and not used."""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from ...api import MetaStudioClient, ResourceUsage
from ...errors import MetaStudioError
from .editions import Edition

#: What is counted in a Flexus package; it has minutes of video and voices, too.
_MODELS = "modeling_count_2d_model_flexus"
_COUNTED = ("NUM", "TIME", None)
#: Seconds that a preview waits to hear of them.
_PATIENCE = 5.0


@dataclass(frozen=True)
class Credits:
    """Trainings of an edition: bought and used."""

    edition: Edition
    total: float
    used: float

    @property
    def left(self) -> float:
        """What is not used; never less than nothing."""
        return max(self.total - self.used, 0)


def credits_of(resources: Iterable[ResourceUsage]) -> dict[Edition, Credits]:
    """Credits by edition, those of several sources added up.

    What is paid on demand, counted in another unit, or does not tell an amount, is no credit. The
    ultra-fast edition's are those of Flexus: a guess, no document says it.
    """
    found: dict[Edition, Credits] = {}
    for each in resources:
        kind = _edition(each)
        if kind and _counts(each.amount):
            before = found.get(kind, Credits(kind, 0, 0))
            used = each.usage if _counts(each.usage) else 0
            found[kind] = Credits(kind, before.total + each.amount, before.used + used)
    return found


def _counts(number: float | None) -> TypeGuard[float]:
    return number is not None and math.isfinite(number) and number >= 0


def _edition(resource: ResourceUsage) -> Edition | None:
    if resource.charging_mode == "ON_DEMAND" or resource.unit not in _COUNTED:
        return None
    if resource.business_type == Edition.STANDARD.business and not resource.sub_resource_type:
        return Edition.STANDARD
    flexus = resource.business_type == Edition.FLEXUS.business
    return Edition.FLEXUS if flexus and resource.sub_resource_type == _MODELS else None


def ask_credits(client: MetaStudioClient, *, attempts: int | None = None) -> dict[Edition, Credits]:
    """Credits by edition, as the service tells them.

    Args:
        attempts: how often to ask; by default as often as any read.

    Raises:
        MetaStudioError: it does not; ``PermissionDenied`` to a user who may not ask.
    """
    business = (Edition.STANDARD.business, Edition.FLEXUS.business)
    return credits_of(client.resource_usage(*business, attempts=attempts).resources)


def remaining(
    client: MetaStudioClient, seconds: float = _PATIENCE
) -> Mapping[Edition, Credits] | None:
    """Credits by edition; None where they are not told in time: a preview does not hang on them."""
    answer: queue.SimpleQueue[Mapping[Edition, Credits] | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put(ask_credits(client, attempts=1))
        except MetaStudioError:
            answer.put(None)

    # A thread of its own: a login and its retries may come before the question.
    threading.Thread(target=ask, daemon=True).start()
    try:
        return answer.get(timeout=seconds)
    except queue.Empty:
        return None
