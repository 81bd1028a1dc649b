"""Wait, in the program, until jobs have come to where the next step needs them.

Training takes days and never happens inside a create. A program that needs a trained model waits
for it here, in its own event loop: other resources go on meanwhile, and however many jobs are
waited for, a round of polling is one list request.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, overload

import pulumi

from .background import in_background
from .functions import JobOutput, context
from .training_job import TrainingJob

if TYPE_CHECKING:
    from .api import JobDetail, MetaStudioClient

__all__ = ["TARGETS", "Rounds", "Target", "Wait", "duration", "reached", "wait_for"]

Target = Literal["submitted", "approved", "trained", "finished"]
TARGETS: tuple[Target, ...] = ("submitted", "approved", "trained", "finished")

#: Waits that begin within these seconds share their first round.
_GATHERING = 0.5


@overload
def wait_for(
    job: TrainingJob, *, target: Target, timeout: str | float, poll: float = 30.0
) -> JobOutput: ...


@overload
def wait_for(
    job: Sequence[TrainingJob], *, target: Target, timeout: str | float, poll: float = 30.0
) -> pulumi.Output[list[JobDetail]]: ...


def wait_for(
    job: TrainingJob | Sequence[TrainingJob],
    *,
    target: Target,
    timeout: str | float,
    poll: float = 30.0,
) -> JobOutput | pulumi.Output[list[JobDetail]]:
    """Wait until a job, or each of several, has reached a target; gives its detail then.

    Nothing waits in a preview: the answer there is the detail of a job that is at its target
    already, and otherwise not known.

    Args:
        job: one or several.
        target: ``submitted``, ``approved``, ``trained`` or ``finished``; docs/functions.md has
            the states that each means.
        timeout: how long, from the moment the job exists: seconds, or text such as ``"36h"``.
        poll: seconds between two rounds; the shortest of all waits counts.

    Raises:
        pulumi.RunError: an argument is wrong; or later, which fails ``up`` with one line, when
            the review failed, the job is gone, or the time is over.
    """
    from .errors import InputError

    try:
        seconds = duration(timeout)
        reached(target)
        if not poll > 0:
            raise InputError(f"wait_for: poll is {poll}: give seconds above 0")
    except InputError as problem:
        raise pulumi.RunError(str(problem)) from problem
    if isinstance(job, TrainingJob):
        return JobOutput.of(_waited(job, target, seconds, poll))
    each = [_waited(one, target, seconds, poll) for one in job]
    return pulumi.Output.secret(pulumi.Output.all(*each))


def _waited(
    job: TrainingJob, target: Target, seconds: float, poll: float
) -> pulumi.Output[JobDetail]:
    from .errors import MetaStudioError

    preview = pulumi.runtime.is_dry_run()

    async def wait(job_id: str) -> JobDetail | None:
        this = Wait(
            job_id,
            target,
            seconds,
            poll=poll,
            label=f"training job '{job.pulumi_resource_name}' ({job_id})",
            # None while not known, as what a job has none of is in every preview.
            app_user_id=await job.app_user_id.future(),
            create_time=await job.create_time.future(),
            once=preview,
        )
        try:
            return await _rounds().result(this)
        except MetaStudioError as problem:
            raise pulumi.RunError(str(problem)) from problem

    found: pulumi.Output[Any] = job.job_id.apply(wait)
    return found.apply(lambda detail: _not_known() if detail is None else detail)


def _not_known() -> pulumi.Output[Any]:
    def settled(value: Any) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.set_result(value)
        return future

    return pulumi.Output(set(), settled(None), settled(False))


#: One for each program; the Automation API runs several in one process, each in its own loop.
_PROGRAMS: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Rounds] = (
    weakref.WeakKeyDictionary()
)


def _rounds() -> Rounds:
    loop = asyncio.get_running_loop()
    if loop not in _PROGRAMS:
        _PROGRAMS[loop] = Rounds(context().client)
    return _PROGRAMS[loop]


def duration(value: str | float) -> float:
    """Seconds from a number, or from text such as ``90s``, ``1h30m``, ``2.5d``.

    Raises:
        InputError: it is neither, or not above 0.
    """
    from .errors import InputError

    units = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
    text = str(value).strip()
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([smhd]?)\s*", text)
    seconds = sum(float(number) * units[unit] for number, unit in parts)
    if "".join(f"{number}{unit}" for number, unit in parts) != "".join(text.split()):
        seconds = 0
    if not seconds > 0:
        raise InputError(f"timeout is '{value}': give seconds, or a text such as 90s, 36h or 3d")
    return seconds


def reached(target: str) -> frozenset[str]:
    """The states in which a target counts as reached. A state that nobody knows is in none.

    A job may go backwards and skip states, so these are sets and no order.

    Raises:
        InputError: there is no such target.
    """
    from .api.states import (
        EDITABLE,
        JOB_FINISH,
        JOB_PENDING,
        JOB_SUCCESS,
        KNOWN,
        TRAINED,
        WAIT_FILE_UPLOAD,
    )
    from .errors import InputError

    # A job may be suspended, and its video analysed, at a time that no document tells.
    before_approval = EDITABLE | {"AUTO_VERIFYING", "MANUAL_VERIFYING", JOB_PENDING}
    before_approval |= {state for state in KNOWN if state.startswith("VIDEO_ANALYZE_")}
    if target == "submitted":
        return KNOWN - {WAIT_FILE_UPLOAD}
    if target == "approved":
        return KNOWN - before_approval
    if target == "trained":
        return TRAINED
    if target == "finished":
        return frozenset({JOB_SUCCESS, JOB_FINISH})
    raise InputError(f"target is '{target}': choose one of {', '.join(TARGETS)}")


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
        state: the state that was seen last.
    """

    job_id: str
    target: Target
    seconds: float
    poll: float = 30.0
    label: str = ""
    app_user_id: str | None = None
    create_time: str | None = None
    once: bool = False
    state: str = ""
    _deadline: float = field(default=0.0, init=False)
    _done: asyncio.Future[JobDetail | None] = field(init=False, repr=False)

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
        return self._done.done()

    def end(self, outcome: JobDetail | BaseException | None) -> None:
        """Give the one who waits a detail, nothing, or an error."""
        if self.over:
            return
        if isinstance(outcome, BaseException):
            self._done.set_exception(outcome)
        else:
            self._done.set_result(outcome)


class Rounds:
    """Polls for all waits together; at rest while there are none."""

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
                refused to tell.
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
        except BaseException as problem:
            for wait in self._waits:
                wait.end(problem)  # nobody is to wait for ever
            raise

    async def _round(self) -> None:
        from .errors import (
            AnswerLost,
            EndpointUnreachable,
            JobRefusal,
            MetaStudioError,
            ServerError,
            Throttled,
        )

        asked = list(self._waits)
        try:
            seen = await in_background(lambda: _look(self._client, asked))
            for wait, outcome in seen.items():
                wait.end(outcome)
            self._trouble = ""
        except (AnswerLost, EndpointUnreachable, ServerError, Throttled) as problem:
            self._trouble = f"; the service could not be asked last time: {problem}"
        except MetaStudioError as problem:
            for wait in asked:
                wait.end(problem)
        for wait in asked:
            if wait.once:
                wait.end(None)
            elif wait.left <= 0:
                wait.end(JobRefusal(_too_late(wait) + self._trouble))


def _look(client: MetaStudioClient, waits: list[Wait]) -> dict[Wait, JobDetail | BaseException]:
    """What has become of jobs: those that are at their target, or will not get there as it is.

    The list tells the states; a detail is fetched only where it says that something is over, and
    then decides, because the job may have moved on between the two.
    """
    from .api.states import REVIEW_FAILED
    from .errors import JobRefusal

    over: dict[Wait, JobDetail | BaseException] = {}
    for app_user_id in {wait.app_user_id for wait in waits}:
        group = [wait for wait in waits if wait.app_user_id == app_user_id]
        states = _states(client, app_user_id, group)
        for wait in group:
            wait.state = states.get(wait.job_id, wait.state)
            decisive = reached(wait.target) | REVIEW_FAILED
            if wait.job_id in states and wait.state not in decisive:
                continue
            detail = client.find_job(wait.job_id, app_user_id=app_user_id)
            if detail is None:
                if not wait.once:
                    over[wait] = JobRefusal(
                        f"{wait.label} is gone from the service: refresh, then up makes it anew"
                    )
                continue
            wait.state = detail.state
            if wait.state in reached(wait.target):
                over[wait] = detail
            elif wait.state in REVIEW_FAILED and not wait.once:
                over[wait] = JobRefusal(f"{wait.label}: {_reason(detail)}")
    return over


def _states(client: MetaStudioClient, app_user_id: str | None, waits: list[Wait]) -> dict[str, str]:
    """The states of jobs by id, from one list request unless they fill more than a page."""
    ids = {wait.job_id for wait in waits}
    times = [wait.create_time for wait in waits]
    filters: dict[str, Any] = {"app_user_id": app_user_id}
    if len(ids) == 1:
        filters["job_id"] = next(iter(ids))
    elif all(times):
        filters |= {"create_since": min(map(str, times)), "create_until": max(map(str, times))}
    states: dict[str, str] = {}
    for job in client.iter_jobs(**filters):
        if job.job_id in ids:
            states[job.job_id] = job.state
        if len(states) == len(ids):
            break
    return states


def _reason(detail: JobDetail) -> str:
    from .lifecycle import review_note
    from .lifecycle.outputs import recorded

    return review_note(recorded({}, detail)) or f"it is in state {detail.state}"


def _too_late(wait: Wait) -> str:
    from .api.states import JOB_PENDING, WAIT_FILE_UPLOAD, WAIT_USER_CONFIRM, console_status

    ways_out = {
        WAIT_FILE_UPLOAD: "nobody has submitted it: set submit to true, or submit it by hand",
        WAIT_USER_CONFIRM: f"its user decides: metastudio jobs accept (or reject) {wait.job_id}",
        JOB_PENDING: f"it is suspended: metastudio jobs resume {wait.job_id}",
    }
    on = "the job goes on by itself: run up again to wait on, or give a longer timeout"
    seen = f"in state {wait.state} ({console_status(wait.state)})" if wait.state else "not seen"
    return (
        f"{wait.label} is not {wait.target} after {wait.seconds:g} s, it is {seen}; "
        f"{ways_out.get(wait.state, on)}"
    )
