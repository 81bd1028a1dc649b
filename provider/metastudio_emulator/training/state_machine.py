"""Moves jobs from state to state: at once, with time, with reads, or by hand."""

from __future__ import annotations

import secrets

from ..app_state import AppState
from ..clock import rfc3339
from ..storage.file_kinds import AUDIO, REVIEW_DOCUMENTS
from ..storage.job_store import Job
from . import states
from .states import Step

FAILURE_LOGS = {
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
    """The one place that changes a job's state. Callers hold no stale copy of the job."""

    def __init__(self, app: AppState) -> None:
        self._app = app

    def enter(self, job: Job, state: str, at: float) -> None:
        """Put a job into a state, save it, and let it run on if transitions say so.

        Args:
            job: changed in place.
            state: any state name.
            at: virtual Unix seconds that the change happens at.
        """
        transitions = self._app.settings.transitions
        self._set_state(job, state, at)
        if transitions.mode == "immediate":
            while job.state in states.PATH:
                self._take_step(job, states.PATH[job.state], at)
        self._app.jobs.save(job)

    def place(
        self,
        job: Job,
        state: str,
        *,
        reason: str | None = None,
        error_code: str | None = None,
        redo_reasons: list[str] | None = None,
    ) -> None:
        """Put a job into a state by an administrator's hand: it does not run on at once.

        A reason, an error code or a failed review leaves an entry in the operation log.
        """
        now = self._app.clock.now()
        details = {
            "log_description": reason,
            "error_code": error_code,
            "redo_reasons": redo_reasons,
        }
        given = {name: value for name, value in details.items() if value is not None}
        if given or state in FAILURE_LOGS:
            log_type, user = FAILURE_LOGS.get(state, ("ADMIN_RESET", "ADMIN"))
            job.log(rfc3339(now), log_type, user, **given)
        self._set_state(job, state, now)
        self._app.jobs.save(job)

    def step(self, job: Job) -> bool:
        """Take one step now, an administrator's too. False when the state has no next one."""
        step = states.PATH.get(job.state) or states.ADMINISTRATOR_PATH.get(job.state)
        if step is None:
            return False
        self._take_step(job, step, self._app.clock.now())
        self._app.jobs.save(job)
        return True

    def catch_up(self) -> None:
        """Take every timed step that is due, each at the time it was due."""
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
        """Note that an answer showed the job; the step comes after the answer that fills it."""
        transitions = self._app.settings.transitions
        if transitions.mode != "reads" or job.state not in states.PATH:
            return
        job.reads += 1
        if job.reads >= transitions.amount:
            self._take_step(job, states.PATH[job.state], self._app.clock.now())
        self._app.jobs.save(job)

    def _take_step(self, job: Job, step: Step, at: float) -> None:
        if job.state == states.AUTO_VERIFYING:
            missing = self._missing_documents(job)
            if missing:
                step = Step(states.AUTO_VERIFY_FAILED)
                job.log(
                    rfc3339(at),
                    "SYSTEM_VERIFY_FAILED",
                    "SYSTEM",
                    log_description=f"not uploaded: {', '.join(missing)}",
                )
        if step.target == states.JOB_SUCCESS and self._app.settings.tenant == "NA":
            step = Step(states.WAIT_USER_CONFIRM)
        for log_type, user in step.logs:
            job.log(rfc3339(at), log_type, user)
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

    def _missing_documents(self, job: Job) -> list[str]:
        """What the automatic review misses: identity documents, and audio if it was promised."""
        needed = [] if self._app.settings.tenant == "NA" else list(REVIEW_DOCUMENTS)
        if job.fields.get("audio_source_type") == "AUDIO":
            needed.append(AUDIO)
        present = {kept.name for kept in self._app.objects.objects(job.job_id)}
        return [kind.name for kind in needed if kind.name not in present]
