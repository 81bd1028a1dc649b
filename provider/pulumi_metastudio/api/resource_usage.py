"""What a tenant has bought and used. Source: the vendor's page ShowResourceUsage (2025-12)."""

from __future__ import annotations

from .base_models import Answer


class ResourceUsage(Answer):
    """One resource; the same kind may come from several sources.

    Attributes:
        business_type: such as MODELING_2D or FLEXUS_2D.
        sub_resource_type: of packages only, what in them is counted.
        charging_mode: PERIODIC, ONE_TIME or ON_DEMAND.
        amount, usage: bought and used, in ``unit`` (NUM, MIN, HOUR, …).
    """

    resource_type: str | None = None
    business_type: str | None = None
    sub_resource_type: str | None = None
    is_sub_resource: bool | None = None
    charging_mode: str | None = None
    resource_source: str | None = None
    amount: float | None = None
    usage: float | None = None
    unit: str | None = None


class ResourceUsagePage(Answer):
    """All resources."""

    resources: tuple[ResourceUsage, ...] = ()
