"""One run of the probe: the questions in their order, and nothing left behind."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from ..errors import MetaStudioError
from .asking.first_job import FirstJob
from .asking.other_jobs import OtherJobs
from .asking.rates import MOST_REQUESTS, ask_rates
from .asking.reading import ask_reading
from .client import ProbeClient
from .findings import Findings
from .interrupts import Interruptions
from .ledger import PREFIX, Ledger, Ledgers
from .own_jobs import APP_USER, OwnJob, OwnJobs, pages, probe_tag
from .questions import LARGER_PART, QUESTIONS, SMALL_PART, Needs

#: What a run with jobs takes, unless it must repeat; a test counts.
REQUESTS, BYTES = 70, 2 * LARGER_PART + 16 * SMALL_PART
#: A job of a run on another machine is left alone while that run may be under way.
_OTHERS_RUN = timedelta(hours=1)


@dataclass
class Result:
    """What a run brought.

    Attributes:
        otherwise: why the questions that were not asked were not.
        failure: why it ended early, "" when it did not.
        left: jobs that the service still has; None when it could not be asked.
        made: jobs that were made.
    """

    findings: Findings
    otherwise: str = "not asked"
    failure: str = ""
    interrupted: bool = False
    left: list[OwnJob] | None = field(default_factory=list)
    made: int = 0

    @property
    def clean(self) -> bool:
        """Whether it went to its end and nothing is left."""
        return not self.failure and not self.interrupted and self.left == []


def plan(*, read_only: bool, rates: bool) -> str:
    """What a run is going to do, in words."""
    if rates:
        return (
            f"lists jobs as fast as eight connections do until the service refuses, "
            f"{MOST_REQUESTS} times at most; others in the project are slowed down meanwhile"
        )
    count = sum(question.needs is Needs.READING for question in QUESTIONS)
    reading = f"asks {count} questions by reading, about 10 requests, one of them signed wrongly"
    if read_only:
        return f"{reading}; makes nothing"
    with_jobs = sum(question.needs is Needs.JOBS for question in QUESTIONS)
    return (
        f"{reading}; then {with_jobs} more with at most three jobs of its own, about {REQUESTS} "
        f"requests and {BYTES // 1024} KiB of uploads at most; submits none, so that nothing is "
        "billed; deletes its jobs and proves by a list that none is left"
    )


def run_rates(client: ProbeClient) -> Result:
    """Ask the rate question only."""
    findings = Findings()
    ask_rates(client, findings)
    return Result(findings, "not asked: --rates asks for the rate only")


def run(
    client: ProbeClient,
    ledgers: Ledgers,
    *,
    read_only: bool = False,
    tell: Callable[[str], None] = lambda _: None,
    begun: Callable[[str], None] = lambda _: None,
) -> Result:
    """Ask all questions, or those that need no job.

    Args:
        tell: is told what is under way.
        begun: is told the run's id before its first request.

    Raises:
        MetaStudioError: the service cannot be reached or refuses the credentials; nothing was made.
    """
    findings = Findings()
    findings.skip("not asked: it takes --rates", "list_rate")
    with (
        Interruptions().caught() as interruptions,
        ledgers.new(client.settings.endpoint, client.project_id) as ledger,
    ):
        begun(ledger.run_id)
        result = Result(findings)
        jobs = OwnJobs(client, ledgers, ledger)
        try:
            tell("questions that only read")
            usage = ask_reading(client, findings)
            if read_only:
                result.otherwise = "not asked: --read-only"
            else:
                tell("the first job")
                first = FirstJob.create(client, findings, jobs)
                first.ask_creation(usage)
                first.ask_lists()
                first.ask_uploads()
                first.ask_update()
                first.ask_failed_command()
                others = OtherJobs(client, findings, jobs, first)
                tell("the second job")
                others.ask_second()
                first.ask_lengths()
                tell("the third job")
                others.ask_third()
        except MetaStudioError as error:
            result.failure = str(error)
            result.otherwise = "not asked: the probe ended early"
        except KeyboardInterrupt:
            result.interrupted = True
            result.otherwise = "not asked: interrupted"
        finally:
            with suppress(KeyboardInterrupt):  # what comes now comes too late
                interruptions.clean_up_first()
            result.made = sum(entry.job_id is not None for entry in ledger.entries)
            _clean_up(jobs, ledgers, ledger, result, tell)
    return result


def _clean_up(
    jobs: OwnJobs, ledgers: Ledgers, ledger: Ledger, result: Result, tell: Callable[[str], None]
) -> None:
    if not ledger.entries:
        ledgers.forget(ledger)
        return
    tell("deleting what was made")
    try:
        result.left = jobs.remove_all()
    except (MetaStudioError, KeyboardInterrupt) as error:
        result.left = None
        reason = str(error) or "interrupted"
        result.failure = result.failure or f"it is not known what is left: {reason}"


@dataclass(frozen=True)
class Cleaned:
    """What ``clean`` did.

    Attributes:
        runs: runs of this machine that were finished.
        deleted: ids of jobs that were deleted.
        left: jobs of ended runs that the service still has.
        young: jobs of runs elsewhere that may be under way.
    """

    runs: int
    deleted: list[str]
    left: list[OwnJob]
    young: list[OwnJob]


def clean(client: ProbeClient, ledgers: Ledgers) -> Cleaned:
    """Delete what ended runs left: by this machine's records, and by the probe's tag.

    Raises:
        MetaStudioError: the service did not answer, or refused a list.
    """
    deleted: list[str] = []
    left: list[OwnJob] = []
    records = ledgers.left(client.settings.endpoint, client.project_id)
    for ledger in records:
        jobs = OwnJobs(client, ledgers, ledger)
        found = jobs.find()
        remaining = jobs.remove_all()
        left += remaining
        deleted += [job.job_id for job in found if job not in remaining]
    young: list[OwnJob] = []
    for job, tag, created in _tagged(client):
        if ledgers.running(tag.removeprefix(PREFIX)) or job in left:
            continue
        if created > datetime.now(timezone.utc) - _OTHERS_RUN:
            young.append(job)
            continue
        client.delete(job.job_id, app_user_id=job.app_user_id)
        listed = client.list_jobs(job_id=job.job_id, app_user_id=job.app_user_id)
        gone = listed.ok and not listed.jobs()
        (deleted if gone else []).append(job.job_id)
        if not gone:
            left.append(job)
    return Cleaned(len(records), deleted, left, young)


def _tagged(client: ProbeClient) -> list[tuple[OwnJob, str, datetime]]:
    """Unsubmitted jobs with the probe's tag, the run's id, and when they were made."""
    found: dict[str, tuple[OwnJob, str, datetime]] = {}
    for user in ("", APP_USER):
        for listed in pages(client, user, state="WAIT_FILE_UPLOAD"):
            tag = probe_tag(listed)
            job_id = listed.get("job_id")
            if tag and isinstance(job_id, str):
                job = OwnJob(
                    job_id, str(listed.get("app_user_id") or ""), str(listed.get("name", ""))
                )
                found.setdefault(job_id, (job, tag, _time(listed.get("create_time"))))
    return list(found.values())


def _time(text: object) -> datetime:
    """An RFC 3339 time; one that cannot be read counts as now, so that the job is left alone."""
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return datetime.now(timezone.utc)
