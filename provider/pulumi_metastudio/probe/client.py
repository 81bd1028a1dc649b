"""The probe's only way to the service: each answer as it came, and no way to submit a job.

The client of ``pulumi_metastudio.api`` repeats, renews and reads leniently; here the answer itself
is what is asked for. Nothing can be billed by it: a command is one of ``HarmlessCommand``, and what
leaves is looked through once more for SUBMITVERIFYING, the command that submits.
"""

from __future__ import annotations

import enum
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from ..api.auth import identity
from ..api.credentials import AccessKey
from ..api.error_responses import refusal, transport_error
from ..api.identifiers import app_user, job_path
from ..api.settings import Settings
from ..common.redact import one_line
from ..errors import AnswerLost, AuthenticationError, EndpointUnreachable, InputError
from .exchanges import UPLOAD, Answered, Asked, Content

_JOBS = "/digital-human-training-manage/user/jobs"
_SUBMITS = "SUBMITVERIFYING"
#: Seconds before the next attempt where one is safe and may help.
_PAUSES = (1.0, 3.0, 8.0)
#: Seconds from one request to the next: the lowest rates in the vendor's tables are one write and
#: more reads a second, and writes are a third of the requests.
PACE = 0.5


class HarmlessCommand(enum.Enum):
    """The commands that the probe can send. None submits, accepts, repairs or deletes."""

    LIST_PARTS = "GET_MULTIPART_UPLOADED"
    CONFIRM_PARTS = "CONFIRM_MULTIPART_UPLOADED"
    LIST_ACTION_PARTS = "GET_ACTION_VIDEO_MULTIPART_UPLOADED"
    CONFIRM_ACTION_PARTS = "CONFIRM_ACTION_VIDEO_MULTIPART_UPLOADED"
    CONFIRM_LETTER = "CONFIRM_AUTHORIZATION_LETTER"


class ProbeClient:
    """Calls of one project, one after the other.

    Args:
        settings: where and as whom; see ``pulumi_metastudio.api.settings.resolve``.
        pace: seconds from one request to the service to the next.
        heard: is told each exchange.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        pace: float = PACE,
        heard: Callable[[Answered], None] = lambda _: None,
    ):
        self.settings = settings
        self._pace = pace
        self._heard = heard
        self._session = requests.Session()
        self._storage = requests.Session()
        self._storage.auth = _untouched  # or a .netrc entry would add a header to signed URLs
        self._identity = identity(settings, self._session)
        self._due = 0.0

    def __enter__(self) -> ProbeClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()
        self._storage.close()

    @property
    def project_id(self) -> str:
        """The project all calls are for; asks IAM once where it was not configured."""
        return self._identity.project_id

    @property
    def can_forge(self) -> bool:
        """Whether requests are signed, so that a wrong signature can be tried."""
        return isinstance(self.settings.credentials, AccessKey)

    def list_jobs(self, *, app_user_id: str = "", **query: object) -> Answered:
        """GET ``…/user/jobs`` with these parameters."""
        texts = {name: str(value) for name, value in query.items()}
        return self._ask(Asked("list", "GET", _JOBS, texts, None, app_user_id))

    def show(self, job_id: str, *, app_user_id: str = "") -> Answered:
        """GET ``…/user/jobs/{job_id}``."""
        path = f"{_JOBS}/{job_path(job_id)}"
        return self._ask(Asked("show", "GET", path, app_user_id=app_user_id))

    def create(self, body: Mapping[str, Any], *, app_user_id: str = "") -> Answered:
        """POST ``…/user/jobs``; only ``OwnJobs`` may call it, which counts."""
        return self._ask(Asked("create", "POST", _JOBS, {}, body, app_user_id))

    def update(self, job_id: str, body: Mapping[str, Any], *, app_user_id: str = "") -> Answered:
        """PUT ``…/user/jobs/{job_id}``."""
        path = f"{_JOBS}/{job_path(job_id)}"
        return self._ask(Asked("update", "PUT", path, {}, body, app_user_id))

    def delete(self, job_id: str, *, app_user_id: str = "") -> Answered:
        """DELETE ``…/user/jobs/{job_id}``."""
        path = f"{_JOBS}/{job_path(job_id)}"
        return self._ask(Asked("delete", "DELETE", path, app_user_id=app_user_id))

    def command(self, job_id: str, command: HarmlessCommand, *, app_user_id: str = "") -> Answered:
        """POST ``…/user/jobs/{job_id}/command``."""
        body = {"command": HarmlessCommand(command).value}
        path = f"{_JOBS}/{job_path(job_id)}/command"
        return self._ask(Asked("command", "POST", path, {}, body, app_user_id))

    def usage(self) -> Answered:
        """GET ``…/tenants/resources-usage``: what is bought and used."""
        return self._ask(Asked("usage", "GET", "/tenants/resources-usage"))

    def forged(self) -> Answered:
        """A list whose signature is wrong; sent once, because keys get locked."""
        return self._ask(Asked("list", "GET", _JOBS, {"limit": "1"}, forged=True))

    def put(
        self,
        url: str,
        content: Content,
        *,
        content_type: str = "application/octet-stream",
        changed: Mapping[str, str] | None = None,
    ) -> Answered:
        """PUT bytes to a one-time URL.

        Args:
            changed: parameters of the URL that are to have other values.
        """
        return self._ask(
            Asked(
                UPLOAD,
                "PUT",
                url,
                content=content,
                content_type=content_type,
                changed=changed or {},
            )
        )

    def send(self, asked: Asked) -> Answered:
        """Send a request once, as it is, and wait for nothing; ``heard`` is told."""
        answered = self._to_storage(asked) if asked.content else self._to_service(asked)
        self._heard(answered)
        return answered

    def _ask(self, asked: Asked) -> Answered:
        """Send, and again where that is safe and may help.

        Raises:
            AuthenticationError: 401, unless the signature was wrong on purpose. No further
                request may follow: keys get locked.
            TransportError: no answer came.
        """
        for pause in (*_PAUSES, None):
            self._wait()
            try:
                answered = self.send(asked)
            except (EndpointUnreachable, AnswerLost) as error:
                certain = isinstance(error, EndpointUnreachable) or asked.method == "GET"
                if pause is None or not certain or asked.forged:
                    raise
            else:
                busy = answered.status == 429 or (answered.status >= 500 and asked.method == "GET")
                if answered.status == 401 and not asked.forged:
                    raise AuthenticationError(
                        f"{asked.operation} of the probe",
                        answered.status,
                        answered.code,
                        answered.message,
                        answered.request_id,
                    )
                if pause is None or not busy or asked.forged:
                    return answered
            time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _wait(self) -> None:
        time.sleep(max(0.0, self._due - time.monotonic()))
        self._due = time.monotonic() + self._pace

    def _to_service(self, asked: Asked) -> Answered:
        settings = self.settings
        auth = self._identity
        if asked.forged and isinstance(settings.credentials, AccessKey):
            wrong = replace(settings.credentials, secret_key="wrong-on-purpose")  # noqa: S106
            forged = replace(settings, credentials=wrong, project_id=self.project_id)
            auth = identity(forged, self._session)
        headers = {"Content-Type": "application/json"}
        if asked.app_user_id:
            headers["X-App-UserId"] = app_user(asked.app_user_id)
        url = f"{settings.endpoint}/v1/{self.project_id}{asked.path}"
        answer = _exchange(
            self._session,
            settings,
            asked,
            url,
            params=dict(asked.query),
            json=asked.body,
            headers=headers,
            auth=auth,
        )
        refused = refusal(asked.operation, answer)
        try:
            value = answer.json()
        except (ValueError, RecursionError):
            value = None
        code, message = (refused.code, refused.detail) if refused else _failure(value)
        return Answered(
            asked,
            answer.status_code,
            code,
            message,
            one_line(answer.headers.get("X-Request-Id", ""), 80),
            value,
            retry_after=one_line(answer.headers.get("Retry-After", ""), 80),
        )

    def _to_storage(self, asked: Asked) -> Answered:
        url = asked.path
        if asked.changed:
            parts = urlsplit(url)
            query = dict(parse_qsl(parts.query, keep_blank_values=True)) | dict(asked.changed)
            url = parts._replace(query=urlencode(query)).geturl()
        answer = _exchange(
            self._storage,
            self.settings,
            asked,
            url,
            data=bytes(asked.content or b""),
            headers={"Content-Type": asked.content_type},
        )
        code, message = (_xml(answer.text, tag) for tag in ("Code", "Message"))
        return Answered(
            asked,
            answer.status_code,
            one_line(code, 80),
            one_line(message),
            one_line(answer.headers.get("x-obs-request-id", ""), 80),
            etag=one_line(answer.headers.get("ETag", ""), 80),
        )


def _exchange(
    session: requests.Session, settings: Settings, asked: Asked, url: str, **arguments: Any
) -> requests.Response:
    """The single place where something leaves; what would submit a job does not."""
    if _SUBMITS in f"{asked.body}{asked.path}{dict(asked.query)}":
        raise InputError("the probe submits no job: a submitted job is billed")
    try:
        return session.request(
            asked.method,
            url,
            timeout=(settings.connect_timeout, settings.read_timeout),
            allow_redirects=False,
            **arguments,
        )
    except requests.RequestException as error:
        operation = f"{asked.operation} of the probe"
        raise transport_error(operation, url, error, settings.led_to(url)) from None


def _failure(value: Any) -> tuple[str, str]:
    """Code and text of a command that failed inside a 200."""
    if not isinstance(value, dict) or value.get("commond_result") in (None, "EXCUTE_SUCCESS"):
        return "", ""
    info = value.get("error_info")
    info = info if isinstance(info, dict) else {}
    code = info.get("error_code") or value["commond_result"]
    message = value.get("excute_failed_msg") or info.get("error_msg") or ""
    return one_line(code, 80), one_line(message)


def _untouched(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _xml(text: str, tag: str) -> str:
    found = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
    return found.group(1) if found else ""
