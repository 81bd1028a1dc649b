"""How many trainings a tenant has paid for and not used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...api import MetaStudioClient, ResourceUsage
from ...errors import MetaStudioError
from .editions import Edition

#: What is counted in a Flexus package; it has minutes of video and voices, too.
_MODELS = "modeling_count_2d_model_flexus"
_COUNTED = ("NUM", "TIME", None)


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
    ultra-fast edition's are those of Flexus.
    """
    found: dict[Edition, Credits] = {}
    for each in resources:
        kind = _edition(each)
        if kind and each.amount is not None:
            before = found.get(kind, Credits(kind, 0, 0))
            used = before.used + (each.usage or 0)
            found[kind] = Credits(kind, before.total + each.amount, used)
    return found


def _edition(resource: ResourceUsage) -> Edition | None:
    if resource.charging_mode == "ON_DEMAND" or resource.unit not in _COUNTED:
        return None
    if resource.business_type == Edition.STANDARD.business and not resource.sub_resource_type:
        return Edition.STANDARD
    flexus = resource.business_type == Edition.FLEXUS.business
    return Edition.FLEXUS if flexus and resource.sub_resource_type == _MODELS else None


def ask_credits(client: MetaStudioClient) -> dict[Edition, Credits]:
    """Credits by edition, as the service tells them.

    Raises:
        MetaStudioError: it does not; ``PermissionDenied`` to a user who may not ask.
    """
    usage = client.resource_usage(Edition.STANDARD.business, Edition.FLEXUS.business)
    return credits_of(usage.resources)


def remaining(client: MetaStudioClient) -> Mapping[Edition, Credits] | None:
    """Credits by edition; None where they cannot be told, which never fails a preview."""
    try:
        return ask_credits(client)
    except MetaStudioError:
        return None
