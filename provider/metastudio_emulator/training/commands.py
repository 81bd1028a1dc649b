"""The commands of Execute2dModelTrainingCommandByUser, one function each.

A command that fails raises CommandFailed, since its answer is still HTTP 200.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from ..app_state import AppState
from ..clock import rfc3339
from ..errors import CommandFailed, invalid
from ..storage.file_kinds import ACTION_VIDEO, GRANT_FILE, OCTET_STREAM, TRAINING_VIDEO, FileKind
from ..storage.job_store import Job
from . import states
from .request_models import CommandBody
from .state_machine import StateMachine

Answer = dict[str, Any]
_LISTS_PARTS_OF = {
    "GET_MULTIPART_UPLOADED": TRAINING_VIDEO,
    "GET_ACTION_VIDEO_MULTIPART_UPLOADED": ACTION_VIDEO,
}
_CONFIRMS_PARTS_OF = {
    "CONFIRM_MULTIPART_UPLOADED": TRAINING_VIDEO,
    "CONFIRM_ACTION_VIDEO_MULTIPART_UPLOADED": ACTION_VIDEO,
}
# Each command_message that means one of the videos; UPLOAD_VIDEO, the default, means both.
_MESSAGE_FOR = {
    "UPDATE_VIDEO": TRAINING_VIDEO,
    "GET_ACTION_VIDEO_MULTIPART": ACTION_VIDEO,
    "CONFIRM_ACTION_VIDEO": ACTION_VIDEO,
}


class Commands:
    """Runs one command on one job, whose lock the caller holds."""

    def __init__(self, app: AppState, state_machine: StateMachine) -> None:
        self._app = app
        self._state_machine = state_machine
        self._table: dict[str, Callable[[Job, CommandBody, str], Answer]] = {
            "SUBMITVERIFYING": self._submit,
            "GET_MULTIPART_UPLOADED": self._list_parts,
            "GET_ACTION_VIDEO_MULTIPART_UPLOADED": self._list_parts,
            "CONFIRM_AUTHORIZATION_LETTER": self._confirm_letter,
            "DELETE_JOB_VIDEO": self._delete_videos,
            "CONFIRM_REPAIR": self._repair,
            "CONFIRM_ACCEPT": self._accept,
            "CONFIRM_REJECT": self._reject,
            "CONFIRM_ANSWER": self._comment,
            "CONFIRM_PENDING": self._suspend,
            "CONFIRM_ACTIVE": self._resume,
        }

    async def run(self, job: Job, body: CommandBody, origin: str) -> Answer:
        """Run a command; returns the answer's body, with the API's own misspelt fields.

        Raises:
            ServiceError: 400 MSS.00000003 if command_message means the other video.
        """
        self._check_message(body)
        if body.command_message is not None:
            job.record_message(body.command, body.command_message)
            self._app.jobs.save(job)
        try:
            if body.command in _CONFIRMS_PARTS_OF:
                await self._confirm_parts(job, _CONFIRMS_PARTS_OF[body.command])
                answer: Answer = {}
            else:
                with self._app.transaction():
                    answer = self._table[body.command](job, body, origin)
        except CommandFailed as error:
            return {
                "commond_result": "EXCUTE_FAILED",
                "excute_failed_msg": error.message,
                "error_info": {"error_code": error.code, "error_msg": error.message[:256]},
            }
        return {"commond_result": "EXCUTE_SUCCESS", **answer}

    def _check_message(self, body: CommandBody) -> None:
        video = (_LISTS_PARTS_OF | _CONFIRMS_PARTS_OF).get(body.command)
        if video not in (None, _MESSAGE_FOR.get(body.command_message or "", video)):
            raise invalid(
                f"Invalid parameter: command_message: {body.command_message} does not go with"
                f" {body.command}"
            )

    def _submit(self, job: Job, body: CommandBody, origin: str) -> Answer:
        self._require_state(job, *states.SUBMITTABLE)
        if self._app.objects.object(job.job_id, TRAINING_VIDEO.name) is None:
            raise CommandFailed("The training video is not confirmed")
        now = self._app.clock.now()
        job.fields["last_update_time"] = rfc3339(now)
        self._use_credit(job)
        job.log(now, "SYSTEM_MARKABLE_VIDEO", "SYSTEM")
        job.log(now, "USER_VERIFYING_SUBMITTED", "USER")
        self._state_machine.enter(job, states.AUTO_VERIFYING)
        return {}

    def _use_credit(self, job: Job) -> None:
        """When a credit is used up no document says: here, when a job is first submitted."""
        before = (log.get("log_type") for log in job.fields["operation_logs"])
        if "USER_VERIFYING_SUBMITTED" not in before and not job.fields.get("is_ondemand_resource"):
            self._app.credits.use(is_flexus=job.is_flexus)

    def _list_parts(self, job: Job, body: CommandBody, origin: str) -> Answer:
        kind = _LISTS_PARTS_OF[body.command]
        session = job.sessions.get(kind.name)
        if session is None:
            return {"multipart_data": []}
        quote = '"' if self._app.settings.profile.quoted_part_etags else ""
        return {
            "multipart_data": [
                {"part_number": str(part.part_number), "etag": f"{quote}{part.md5}{quote}"}
                for part in self._app.objects.parts(job.job_id, kind.name, session.upload_id)
            ]
        }

    async def _confirm_parts(self, job: Job, kind: FileKind) -> None:
        self._require_state(job, *states.SUBMITTABLE)
        session = job.sessions.get(kind.name)
        if session is None:
            raise CommandFailed("No upload was started")
        parts = self._app.objects.parts(job.job_id, kind.name, session.upload_id)
        is_confirmed = self._app.objects.object(job.job_id, kind.name) is not None
        if is_confirmed and (session.completed or not parts):
            return  # nothing new has arrived since
        numbers = {part.part_number for part in parts}
        missing = [str(n) for n in range(1, session.count + 1) if n not in numbers]
        if missing:
            shown = ", ".join(missing[:20]) + (", ..." if len(missing) > 20 else "")
            raise CommandFailed(f"{len(missing)} of {session.count} parts are missing: {shown}")
        smallest = self._app.settings.profile.minimum_part_size
        small = [str(part.part_number) for part in parts[:-1] if part.size < smallest]
        if small:
            raise CommandFailed(f"Parts below {smallest} bytes: {', '.join(small[:20])}")
        now = self._app.clock.now()
        joined = await self._app.objects.join(job.job_id, kind.name, session.upload_id)
        session.completed = True
        with self._app.transaction():
            self._app.objects.complete(job.job_id, kind.name, session.upload_id, joined, now)
            self._app.jobs.save(job)

    def _confirm_letter(self, job: Job, body: CommandBody, origin: str) -> Answer:
        self._require_state(job, *states.SUBMITTABLE)
        if self._app.objects.object(job.job_id, GRANT_FILE.name) is None:
            raise CommandFailed("The authorization letter is not uploaded")
        return {}

    def _delete_videos(self, job: Job, body: CommandBody, origin: str) -> Answer:
        self._require_state(job, *states.VIDEO_REMOVABLE)
        for kind in (TRAINING_VIDEO, ACTION_VIDEO):
            self._app.objects.delete_parts(job.job_id, kind.name)
            self._app.objects.delete_object(job.job_id, kind.name)
            if kind.name in job.sessions:
                job.sessions[kind.name].completed = False
        job.log(self._app.clock.now(), "USER_DELETE_JOB_VIDEO", "USER")
        self._app.jobs.save(job)
        return {}

    def _repair(self, job: Job, body: CommandBody, origin: str) -> Answer:
        self._require_state(job, states.JOB_SUCCESS, states.WAIT_USER_CONFIRM)
        if job.is_flexus:
            if job.fields.get("flexus_retry_count", 0) < 1:
                raise CommandFailed("No retraining is left")
            job.fields["flexus_retry_count"] -= 1
        reason = {"log_description": body.operation_reason} if body.operation_reason else {}
        job.log(self._app.clock.now(), "USER_REPAIR", "USER", **reason)
        self._state_machine.enter(job, states.WAIT_TRAINING_DATA_PREPROCESS)
        return {}

    def _accept(self, job: Job, body: CommandBody, origin: str) -> Answer:
        self._require_whitelisted(job, states.WAIT_USER_CONFIRM)
        self._state_machine.enter(job, states.JOB_FINISH)
        return {}

    def _reject(self, job: Job, body: CommandBody, origin: str) -> Answer:
        self._require_whitelisted(job, states.WAIT_USER_CONFIRM)
        answer = self._add_comment(job, body, "USER_REJECT", origin)
        self._state_machine.enter(job, states.JOB_REJECT)
        return answer

    def _comment(self, job: Job, body: CommandBody, origin: str) -> Answer:
        self._require_whitelisted(job, states.JOB_REJECT, states.WAIT_USER_CONFIRM)
        answer = self._add_comment(job, body, "USER_COMMENT", origin)
        self._app.jobs.save(job)
        return answer

    def _suspend(self, job: Job, body: CommandBody, origin: str) -> Answer:
        self._require_whitelisted(job, states.WAIT_USER_CONFIRM)
        job.suspended_from = job.state
        self._state_machine.enter(job, states.JOB_PENDING)
        return {}

    def _resume(self, job: Job, body: CommandBody, origin: str) -> Answer:
        self._require_whitelisted(job, states.JOB_PENDING)
        state = job.suspended_from or states.WAIT_USER_CONFIRM
        job.suspended_from = None
        self._state_machine.enter(job, state)
        return {}

    def _add_comment(self, job: Job, body: CommandBody, comment_type: str, origin: str) -> Answer:
        comment = body.comment_data
        if comment is None:
            return {}
        names = [f"attachment-{secrets.token_hex(8)}" for _ in comment.attachment_name or []]
        entry = {
            "operate_time": rfc3339(self._app.clock.now()),
            "comment_type": comment_type,
            "attachments": names,
            **comment.model_dump(exclude_none=True, exclude={"attachment_name"}),
        }
        job.fields.setdefault("comment_logs", []).append(entry)
        if not names:
            return {}
        return {
            "attachment_upload_url": [
                self._app.urls.for_upload(
                    origin,
                    job_id=job.job_id,
                    name=name,
                    object_name=f"{job.job_id}_{name}",
                    content_type=OCTET_STREAM,
                )
                for name in names
            ]
        }

    def _require_whitelisted(self, job: Job, *allowed: str) -> None:
        if self._app.settings.tenant != "NA":
            raise CommandFailed("The command is available to whitelisted tenants only")
        self._require_state(job, *allowed)

    def _require_state(self, job: Job, *allowed: str) -> None:
        if job.state not in allowed:
            raise CommandFailed(f"The command cannot be executed in state {job.state}")
