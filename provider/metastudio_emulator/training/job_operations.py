"""Creates, lists, shows, updates and deletes jobs."""

from __future__ import annotations

import secrets
from typing import Any

from ..app_state import AppState
from ..clock import rfc3339
from ..errors import NAME_TAKEN, NOT_FOUND, ServiceError, invalid
from ..storage.file_kinds import (
    ACTION_VIDEO,
    ALL_KINDS,
    ALWAYS_OFFERED,
    AUDIO,
    TRAINING_VIDEO,
    FileKind,
)
from ..storage.job_store import Fields, Job, UploadSession
from . import serializers, states
from .list_query import list_conditions, list_order
from .request_models import CreateBody, JobBody, ListQuery, UpdateBody
from .state_machine import StateMachine

_DEFAULT_SERVICES = ["VIDEO_2D", "LIVE_2D"]
_FLEXUS_SERVICES = ["VIDEO_2D"]
# The documents give only the range of the field, 0 to 10.
_FLEXUS_RETRIES = 3


class JobOperations:
    """The operations on jobs; ``origin`` is the scheme and host for the URLs in an answer."""

    def __init__(self, app: AppState, state_machine: StateMachine) -> None:
        self._app = app
        self._state_machine = state_machine
        self._profile = app.settings.profile

    def create(self, body: CreateBody, app_user_id: str | None, origin: str) -> dict[str, Any]:
        """Create a job in WAIT_FILE_UPLOAD; returns its id and upload URLs."""
        self._check_edition(body, is_flexus=bool(body.is_flexus or body.is_fast_flexus))
        if self._profile.unique_names and any(
            job.fields.get("name") == body.name for job in self._app.jobs.all()
        ):
            raise ServiceError(400, NAME_TAKEN, "The asset name already exists")
        job = self.new_job(body.stored_fields(), app_user_id=app_user_id)
        job.record_message("create", body.command_message)
        self._start_session(job, TRAINING_VIDEO, body.video_multipart_count or 1)
        self._start_session(job, ACTION_VIDEO, body.action_video_multipart_count or 1)
        with self._app.transaction():
            self._app.jobs.save(job)
            return self._upload_urls(job, body, origin)

    def new_job(self, fields: Fields, *, app_user_id: str | None = None) -> Job:
        """A job with every default filled in, not yet saved."""
        now = self._app.clock.now()
        job_id = secrets.token_hex(16)
        is_flexus = bool(fields.get("is_flexus") or fields.get("is_fast_flexus"))
        job = Job(
            job_id,
            {
                "job_id": job_id,
                "name": "",
                "state": states.WAIT_FILE_UPLOAD,
                "project_id": self._app.identity.project_id,
                "last_update_time": rfc3339(now),
                "create_time": rfc3339(now),
                "model_version": "V3.2",
                "matting_type": "AI",
                "model_resolution": "1080P",
                "is_flexus": False,
                "is_live_copy": False,
                "is_only_human_model": False,
                "is_ondemand_resource": False,
                "is_mask_file_uploaded": False,
                "comment_logs": [],
                "operation_logs": [],
                **_editable_defaults(is_flexus),
                **fields,
            },
        )
        if app_user_id is not None:
            job.fields["app_user_id"] = app_user_id
        if is_flexus:
            job.fields.setdefault("flexus_retry_count", _FLEXUS_RETRIES)
        # The API's own spelling.
        job.log(now, "USER_CREATE_JOD", "USER")
        return job

    def search(self, query: ListQuery, origin: str) -> dict[str, Any]:
        """One page of jobs and the total number of matching jobs."""
        self._state_machine.catch_up()
        count, jobs = self._app.jobs.page(
            list_conditions(query, self._profile),
            list_order(query, self._profile),
            query.offset,
            query.limit,
        )
        answer = {
            "count": count,
            "jobs": [serializers.basic_info(self._app, job, origin) for job in jobs],
        }
        for job in jobs:
            self._state_machine.count_read(job)
        return answer

    def show(self, job_id: str, origin: str) -> dict[str, Any]:
        """Every field of one job."""
        job = self.find(job_id)
        answer = serializers.detail(self._app, job, origin)
        self._state_machine.count_read(job)
        return answer

    def update(self, job_id: str, body: UpdateBody, origin: str) -> dict[str, Any]:
        """Change a job that waits for files or failed the review; returns new upload URLs."""
        job = self.find(job_id)
        waiting = job.state == states.WAIT_FILE_UPLOAD and self._profile.update_while_waiting
        if not waiting and job.state not in states.REVIEW_FAILED:
            raise invalid(f"The task cannot be updated in state {job.state}")
        self._apply(job, body)
        self._check_edition(body, is_flexus=job.is_flexus)
        job.record_message("update", body.command_message)
        now = self._app.clock.now()
        job.fields["last_update_time"] = rfc3339(now)
        replaced = body.command_message == "UPDATE_VIDEO"
        if replaced:
            job.log(now, "USER_UPDATE_VIDEO", "USER")
        if self._profile.update_reopens:
            job.fields["state"] = states.WAIT_FILE_UPLOAD
        with self._app.transaction():
            self._renew_session(job, TRAINING_VIDEO, body.video_multipart_count, replaced=replaced)
            self._renew_session(job, ACTION_VIDEO, body.action_video_multipart_count)
            self._app.jobs.save(job)
            return self._upload_urls(job, body, origin)

    def delete(self, job_id: str) -> None:
        """Delete a job and its files, in the states in which the documents allow it."""
        job = self.find(job_id)
        if job.state not in states.DELETABLE:
            raise invalid(f"The task cannot be deleted in state {job.state}")
        self.remove(job_id)

    def remove(self, job_id: str) -> None:
        """Delete a job and its files in any state."""
        with self._app.transaction():
            self._app.urls.delete_job(job_id)
            self._app.objects.delete_job(job_id)
            self._app.jobs.delete(job_id)

    def find(self, job_id: str) -> Job:
        """A job, after all due steps.

        Raises:
            ServiceError: 404 MSS.00000002 or 400 MSS.00000003, depending on the profile.
        """
        self._state_machine.catch_up()
        job = self._app.jobs.get(job_id)
        if job is None:
            if self._profile.unknown_job_status == 404:
                raise ServiceError(404, NOT_FOUND, "The task does not exist")
            raise invalid("The task does not exist")
        return job

    def _apply(self, job: Job, body: UpdateBody) -> None:
        if not self._profile.update_keeps_omitted:
            for name in ("contact", "batch_name", "tags", "voice_properties"):
                job.fields.pop(name, None)
            is_flexus = bool(job.fields.get("is_flexus") or body.is_fast_flexus)
            job.fields |= _editable_defaults(is_flexus)
        job.fields |= body.stored_fields()
        if job.is_flexus:
            job.fields.setdefault("flexus_retry_count", _FLEXUS_RETRIES)
        if body.samples_basic_info is not None:
            job.fields["samples"] = [
                sample.model_dump(exclude_none=True) for sample in body.samples_basic_info
            ]

    def _start_session(self, job: Job, kind: FileKind, count: int) -> None:
        job.sessions[kind.name] = UploadSession(secrets.token_hex(16), count)

    def _renew_session(
        self, job: Job, kind: FileKind, count: int | None, *, replaced: bool = False
    ) -> None:
        """Continue a multipart upload after a PUT, or start a new one.

        A replaced video is deleted in every profile, confirmed or not.
        """
        session = job.sessions.get(kind.name) if self._profile.update_keeps_parts else None
        if session is None or replaced:
            self._app.objects.delete_object(job.job_id, kind.name)
        elif not session.completed and count in (None, session.count):
            return
        self._app.objects.delete_parts(job.job_id, kind.name)
        self._start_session(job, kind, count or (session.count if session else 1))

    def _upload_urls(self, job: Job, body: JobBody, origin: str) -> dict[str, Any]:
        answer: dict[str, Any] = {"job_id": job.job_id}
        for kind in self._offered(job, body):
            session = job.sessions.get(kind.name)
            if session is None:
                answer[kind.upload_field] = self._upload_url(job, kind, origin)
            else:
                answer[kind.upload_field] = [
                    self._upload_url(job, kind, origin, number, session.upload_id)
                    for number in range(1, session.count + 1)
                ]
        return answer

    def _upload_url(
        self, job: Job, kind: FileKind, origin: str, part_number: int = 0, upload_id: str = ""
    ) -> str:
        return self._app.urls.for_upload(
            origin,
            job_id=job.job_id,
            name=kind.name,
            object_name=kind.upload_object(job.job_id),
            content_type=kind.content_type,
            part_number=part_number,
            upload_id=upload_id,
        )

    def _offered(self, job: Job, body: JobBody) -> list[FileKind]:
        if self._profile.all_upload_urls:
            return list(ALL_KINDS)
        offered = list(ALWAYS_OFFERED)
        asks_for_action = body.command_message == "GET_ACTION_VIDEO_MULTIPART"
        if body.action_video_multipart_count is not None or asks_for_action:
            offered.append(ACTION_VIDEO)
        if job.fields.get("audio_source_type") == "AUDIO":
            offered.append(AUDIO)
        return offered

    def _check_edition(self, body: JobBody, *, is_flexus: bool) -> None:
        if not self._profile.edition_rules:
            return
        if body.voice_properties is not None and not is_flexus:
            raise invalid("voice_properties is supported only by the Flexus edition")
        if getattr(body, "is_only_human_model", False) and not is_flexus:
            raise invalid("is_only_human_model is valid only for the Flexus edition")
        if is_flexus and body.supported_service not in (None, _FLEXUS_SERVICES):
            raise invalid("supported_service of the Flexus edition is VIDEO_2D only")


def _editable_defaults(is_flexus: bool) -> Fields:
    """Defaults of create, and in some profiles the values to which an update resets."""
    return {
        "is_background_replacement": True,
        "is_fast_flexus": False,
        "audio_source_type": "VIDEO",
        "supported_service": list(_FLEXUS_SERVICES if is_flexus else _DEFAULT_SERVICES),
    }
