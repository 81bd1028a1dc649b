"""What the state records of a job: its declared inputs as the service shows them, and its detail.

Outputs carry the wire's names. Declared inputs are among them, because a refresh gets nothing
else to compare with. Download URLs, valid for a day and bearer secrets, are left out unless asked
for; the operation log is left out but for the reason of a failed review.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..api import JobDetail
from ..api.states import EDITABLE, REVIEW_FAILED, console_status
from .ownership import without_tags
from .plan import DRIFTED, same, unmasked
from .progress import Progress
from .schema import BEHAVIOUR, FIELDS, FILES, Inputs

#: Detail fields that become outputs as they are; declared inputs come on top of them.
OBSERVED = (
    "state",
    "asset_id",
    "project_id",
    "create_time",
    "last_update_time",
    "matting_type",
    "model_resolution",
    "optional_training_location",
    "is_mask_file_uploaded",
    "worker_type",
    "beauty_level",
    "voice_train_job_id",
    "flexus_retry_count",
    "allocated_resource",
    "train_video_rotation_state",
    "action_video_rotation_state",
)

#: Outputs that the state must hold encrypted.
SECRETS = ("contact", "download_urls", "__upload_urls", DRIFTED)

_REVIEW_LOGS = ("SYSTEM_VERIFY_FAILED", "ADMIN_VERIFY_FAILED")


def recorded(inputs: Inputs, detail: JobDetail, progress: Progress | None = None) -> dict[str, Any]:
    """The outputs of a job: what is declared, what the service shows, and how far its files are."""
    declared = [name for name in FIELDS if name in inputs]
    shown = detail.model_dump(mode="json")
    shown["tags"] = without_tags(detail.tags)
    outputs: dict[str, Any] = {name: shown[name] for name in OBSERVED}
    for name, field in FIELDS.items():
        value = shown.get(name)
        if name in declared:
            if value is None:
                silence = field.silence
                value = inputs[name] if silence is None else silence
            if name == "voice_properties" and isinstance(value, dict):
                value = {k: v for k, v in value.items() if v is not None}
            value = unmasked(inputs[name], value)
        outputs[name] = list(value) if isinstance(value, tuple) else value
    outputs |= {name: inputs[name] for name in (*FILES, *BEHAVIOUR) if name in inputs}
    outputs |= {n: v for n, v in inputs.items() if n.startswith("__") and n not in OF_FILES}
    outputs |= {
        "job_id": detail.job_id,
        "console_status": console_status(detail.state),
        "failure": _failure(detail),
        "__declared": declared,
        **(_seen_again(progress, inputs).as_outputs() if progress else {}),
    }
    if outputs.get("pending"):
        outputs["__reviews"] = failed_reviews(detail)
    drifted = {n: inputs[n] for n in declared if not same(FIELDS[n], inputs[n], outputs[n])}
    if drifted and detail.state not in EDITABLE:
        outputs[DRIFTED] = drifted
    if inputs.get("expose_download_urls"):
        outputs["download_urls"] = {
            file.name: shown[file.download] for file in FILES.values() if shown[file.download]
        }
    return outputs


def _seen_again(progress: Progress, inputs: Inputs) -> Progress:
    """With the newest validator of each content that is recorded already."""
    prints, sources = inputs.get("__fingerprints") or {}, inputs.get("__sources") or {}
    again = {
        name: {"sha256": sha256, **sources[name]}
        for name, sha256 in progress.fingerprints.items()
        if prints.get(name) == sha256 and (sources.get(name) or {}).get("validator")
    }
    return replace(progress, origins={**progress.origins, **again})


def reread(detail: JobDetail, old: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs that ``detail`` makes of a record; of none, where ``old`` is empty."""
    if old:
        declared = {n: old[n] for n in old.get("__declared") or [] if n in old}
        rest = {n: v for n, v in old.items() if n not in (*FIELDS, DRIFTED, "__reviews")}
    else:
        detail_fields = detail.model_dump(mode="json")
        declared = {n: detail_fields[n] for n in FIELDS if detail_fields.get(n) is not None}
        rest = {}
    progress = Progress.from_outputs(old)
    failed_before = old.get("__reviews", len(detail.operation_logs))
    if detail.state not in EDITABLE or failed_reviews(detail) > failed_before:
        progress = replace(progress, pending=())  # it was submitted meanwhile: nothing is left
    return recorded({**declared, **(old.get(DRIFTED) or {}), **rest}, detail, progress)


def refreshed_inputs(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that would lead to ``outputs``: what a refresh records as declared."""
    kept = (*FILES, *BEHAVIOUR)
    names = [*(outputs.get("__declared") or []), *(name for name in kept if name in outputs)]
    names += [name for name in outputs if name.startswith("__") and name in _HIDDEN_INPUTS]
    inputs = {name: outputs[name] for name in names if outputs.get(name) is not None}
    prints = outputs.get("fingerprints") or {}
    sources = {
        name: {part: each[part] for part in ("size", "validator") if part in each}
        for name, each in (outputs.get("__sources") or {}).items()
        if each.get("sha256") == prints.get(name)
    }
    found = zip(OF_FILES, (sources, prints), strict=True)
    return inputs | {name: value for name, value in found if value}


#: Inputs that a check notes of the files: of each its size and a URL's validator, and its SHA-256.
OF_FILES = ("__sources", "__fingerprints")

#: Inputs that a program hands over without showing them: whose the resource is, what it ignores.
_HIDDEN_INPUTS = ("__urn", "__organization", "__ignored")


def failed_reviews(detail: JobDetail) -> int:
    """How many of the job's reviews failed so far: one more proves that it was submitted again."""
    return sum(log.log_type in _REVIEW_LOGS for log in detail.operation_logs)


def _failure(detail: JobDetail) -> dict[str, Any] | None:
    """Why the review failed, from the newest entry that says so."""
    if detail.state not in REVIEW_FAILED:
        return None
    for log in reversed(detail.operation_logs):
        if log.log_type in _REVIEW_LOGS:
            return {
                "reason": log.log_description,
                "log_type": log.log_type,
                "operate_time": log.operate_time,
                "error_code": log.error_code,
                "redo_reasons": log.redo_reasons or [],
            }
    return {"reason": None, "log_type": None, "redo_reasons": []}
