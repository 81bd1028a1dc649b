"""Turn what came back, or did not, into this package's errors.

The service answers errors in four shapes (its own, the gateway's, IAM's, plain text); all become
one :class:`~pulumi_metastudio.errors.ServiceError`. Its codes are opaque and partly undocumented,
so the HTTP status decides the class.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import requests

from ..errors import (
    AnswerLost,
    AuthenticationError,
    EndpointUnreachable,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    ServerError,
    ServiceError,
    Throttled,
    TransportError,
)
from ..redact import one_line

__all__ = ["refusal", "transport_error"]

_BY_STATUS: dict[int, type[ServiceError]] = {
    400: InvalidRequest,
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFound,
    429: Throttled,
}
_THROTTLE_CODES = ("APIGW.0308", "APIG.0308")


def refusal(operation: str, answer: requests.Response) -> ServiceError | None:
    """The error an answer stands for; None for a success."""
    if answer.status_code < 300:
        return None
    code, detail = _error_fields(answer)
    kind = _BY_STATUS.get(answer.status_code)
    if kind is None:
        kind = ServerError if answer.status_code >= 500 else ServiceError
    if code in _THROTTLE_CODES:
        kind = Throttled
    request_id = answer.headers.get("X-Request-Id", "")
    return kind(operation, answer.status_code, code, detail, request_id)


def _error_fields(answer: requests.Response) -> tuple[str, str]:
    try:
        body = answer.json()
    except ValueError:
        return "", one_line(answer.text)
    while isinstance(body, dict):
        code = _first(body, "error_code", "errorCode", "code")
        detail = _first(body, "error_msg", "errorMsg", "message")
        if code or detail:
            return code, one_line(detail)
        # IAM and some gateways wrap the same fields in one more object.
        body = next((value for value in body.values() if isinstance(value, dict)), None)
    return "", one_line(answer.text)


def _first(body: dict[str, Any], *names: str) -> str:
    return next((str(body[n]) for n in names if isinstance(body.get(n), (str, int))), "")


# Requests that were given up before anything was sent.
_NEVER_MADE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidProxyURL,
)
# urllib3's names for "never reached the other side"; its classes are wrapped several deep.
_NEVER_SENT = (
    "NewConnectionError",
    "NameResolutionError",
    "ConnectTimeoutError",
    "SSLError",
    "SSLCertVerificationError",
    "ProxyError",
    "LocationParseError",
)
# A connection that ends without a farewell may end in the middle of an answer.
_ENDED = "EOF"

_OBJECT = re.compile(r"^(<[^>]*>|\w+\(host=[^)]*\)): ")


def transport_error(operation: str, url: str, problem: Exception) -> TransportError:
    """The error for a request that brought no answer.

    Unless it is certain that nothing was sent, the answer counts as lost.
    """
    host = urlsplit(url).netloc
    reason = _root(problem)
    unsent = isinstance(problem, requests.ConnectTimeout) or type(reason).__name__ in _NEVER_SENT
    if unsent and _ENDED not in str(reason):
        hint = "check metastudio:endpoint, the network and the proxy settings"
        return EndpointUnreachable(f"{operation}: {host} is unreachable ({_plain(reason)}); {hint}")
    if isinstance(problem, _NEVER_MADE):
        return EndpointUnreachable(f"{operation}: {host}: {_plain(problem)}")
    return AnswerLost(f"{operation}: no answer from {host} ({_plain(reason)})")


def _root(problem: BaseException) -> BaseException:
    """The innermost exception: requests wraps urllib3, which wraps the socket's own."""
    inner = getattr(problem, "reason", None)
    if not isinstance(inner, BaseException):
        inner = next((a for a in problem.args if isinstance(a, BaseException)), None)
    wrapper = isinstance(problem, requests.RequestException)
    if inner is None or (type(problem).__name__ in _NEVER_SENT and not wrapper):
        return problem
    return _root(inner)


def _plain(problem: BaseException) -> str:
    """An exception's text without the object that urllib3 puts before it."""
    text = one_line(problem, 160)
    return _OBJECT.sub("", text) or type(problem).__name__
