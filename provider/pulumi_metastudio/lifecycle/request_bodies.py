"""Build the bodies of create and update from checked inputs, and read what answers them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..api import CreateJob, JobDetail, UpdateJob, UploadUrls
from ..transfer import part_count
from .material import known_size, open_real
from .ownership import is_own_tag
from .schema import FIELDS, FILES, Effect, Inputs


def command_message(files: Sequence[str], replaced: Collection[str] = ()) -> str | None:
    """What upload URLs are asked for; None for the service's default, UPLOAD_VIDEO.

    A request has room for one message, and the training video comes first. Source: the create
    page (2025-12-08), ``command_message``.

    Args:
        files: the files to upload.
        replaced: those of them of which the service may hold an earlier content.
    """
    if "training_video" in files:
        return "UPDATE_VIDEO" if "training_video" in replaced else None
    return next((FILES[name].purpose for name in files if FILES[name].purpose), None)


def create_request(
    inputs: Inputs, counts: Mapping[str, int], tags: Sequence[str] = ()
) -> CreateJob:
    """The create body: every declared field; what is not declared is the service's to default.

    Args:
        counts: the request fields with the numbers of parts.
        tags: the ownership tags that go along.
    """
    fields = {n: inputs[n] for n in FIELDS if n in inputs and n != "app_user_id"}
    if tags:
        fields["tags"] = [*inputs.get("tags", ()), *tags]
    message = command_message([name for name in FILES if name in inputs])
    return CreateJob.model_validate({**fields, **counts, "command_message": message})


def update_request(
    inputs: Inputs,
    counts: Mapping[str, int],
    current: JobDetail,
    removed: Mapping[str, Any] | None = None,
    message: str | None = None,
) -> UpdateJob:
    """The update body: the complete set of what is declared and can change in place.

    Args:
        current: the job as it is; its ownership tags stay on it, and all its tags where none
            are declared.
        removed: values to send for fields that are declared no longer.
        message: which upload it is about, see ``command_message``.
    """
    fields: dict[str, Any] = dict(removed or {})
    fields |= {
        name: inputs[name]
        for name, field in FIELDS.items()
        if field.effect is Effect.UPDATE and name in inputs
    }
    owned = [tag for tag in current.tags or () if is_own_tag(tag)]
    if "tags" in fields:
        fields["tags"] = [*fields["tags"], *owned]
    elif current.tags:
        fields["tags"] = current.tags
    return UpdateJob.model_validate({**fields, **counts, "command_message": message})


def part_counts(
    inputs: Inputs, part_size: int, uploads: Collection[str] | None = None
) -> dict[str, int]:
    """The request fields that say in how many parts each declared video will come.

    Args:
        uploads: the files that will be uploaded, by default all. Of another one the number goes
            along as well, as long as its size is known.
    """
    counts = {}
    for name, file in FILES.items():
        if file.parts and name in inputs:
            needed = uploads is None or name in uploads
            size = open_real(inputs[name]).size if needed else known_size(inputs, name)
            if size:
                counts[file.parts] = part_count(size, part_size)
    return counts


def upload_urls(answer: UploadUrls) -> dict[str, list[str]]:
    """Upload URLs by input name."""
    found = {name: getattr(answer, file.upload) for name, file in FILES.items()}
    return {n: [u] if isinstance(u, str) else list(u) for n, u in found.items() if u}
