"""The filters of a list whose values may not be known yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict

import pulumi


class JobFilters(TypedDict, total=False):
    """``list_training_jobs`` has the same with plain values; docs/functions.md explains them."""

    state: pulumi.Input[str | Sequence[str] | None]
    """One state, several with commas between them, or a list."""
    name: pulumi.Input[str | None]
    batch_name: pulumi.Input[str | None]
    tag: pulumi.Input[str | None]
    job_id: pulumi.Input[str | None]
    create_since: pulumi.Input[str | None]
    """Such as ``2026-01-31T00:00:00Z``, inclusive."""
    create_until: pulumi.Input[str | None]
    """Likewise, inclusive."""
    update_since: pulumi.Input[str | None]
    """The last update by the user, inclusive."""
    update_until: pulumi.Input[str | None]
    """Likewise."""
    model_resolution: pulumi.Input[str | None]
    """``1080P`` or ``4K``."""
    is_flexus: pulumi.Input[bool | None]
    is_live_copy: pulumi.Input[bool | None]
    is_ondemand_resource: pulumi.Input[bool | None]
    train_location: pulumi.Input[str | None]
    """Training region."""
    query_project_id: pulumi.Input[str | None]
    """Tenant."""
    sort_key: pulumi.Input[Literal["create_time", "update_time", "asset_order"] | None]
    """``create_time`` by default."""
    sort_dir: pulumi.Input[Literal["asc", "desc"] | None]
    """``asc`` by default: oldest first."""
    limit: pulumi.Input[int | None]
    """The most jobs to give; all by default."""
    app_user_id: pulumi.Input[str | None]
    """The sub-user id that is sent along."""
    account: pulumi.Input[str | None]
    """The account whose jobs are listed, as for a ``TrainingJob``."""


#: The names of all filters.
FILTERS: tuple[str, ...] = tuple(JobFilters.__annotations__)
