"""Poll the service for all jobs that are waited for together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..api import Job, JobDetail, MetaStudioClient
from ..api.states import (
    JOB_PENDING,
    REVIEW_FAILED,
    WAIT_FILE_UPLOAD,
    WAIT_USER_CONFIRM,
    console_status,
)
from ..errors import (
    AnswerLost,
    EndpointUnreachable,
    JobRefusal,
    MetaStudioError,
    ServerError,
    Throttled,
)
from ..lifecycle import review_note
from ..lifecycle.outputs import recorded
from ..sdk.background import in_background
from .targets import Target, states_of

#: Waits that begin within these seconds share their first round.
_GATHERING = 0.5


@dataclass(eq=False)
class Wait:
    """One job that is waited for.

    Attributes:
        job_id: its id.
        target: what is waited for.
        seconds: how long at most.
        poll: seconds between two looks.
        label: how to name it to people.
        app_user_id: the sub-user id that it was made with.
        create_time: when it was made; narrows the list that is asked for.
        once: look once only, and give None when it is not there yet.
        on_change: called in the loop when another state was seen than before.
        state: the state that was seen last.
        name: the job's name, once it was seen.
    """

    job_id: str
    target: Target
    seconds: float
    poll: float = 30.0
    label: str = ""
    app_user_id: str | None = None
    create_time: str | None = None
    once: bool = False
    on_change: Callable[[Wait], None] | None = None
    state: str = ""
    name: str = ""
    _deadline: float = field(default=0.0, init=False)
    _done: asyncio.Future[JobDetail | None] | None = field(default=None, init=False, repr=False)

    def begin(self) -> asyncio.Future[JobDetail | None]:
        """Start the clock, in the running loop."""
        loop = asyncio.get_running_loop()
        self._deadline = loop.time() + self.seconds
        self._done = loop.create_future()
        return self._done

    @property
    def left(self) -> float:
        """Seconds until the time is over."""
        return self._deadline - asyncio.get_running_loop().time()

    @property
    def over(self) -> bool:
        """Whether it has ended, in whichever way."""
        return self._done is not None and self._done.done()

    def end(self, outcome: JobDetail | BaseException | None) -> None:
        """End with a detail, with None, or with an error."""
        if self._done is None or self.over:
            return
        if isinstance(outcome, BaseException):
            self._done.set_exception(outcome)
        else:
            self._done.set_result(outcome)


class Poller:
    """Polls for all waits together; stops while there are none."""

    def __init__(self, client: MetaStudioClient):
        self._client = client
        self._waits: list[Wait] = []
        self._joined = asyncio.Event()
        self._polling: asyncio.Task[None] | None = None
        self._trouble = ""

    async def result(self, wait: Wait) -> JobDetail | None:
        """The job's detail once it is at its target.

        Raises:
            MetaStudioError: the review failed, the job is gone, the time is over, or the service
                refused.
        """
        done = wait.begin()
        self._waits.append(wait)
        self._joined.set()
        if self._polling is None or self._polling.done():
            self._polling = asyncio.ensure_future(self._poll())
        return await done

    async def _poll(self) -> None:
        try:
            while self._waits:
                # Most waits of a program begin together: they share the round.
                await asyncio.sleep(min(_GATHERING, *(wait.poll for wait in self._waits)))
                self._joined.clear()
                await self._round()
                self._waits = [wait for wait in self._waits if not wait.over]
                if self._waits:
                    pause = min(min(wait.poll, wait.left) for wait in self._waits)
                    with contextlib.suppress(asyncio.TimeoutError):
                        await asyncio.wait_for(self._joined.wait(), max(0.0, pause))
        except BaseException as error:
            for wait in self._waits:
                wait.end(error)  # or its program would wait for ever
            raise

    async def _round(self) -> None:
        asked = list(self._waits)
        before = [wait.state for wait in asked]
        try:
            seen = await in_background(lambda: _look(self._client, asked))
            for wait, state in zip(asked, before, strict=True):
                if wait.on_change and wait.state != state:
                    wait.on_change(wait)
            for wait, outcome in seen.items():
                wait.end(outcome)
            self._trouble = ""
        except (AnswerLost, EndpointUnreachable, ServerError, Throttled) as error:
            self._trouble = f"; the service could not be asked last time: {error}"
        except MetaStudioError as error:
            for wait in asked:
                wait.end(error)
        for wait in asked:
            if wait.once:
                wait.end(None)
            elif wait.left <= 0:
                wait.end(JobRefusal(_too_late(wait, self._client.settings.option) + self._trouble))


def _look(client: MetaStudioClient, waits: list[Wait]) -> dict[Wait, JobDetail | BaseException]:
    """The waits that are over: with the detail at the target, or the reason why it is out of reach.

    The list has the states. Where a state says that a wait is over, the detail is fetched and
    decides, because the job may have moved on between the two.
    """

    over: dict[Wait, JobDetail | BaseException] = {}
    for app_user_id in {wait.app_user_id for wait in waits}:
        group = [wait for wait in waits if wait.app_user_id == app_user_id]
        jobs = _listed(client, app_user_id, group)
        for wait in group:
            _note(wait, jobs.get(wait.job_id))
            decisive = states_of(wait.target) | REVIEW_FAILED
            if wait.job_id in jobs and wait.state not in decisive:
                continue
            detail = client.find_job(wait.job_id, app_user_id=app_user_id)
            if detail is None:
                if not wait.once:
                    over[wait] = JobRefusal(
                        f"{wait.label} is gone from the service: refresh, then up makes it anew"
                    )
                continue
            _note(wait, detail)
            if wait.state in states_of(wait.target):
                over[wait] = detail
            elif wait.state in REVIEW_FAILED and not wait.once:
                over[wait] = JobRefusal(f"{wait.label}: {_reason(detail)}")
    return over


def _note(wait: Wait, job: Job | None) -> None:
    if job:
        wait.state, wait.name = job.state, job.name or ""


def _listed(client: MetaStudioClient, app_user_id: str | None, waits: list[Wait]) -> dict[str, Job]:
    """The jobs by id, from one list request unless they fill more than a page."""
    ids = {wait.job_id for wait in waits}
    times = [wait.create_time for wait in waits]
    filters: dict[str, Any] = {"app_user_id": app_user_id}
    if len(ids) == 1:
        filters["job_id"] = next(iter(ids))
    elif all(times):
        filters |= {"create_since": min(map(str, times)), "create_until": max(map(str, times))}
    found: dict[str, Job] = {}
    for job in client.iter_jobs(**filters):
        if job.job_id in ids:
            found[job.job_id] = job
        if len(found) == len(ids):
            break
    return found


def _reason(detail: JobDetail) -> str:
    return review_note(recorded({}, detail)) or f"it is in state {detail.state}"


def _too_late(wait: Wait, option: str) -> str:
    job = f"{wait.job_id}{option}"
    ways_out = {
        WAIT_FILE_UPLOAD: "nobody has submitted it: set submit to true, or submit it by hand",
        WAIT_USER_CONFIRM: f"its user decides: metastudio jobs accept (or reject) {job}",
        JOB_PENDING: f"it is suspended: metastudio jobs resume {job}",
    }
    on = "the job goes on by itself: run up again to wait on, or give a longer timeout"
    word = f"console: {console_status(wait.state)}"
    seen = f"in state {wait.state} ({word})" if wait.state else "not seen"
    return (
        f"{wait.label} is not {wait.target} after {wait.seconds:g} s, it is {seen}; "
        f"{ways_out.get(wait.state, on)}"
    )
