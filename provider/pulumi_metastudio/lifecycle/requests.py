"""Build the bodies of create and update from checked inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..api import CreateJob, UpdateJob
from .schema import FIELDS, Effect, Inputs

__all__ = ["create_request", "update_request"]


def create_request(inputs: Inputs, counts: Mapping[str, int]) -> CreateJob:
    """The create body: every declared field; what is not declared is the service's to default."""
    fields = {n: inputs[n] for n in FIELDS if n in inputs and n != "app_user_id"}
    return CreateJob.model_validate({**fields, **counts})


def update_request(
    inputs: Inputs, counts: Mapping[str, int], removed: Mapping[str, Any] | None = None
) -> UpdateJob:
    """The update body: the complete set of what is declared and can change in place.

    Args:
        removed: values to send for fields that are declared no longer.
    """
    fields: dict[str, Any] = dict(removed or {})
    fields |= {
        name: inputs[name]
        for name, field in FIELDS.items()
        if field.effect is Effect.UPDATE and name in inputs
    }
    return UpdateJob.model_validate({**fields, **counts})
