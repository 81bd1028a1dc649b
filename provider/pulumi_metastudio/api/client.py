"""The training-job API as Python calls.

One client serves one project and may be shared by threads: connections are pooled and the
throttles count for all. Every method raises errors of ``pulumi_metastudio.errors`` only.

A request is repeated when that is safe: reads and the idempotent PUT and DELETE after a lost
answer or a 5xx; the others only when they were certainly not carried out (no connection, or not
passed on by the gateway). What was throttled goes again in its next turn, whatever it is. A refused
signature is never repeated; a refused token is renewed once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, TypeVar

import requests
from pydantic import BaseModel, ValidationError
from requests.adapters import HTTPAdapter

from ..common.retry import repeated
from ..errors import (
    AnswerLost,
    AnswerUnreadable,
    AuthenticationError,
    CommandFailed,
    InvalidRequest,
    NotFound,
    ServerError,
    Throttled,
)
from .auth import identity
from .error_responses import not_carried_out, service_error
from .exchange import exchange
from .identifiers import app_user, job_path
from .models import (
    Command,
    CommandAnswer,
    CreateJob,
    Job,
    JobDetail,
    JobPage,
    UpdateJob,
    UploadUrls,
)
from .resource_usage import ResourceUsagePage
from .settings import Settings
from .throttle import Throttles

_Answer = TypeVar("_Answer", bound=BaseModel)

#: The most jobs one list request brings; the list page's limit.
PAGE = 100
#: Attempts at a request that may be repeated, and at one that must not be carried out twice.
_ATTEMPTS, _ATTEMPTS_ONCE = 6, 3
#: Seconds after which no further attempt begins.
_GIVE_UP_AFTER = 120.0
_POOL = 16
_JOBS = "/digital-human-training-manage/user/jobs"
_USAGE = "/tenants/resources-usage"


class MetaStudioClient:
    """Calls of one project.

    Args:
        settings: where and as whom; see ``pulumi_metastudio.api.settings.resolve``.
    """

    def __init__(self, settings: Settings):
        self.settings = settings
        self._session = requests.Session()
        adapter = HTTPAdapter(pool_connections=_POOL, pool_maxsize=_POOL)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._identity = identity(settings, self._session)
        self._throttles = Throttles(
            settings.region,
            most_reads=settings.reads_per_second,
            most_writes=settings.writes_per_second,
        )
        self._written = 0
        self._lock = threading.Lock()

    @property
    def project_id(self) -> str:
        """The project all calls are for; asks IAM once where it was not configured."""
        return self._identity.project_id

    @property
    def writes(self) -> int:
        """Counts before and after each call that may change a job.

        What was read at another count may be out of date.
        """
        return self._written

    def create_job(self, job: CreateJob, *, app_user_id: str | None = None) -> UploadUrls:
        """POST ``…/user/jobs``: make a job and get its upload URLs. Not idempotent."""
        answer = self._send(
            "create training job", "POST", body=job.body(), app_user_id=app_user_id, once=True
        )
        return _read(UploadUrls, "create training job", answer)

    def show_job(self, job_id: str, *, app_user_id: str | None = None) -> JobDetail:
        """GET ``…/user/jobs/{job_id}``."""
        operation = f"show training job {job_id}"
        return _read(
            JobDetail,
            operation,
            self._send(operation, "GET", job_path(job_id), app_user_id=app_user_id),
        )

    def find_job(self, job_id: str, *, app_user_id: str | None = None) -> JobDetail | None:
        """A job's detail, or None when the service has no such job.

        No document says how a missing job is answered, so a refusal counts as "gone" only when
        the list, asked for this very id, agrees.
        """
        try:
            return self.show_job(job_id, app_user_id=app_user_id)
        except (NotFound, InvalidRequest):
            page = self.list_jobs(job_id=job_id, app_user_id=app_user_id)
            if any(job.job_id == job_id for job in page.jobs):
                raise
            return None

    def list_jobs(self, *, app_user_id: str | None = None, **filters: Any) -> JobPage:
        """GET ``…/user/jobs``: one page.

        Args:
            filters: query parameters by their wire names: offset (0), limit (10, at most 100),
                state (comma-separated), sort_key, sort_dir, create_since, create_until,
                update_since, update_until, query_project_id, batch_name, tag, job_id, name,
                model_resolution, is_flexus, is_live_copy, train_location, is_ondemand_resource.
        """
        query = {
            name: str(value).lower() if isinstance(value, bool) else value
            for name, value in filters.items()
            if value is not None
        }
        operation = "list training jobs"
        answer = self._send(operation, "GET", query=query, app_user_id=app_user_id)
        return _read(JobPage, operation, answer)

    def iter_jobs(self, **filters: Any) -> Iterator[Job]:
        """Every matching job once, oldest first, a page at a time as it is consumed.

        The order is always stated, because the documented default contradicts the documents'
        own example. A job that moves to another page while pages are read is given once. When the
        number of jobs changes meanwhile, one may have moved to a page that was read already: all
        pages are read once more, and jobs that were missed come last.
        """
        seen: set[str] = set()
        order = {"sort_key": "create_time", "sort_dir": "asc"}
        for _ in range(2):
            offset = 0
            counts: set[int] = set()
            while True:
                page = self.list_jobs(**{**order, **filters, "offset": offset, "limit": PAGE})
                counts.add(page.count)
                for job in page.jobs:
                    if job.job_id not in seen:
                        seen.add(job.job_id)
                        yield job
                offset += len(page.jobs)
                if not page.jobs or offset >= page.count:
                    break
            if len(counts) == 1 and len(seen) >= page.count:
                return

    def update_job(
        self, job_id: str, job: UpdateJob, *, app_user_id: str | None = None
    ) -> UploadUrls:
        """PUT ``…/user/jobs/{job_id}``: change fields, and get fresh upload URLs."""
        operation = f"update training job {job_id}"
        answer = self._send(
            operation, "PUT", job_path(job_id), body=job.body(), app_user_id=app_user_id
        )
        return _read(UploadUrls, operation, answer)

    def delete_job(self, job_id: str, *, app_user_id: str | None = None) -> None:
        """DELETE ``…/user/jobs/{job_id}``."""
        path = job_path(job_id)
        self._send(f"delete training job {job_id}", "DELETE", path, app_user_id=app_user_id)

    def command(
        self, job_id: str, command: Command, *, app_user_id: str | None = None
    ) -> CommandAnswer:
        """POST ``…/user/jobs/{job_id}/command``.

        Raises:
            CommandFailed: the answer is 200, but anything else than EXCUTE_SUCCESS inside.
        """
        operation = f"{command.command} on training job {job_id}"
        response = self._send(
            operation,
            "POST",
            f"{job_path(job_id)}/command",
            body=command.body(),
            app_user_id=app_user_id,
            # The two queries change nothing; every other command may act twice.
            once=not command.command.startswith("GET_"),
        )
        answer = _read(CommandAnswer, operation, response)
        if not answer.succeeded:
            info = answer.error_info
            detail = answer.excute_failed_msg or (info and info.error_msg) or "no reason given"
            code = (info and info.error_code) or answer.commond_result or ""
            raise service_error(CommandFailed, operation, response, code, detail)
        return answer

    def resource_usage(self, *business: str, attempts: int | None = None) -> ResourceUsagePage:
        """GET ``/v1/{project_id}/tenants/resources-usage``: what is bought and used.

        Needs a permission of its own. Source: the vendor's page ShowResourceUsage (2025-12).

        Args:
            business: business types, such as MODELING_2D; all when none is given.
            attempts: how often to ask; by default as often as for any read.
        """
        operation = "show resource usage"
        query = {"business": ",".join(business)} if business else None
        answer = self._send(operation, "GET", _USAGE, query=query, attempts=attempts)
        return _read(ResourceUsagePage, operation, answer)

    def _send(
        self,
        operation: str,
        method: str,
        path: str = "",
        *,
        body: dict[str, Any] | None = None,
        query: dict[str, Any] | None = None,
        app_user_id: str | None = None,
        once: bool = False,
        attempts: int | None = None,
    ) -> requests.Response:
        """One call, repeated as the module's text says.

        Args:
            path: below the project's jobs; below the project where it begins with a slash.
            once: it must not be carried out twice.
            attempts: how often it is tried; by default as ``once`` says.
        """
        user = app_user(app_user_id)

        def again(error: BaseException) -> bool:
            unsure = isinstance(error, (AnswerLost, ServerError))
            if isinstance(error, Throttled) and error.operation == operation:
                return False  # the throttle has repeated it
            return not_carried_out(error) or (unsure and not once)

        def attempt() -> requests.Response:
            try:
                return self._attempt(operation, method, path, body, query, user)
            except AuthenticationError as refused:
                # A refused login is another operation: a wrong password is not sent twice.
                if refused.operation != operation or not self._identity.renew():
                    raise
                return self._attempt(operation, method, path, body, query, user)

        try:
            if method != "GET":
                self._note_write()
            attempts = attempts or (_ATTEMPTS_ONCE if once else _ATTEMPTS)
            return repeated(attempt, again=again, attempts=attempts, seconds=_GIVE_UP_AFTER)
        finally:
            if method != "GET":
                self._note_write()

    def _note_write(self) -> None:
        with self._lock:
            self._written += 1

    def _attempt(
        self,
        operation: str,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        query: dict[str, Any] | None,
        app_user_id: str,
    ) -> requests.Response:
        below = path if path.startswith("/") else _JOBS + (f"/{path}" if path else "")
        url = f"{self.settings.endpoint}/v1/{self._identity.project_id}{below}"
        headers = {"Content-Type": "application/json"}
        if app_user_id:
            headers["X-App-UserId"] = app_user_id

        def call() -> requests.Response:
            return exchange(
                self._session,
                self.settings,
                operation,
                method,
                url,
                params=query,
                json=body,
                headers=headers,
                auth=self._identity,
            )

        return self._throttles.of(method, path).run(operation, call)


def _read(kind: type[_Answer], operation: str, answer: requests.Response) -> _Answer:
    try:
        return kind.model_validate(answer.json())
    except ValidationError as error:
        # The values may be personal: name the fields only.
        where = ", ".join(".".join(map(str, e["loc"])) for e in error.errors()) or "the body"
        raise AnswerUnreadable(
            f"{operation}: the answer's {where} is not what the documents describe"
        ) from None
    except (ValueError, RecursionError):
        # A body cut short means the call may well have been carried out.
        raise AnswerLost(f"{operation}: the answer is not JSON (cut short?)") from None
