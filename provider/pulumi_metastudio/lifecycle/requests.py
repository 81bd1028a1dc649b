"""Build the bodies of create and update from checked inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..api import CreateJob, JobDetail, UpdateJob
from .ownership import stack_of
from .schema import FIELDS, Effect, Inputs

__all__ = ["create_request", "update_request"]


def create_request(inputs: Inputs, counts: Mapping[str, int], tag: str | None) -> CreateJob:
    """The create body: every declared field; what is not declared is the service's to default.

    Args:
        counts: the request fields with the numbers of parts.
        tag: the ownership tag that goes along; None for none.
    """
    fields = {n: inputs[n] for n in FIELDS if n in inputs and n != "app_user_id"}
    if tag:
        fields["tags"] = [*inputs.get("tags", ()), tag]
    return CreateJob.model_validate({**fields, **counts})


def update_request(
    inputs: Inputs,
    counts: Mapping[str, int],
    current: JobDetail,
    removed: Mapping[str, Any] | None = None,
) -> UpdateJob:
    """The update body: the complete set of what is declared and can change in place.

    Args:
        current: the job as it is; its ownership tag stays on it, and all its tags where none
            are declared.
        removed: values to send for fields that are declared no longer.
    """
    fields: dict[str, Any] = dict(removed or {})
    fields |= {
        name: inputs[name]
        for name, field in FIELDS.items()
        if field.effect is Effect.UPDATE and name in inputs
    }
    owned = [tag for tag in current.tags or () if stack_of(tag)]
    if "tags" in fields:
        fields["tags"] = [*fields["tags"], *owned]
    elif current.tags:
        fields["tags"] = current.tags
    return UpdateJob.model_validate({**fields, **counts})
