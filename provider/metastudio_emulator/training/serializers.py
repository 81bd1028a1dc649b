"""Jobs as the API shows them."""

from __future__ import annotations

from typing import Any

from ..app_state import AppState
from ..storage.file_kinds import ALL_KINDS, COVER, MARKABLE_SUFFIX, TRAINING_VIDEO
from ..storage.job_store import Job

# TrainingJobBasicInfo, in the order of the documents' table.
_BASIC = (
    *("job_id", "name", "state", "asset_id", "project_id", "last_update_time", "create_time"),
    *("contact", "batch_name", "tags", "model_version", "matting_type", "model_resolution"),
    *("app_user_id", "is_flexus", "is_live_copy", "is_fast_flexus", "is_only_human_model"),
    *("optional_training_location", "is_background_replacement", "is_ondemand_resource"),
)


def basic_info(app: AppState, job: Job, origin: str) -> dict[str, Any]:
    """One item of a list."""
    view = {name: job.fields[name] for name in _BASIC if name in job.fields}
    if app.objects.object(job.job_id, COVER.name):
        url = app.urls.for_download(origin, COVER.download_object(job.job_id))
        view[COVER.download_field] = url
    return view


def detail(app: AppState, job: Job, origin: str) -> dict[str, Any]:
    """The answer of Show: every field, and a download URL for every stored file."""
    view = dict(job.fields)
    present = {stored.name for stored in app.objects.objects(job.job_id)}
    for kind in ALL_KINDS:
        if kind.name in present:
            object_name = kind.download_object(job.job_id)
            view[kind.download_field] = app.urls.for_download(origin, object_name)
    logged = {entry.get("log_type") for entry in job.fields.get("operation_logs", [])}
    if TRAINING_VIDEO.name in present and "SYSTEM_MARKABLE_VIDEO_SUCCESS" in logged:
        object_name = f"{job.job_id}_{MARKABLE_SUFFIX}"
        view["markable_video_download_url"] = app.urls.for_download(origin, object_name)
    view["comment_logs"] = [
        _comment(app, job, origin, comment, present)
        for comment in job.fields.get("comment_logs", [])
    ]
    # Without a review video, the documents' example has this text, not a JSON null.
    view.setdefault("verify_video_download_url", "null")
    return view


def _comment(
    app: AppState, job: Job, origin: str, comment: dict[str, Any], present: set[str]
) -> dict[str, Any]:
    view = {name: value for name, value in comment.items() if name != "attachments"}
    view["attachment_download_url"] = [
        app.urls.for_download(origin, f"{job.job_id}_{name}")
        for name in comment.get("attachments", [])
        if name in present
    ]
    return view
