"""The texts of refusals and warnings: what is refused, why, and each way out, in one line.

``option`` is what the command needs to reach the job's account, see ``Settings.option``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .consequences.deletion import Fate, fate


def adopted_again(job_id: str, inputs: Sequence[str] = ()) -> str:
    """A job that was taken over cannot replace itself."""
    changed = f"{', '.join(inputs)}: " if inputs else ""
    return (
        f"{changed}job {job_id} is the one that existing_job_id names, and cannot replace itself: "
        "undo the edit, or remove existing_job_id for a new job, which trains and is billed"
    )


def undeletable(job_id: Any, state: Any, policy: Any) -> str | None:
    """Why a job cannot be deleted for one that replaces it; None when it can, or is kept."""
    if fate(state, policy) is not Fate.REFUSED:
        return None
    return (
        f"job {job_id} is in state {state}, in which the service deletes no job: wait for the next "
        "state, or first run up with deletion_policy 'retain', which keeps it beside the new one"
    )


def gone(job_id: str) -> str:
    """The job that a state records is no longer at the service."""
    return f"job {job_id} is gone from the service: run refresh, then up makes it anew"


def elsewhere(job_id: str, project: Any, account: str, now: str) -> str:
    """An account's configuration has become another project's."""
    return (
        f"job {job_id} is recorded in project {project} of account '{account}', whose keys and "
        f"project are those of {now} now: give the account that project's again, or, where the job "
        "is not to be managed any more, remove it from the state with 'pulumi state delete'"
    )


def moved_on(job_id: str, state: str, inputs: Sequence[str]) -> str:
    """What the preview planned as an update would be a replacement now."""
    return (
        f"{', '.join(inputs)}: job {job_id} has moved on to state {state}: run up again to see "
        "what that means"
    )


def made_anew_for_an_edit(inputs: Sequence[str], detail: str) -> str:
    """The service takes no edit before the first submission."""
    return (
        f"{', '.join(inputs)}: the service changes no job that waits for its files ({detail}): "
        "the next run makes the job anew, nothing was billed"
    )


def no_edit(inputs: Sequence[str], state: str, detail: str) -> str:
    """The service takes no edit in this state."""
    return (
        f"{', '.join(inputs)}: the service does not change a job in state {state} ({detail}); "
        "undo the edit, or wait for a failed review, or change triggers for a new job, which "
        "trains and is billed again"
    )


def urls_spent(job_id: str, detail: str, adopted: bool) -> str:
    """The service gives no new upload URLs."""
    spent = (
        f"the upload URLs of job {job_id} are spent and the service gives no new ones ({detail})"
    )
    if adopted:
        return f"{spent}: upload the rest at the console"
    return f"{spent}: the next run makes the job anew, nothing was billed"


def submitted_and_unrecorded(job_id: str, state: str, unreadable: str, option: str = "") -> str:
    """A job of this resource was submitted, and no state is known to record it."""
    recorded = (
        f"whether a state records it is not known ({unreadable})"
        if unreadable
        else "no state records it"
    )
    return (
        f"job {job_id} was made for this resource and submitted ({state}), and {recorded}: a "
        f"second one would be billed again. Take it over with existing_job_id='{job_id}', delete "
        f"it with 'metastudio jobs delete {job_id}{option}', or let it stay beside a new one with "
        f"'pulumi config set metastudio:keptJobs {job_id}'"
    )


def left_alone(job_id: str, state: str, why: str, option: str = "") -> str:
    """A job that looks like this resource's own is not touched."""
    return (
        f"job {job_id} ({state}) {why}: it is left alone, a new job is made; to manage it here, "
        f"set existing_job_id='{job_id}'; to remove it, 'metastudio jobs delete {job_id}{option}'"
    )


def kept_on_purpose(kept: str, job_id: str, option: str = "") -> str:
    """A job leaves the state and stays at the service."""
    return (
        f"{kept}; to delete it, run 'metastudio jobs delete {job_id}{option}'; to manage it again, "
        f"set existing_job_id='{job_id}'"
    )


def not_deleted(job_id: str, state: str, detail: str) -> str:
    """The service deletes no job in this state."""
    return f"job {job_id} is in state {state}, in which the service deletes no job ({detail})"
