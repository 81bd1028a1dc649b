"""Authenticate each request, by a signature or an IAM token.

Both are ``requests`` authenticators, so they see the request exactly as it goes out, and a
``.netrc`` file on the machine cannot slip other credentials in. IAM's token page is
``iam_30_0001``.
"""

from __future__ import annotations

import abc
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from ..common.retry import repeated
from ..errors import (
    AnswerUnreadable,
    AuthenticationError,
    ConfigurationError,
    EndpointUnreachable,
    ServiceError,
)
from .credentials import AccessKey, Password, Token
from .exchange import exchange
from .settings import Settings
from .signing import DATE_FORMAT, sign

#: A token is renewed this long before it ends, so that no request is under way when it does.
_RENEW_BEFORE = timedelta(minutes=5)


class Identity(AuthBase, abc.ABC):
    """Authenticates requests to one project. Safe to share between threads."""

    @property
    @abc.abstractmethod
    def project_id(self) -> str:
        """The project in every path; asks IAM once where it was not configured."""

    def renew(self) -> bool:
        """Drop what the service no longer accepts; False when there is nothing to renew."""
        return False


def identity(settings: Settings, session: requests.Session) -> Identity:
    """The authenticator that the settings' credentials call for."""
    credentials = settings.credentials
    if isinstance(credentials, AccessKey):
        return _SigningIdentity(settings, credentials, session)
    return _TokenIdentity(settings, credentials, session)


def _sign(request: requests.PreparedRequest, key: AccessKey, project_id: str | None) -> None:
    # Only what must be signed: proxies may change anything else, and the header is limited to
    # 256 characters by the vendor's schema.
    headers = {
        "Content-Type": "application/json",
        "Host": urlsplit(request.url or "").netloc,
        "X-Sdk-Date": datetime.now(timezone.utc).strftime(DATE_FORMAT),
    }
    if project_id:
        headers["X-Project-Id"] = project_id
    if key.security_token:
        headers["X-Security-Token"] = key.security_token
    body = request.body or b""
    request.url, signed = sign(
        key.access_key,
        key.secret_key,
        request.method or "",
        request.url or "",
        headers,
        body.encode() if isinstance(body, str) else body,
    )
    request.headers.update(signed)


class _SigningIdentity(Identity):
    def __init__(self, settings: Settings, key: AccessKey, session: requests.Session):
        self._settings = settings
        self._key = key
        self._session = session
        self._project_id = settings.project_id
        self._lock = threading.Lock()

    @property
    def project_id(self) -> str:
        with self._lock:
            if self._project_id is None:
                self._project_id = self._ask_project()
            return self._project_id

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        _sign(request, self._key, self.project_id)
        return request

    def _ask_project(self) -> str:
        region = self._settings.region
        if not region:
            raise ConfigurationError(
                f"no project: set {self._settings.name_of('projectId')}"
                + ("" if self._settings.account else " or HUAWEICLOUD_SDK_PROJECT_ID")
                + f", or {self._settings.name_of('region')} to let IAM name it"
            )
        operation = f"look up the project of region {region}"

        def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
            _sign(request, self._key, None)
            return request

        answer = _send(
            self._session,
            self._settings,
            operation,
            "GET",
            f"{self._settings.iam_endpoint}/v3/projects",
            params={"name": region},
            auth=sign,
        )
        try:
            projects = [str(p["id"]) for p in answer.json()["projects"]]
        except (ValueError, KeyError, TypeError):
            raise AnswerUnreadable(f"{operation}: IAM's answer names no projects") from None
        if len(projects) != 1:
            raise ConfigurationError(
                f"region {region} has {len(projects)} projects of its own name for this key: "
                f"set {self._settings.name_of('projectId')}"
            )
        return projects[0]


@dataclass(frozen=True)
class _IssuedToken:
    text: str
    project_id: str
    expires: datetime

    @property
    def stale(self) -> bool:
        return datetime.now(timezone.utc) > self.expires - _RENEW_BEFORE


class _TokenIdentity(Identity):
    def __init__(
        self, settings: Settings, credentials: Password | Token, session: requests.Session
    ):
        self._settings = settings
        self._credentials = credentials
        self._session = session
        self._issued: _IssuedToken | None = None
        self._lock = threading.Lock()

    @property
    def project_id(self) -> str:
        return self._settings.project_id or self._token().project_id

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["X-Auth-Token"] = self._token().text
        return request

    def renew(self) -> bool:
        """Drop the cached token; the next request logs in again."""
        with self._lock:
            self._issued = None
        return isinstance(self._credentials, Password)

    def _token(self) -> _IssuedToken:
        with self._lock:
            if self._issued is None or self._issued.stale:
                self._issued = self._issue()
            return self._issued

    def _issue(self) -> _IssuedToken:
        credentials = self._credentials
        if isinstance(credentials, Token):
            if not self._settings.project_id:
                name = self._settings.name_of("projectId")
                raise ConfigurationError(f"a ready token needs {name} beside it")
            never = datetime.max.replace(tzinfo=timezone.utc)
            return _IssuedToken(credentials.token, self._settings.project_id, never)
        return self._log_in(credentials)

    def _log_in(self, login: Password) -> _IssuedToken:
        operation = "log in to IAM"
        settings = self._settings
        if settings.project_id:
            project = {"id": settings.project_id}
        elif settings.region:
            project = {"name": settings.region}
        else:
            raise ConfigurationError(
                f"a login needs a project: set {settings.name_of('projectId')} or "
                f"{settings.name_of('region')}"
            )
        user = {
            "name": login.user,
            "password": login.password,
            "domain": {"name": login.domain},
        }
        answer = _send(
            self._session,
            settings,
            operation,
            "POST",
            f"{settings.iam_endpoint}/v3/auth/tokens",
            json={
                "auth": {
                    "identity": {"methods": ["password"], "password": {"user": user}},
                    "scope": {"project": project},
                }
            },
            auth=_unchanged,
        )
        text = answer.headers.get("X-Subject-Token")
        try:
            token = answer.json()["token"]
            expires = datetime.fromisoformat(str(token["expires_at"]).replace("Z", "+00:00"))
            project_id = str(token["project"]["id"])
        except (ValueError, KeyError, TypeError):
            text = None
        if not text:
            raise AnswerUnreadable(f"{operation}: IAM's answer holds no project-scoped token")
        return _IssuedToken(text, project_id, expires)


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _send(*request: Any, **arguments: Any) -> requests.Response:
    """One request to IAM, repeated once, and only when IAM certainly did not judge the login."""

    def again(error: BaseException) -> bool:
        unavailable = isinstance(error, ServiceError) and error.status >= 500
        return unavailable or isinstance(error, EndpointUnreachable)

    try:
        return repeated(partial(exchange, *request, **arguments), again=again, attempts=2)
    except AuthenticationError as error:
        raise AuthenticationError(
            error.operation,
            error.status,
            error.code,
            error.detail + "; check the user, password, domain and key",
            error.request_id,
            error.origin,
        ) from None
