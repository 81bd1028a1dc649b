"""Moves jobs from state to state: at once, with time, with reads, or by an administrator."""

from __future__ import annotations

import secrets

from ..app_state import AppState
from ..storage.file_kinds import AUDIO, REVIEW_DOCUMENTS
from ..storage.job_store import Job
from . import states
from .states import Step

# The log entry of each failed state, as (log_type, user).
_FAILURE_LOGS = {
    states.AUTO_VERIFY_FAILED: ("SYSTEM_VERIFY_FAILED", "SYSTEM"),
    states.MANUAL_VERIFY_FAILED: ("ADMIN_VERIFY_FAILED", "ADMIN"),
    "TRAINING_DATA_PREPROCESS_FAILED": ("SYSTEM_TRAIN_DATA_PREPROCESS_FAILED", "SYSTEM"),
    "TRAIN_FAILED": ("SYSTEM_TRAIN_FAILED", "SYSTEM"),
    "INFERENCE_DATA_PREPROCESS_FAILED": ("SYSTEM_INFERENCE_DATA_PREPROCESS_FAILED", "SYSTEM"),
    "COMPILE_FAILED": ("SYSTEM_COMPILE_FAILED", "SYSTEM"),
    "VIDEO_ANALYZE_FAILED": ("VIDEO_ANALYZE_FAILED", "SYSTEM"),
    "TEST_VIDEO_CHECK_FAILED": ("TEST_VIDEO_CHECK_FAILED", "SYSTEM"),
}


class StateMachine:
    """Takes the transitions of jobs; a job passed in must be as stored, not an older copy."""

    def __init__(self, app: AppState) -> None:
        self._app = app

    def enter(self, job: Job, state: str) -> None:
        """Put a job into any state and save it; it moves on if transitions are immediate."""
        now = self._app.clock.now()
        self._set_state(job, state, now)
        if self._app.settings.transitions.mode == "immediate":
            while job.state in states.PATH:
                self._take_step(job, states.PATH[job.state], now)
        self._app.jobs.save(job)

    def set_by_administrator(
        self,
        job: Job,
        state: str,
        *,
        reason: str | None = None,
        error_code: str | None = None,
        redo_reasons: list[str] | None = None,
    ) -> None:
        """Put a job into any state and save it; it does not move on at once.

        The operation log gets an entry for a failed state, a reason or an error code.
        """
        now = self._app.clock.now()
        details = {
            "log_description": reason,
            "error_code": error_code,
            "redo_reasons": redo_reasons,
        }
        given = {name: value for name, value in details.items() if value is not None}
        if given or state in _FAILURE_LOGS:
            log_type, user = _FAILURE_LOGS.get(state, ("ADMIN_RESET", "ADMIN"))
            job.log(now, log_type, user, **given)
        self._set_state(job, state, now)
        self._app.jobs.save(job)

    def step(self, job: Job) -> bool:
        """Take one step now, an administrator's too. False if the state has no next one."""
        step = states.PATH.get(job.state) or states.ADMINISTRATOR_PATH.get(job.state)
        if step is None:
            return False
        self._take_step(job, step, self._app.clock.now())
        self._app.jobs.save(job)
        return True

    def catch_up(self) -> None:
        """Take every timed step that is due, each with the time at which it was due."""
        now = self._app.clock.now()
        for job in self._app.jobs.due(now):
            while job.next_step_at is not None and job.next_step_at <= now:
                step = states.PATH.get(job.state)
                if step is None:
                    job.next_step_at = None
                else:
                    self._take_step(job, step, job.next_step_at)
            self._app.jobs.save(job)

    def count_read(self, job: Job) -> None:
        """Count an answer that showed the job; the one that completes the count moves it on."""
        transitions = self._app.settings.transitions
        if transitions.mode != "reads" or job.state not in states.PATH:
            return
        job.reads += 1
        if job.reads >= transitions.amount:
            self._take_step(job, states.PATH[job.state], self._app.clock.now())
        self._app.jobs.save(job)

    def _take_step(self, job: Job, step: Step, at: float) -> None:
        missing = self._missing_files(job) if job.state == states.AUTO_VERIFYING else []
        if missing:
            log_type, user = _FAILURE_LOGS[states.AUTO_VERIFY_FAILED]
            job.log(at, log_type, user, log_description=f"not uploaded: {', '.join(missing)}")
            step = Step(states.AUTO_VERIFY_FAILED)
        elif step.target == states.JOB_SUCCESS and self._app.settings.tenant == "NA":
            step = Step(states.WAIT_USER_CONFIRM)
        for log_type, user in step.logs:
            job.log(at, log_type, user)
        self._set_state(job, step.target, at)

    def _set_state(self, job: Job, state: str, at: float) -> None:
        transitions = self._app.settings.transitions
        job.fields["state"] = state
        job.reads = 0
        timed = transitions.mode == "time" and state in states.PATH
        job.next_step_at = at + transitions.amount if timed else None
        if state == states.MANUAL_VERIFY_SUCCESS:
            on_demand = job.fields.get("is_ondemand_resource", False)
            job.fields["allocated_resource"] = {
                "resource_id": secrets.token_hex(16),
                "charge_mode": "ON_DEMAND" if on_demand else "ONE_TIME",
            }
        if state in (states.JOB_SUCCESS, states.WAIT_USER_CONFIRM):
            job.fields.setdefault("asset_id", secrets.token_hex(16))

    def _missing_files(self, job: Job) -> list[str]:
        """What the automatic review misses: review documents, and audio if it was announced."""
        needed = [] if self._app.settings.tenant == "NA" else list(REVIEW_DOCUMENTS)
        if job.fields.get("audio_source_type") == "AUDIO":
            needed.append(AUDIO)
        present = {stored.name for stored in self._app.objects.objects(job.job_id)}
        return [kind.name for kind in needed if kind.name not in present]
