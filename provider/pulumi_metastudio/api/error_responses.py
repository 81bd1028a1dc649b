"""This package's errors, from refusals and from requests that brought no answer.

The service answers errors in four shapes (its own, the gateway's, IAM's, plain text); all become
one ``pulumi_metastudio.errors.ServiceError``. Its codes are opaque and partly undocumented,
so the HTTP status decides the class.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests

from ..common.redact import one_line
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

_BY_STATUS: dict[int, type[ServiceError]] = {
    400: InvalidRequest,
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFound,
    429: Throttled,
}
#: The project of the path is not the key's.
_OTHER_PROJECT = "MSS.00010009"
_THROTTLE_CODES = ("APIGW.0308", "APIG.0308")
#: The gateway's "IAM unavailable" and "backend unavailable".
_UNAVAILABLE = re.compile(r"APIGW?\.0[78]\d\d")


def refusal(
    operation: str, answer: requests.Response, told: Callable[[], str] = str
) -> ServiceError | None:
    """The error an answer stands for; None for a success.

    Args:
        told: says where key and endpoint came from, for refusals of those; by default nothing.
    """
    if answer.status_code < 300:
        return None
    code, detail = _error_fields(answer)
    kind = _BY_STATUS.get(answer.status_code)
    if kind is None:
        kind = ServerError if answer.status_code >= 500 else ServiceError
    if code in _THROTTLE_CODES:
        kind = Throttled
    of_key = kind in (AuthenticationError, PermissionDenied) or code == _OTHER_PROJECT
    return service_error(kind, operation, answer, code, detail, told() if of_key else "")


def service_error(
    kind: type[ServiceError],
    operation: str,
    answer: requests.Response,
    code: str,
    detail: str,
    origin: str = "",
) -> ServiceError:
    """An error with the code and the reason of an answer, made safe to show."""
    request_id = one_line(answer.headers.get("X-Request-Id", ""), 80)
    said = (one_line(code, 80), one_line(detail))
    return kind(operation, answer.status_code, *said, request_id, origin)


def not_carried_out(error: BaseException) -> bool:
    """Whether a request certainly changed nothing, so that even one that is no read may go again.

    It did not arrive, was throttled, or the gateway could not pass it on (its codes APIGW.07xx
    and APIGW.08xx). A 504 proves nothing: the gateway gave up waiting.
    """
    if isinstance(error, ServerError):
        return error.status != 504 and _UNAVAILABLE.fullmatch(error.code) is not None
    return isinstance(error, (EndpointUnreachable, Throttled))


def _error_fields(answer: requests.Response) -> tuple[str, str]:
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        return "", answer.text
    while isinstance(body, dict):
        code = _first(body, "error_code", "errorCode", "code")
        detail = _first(body, "error_msg", "errorMsg", "message")
        if code or detail:
            return code, detail
        # IAM and some gateways wrap the same fields in one more object.
        body = next((value for value in body.values() if isinstance(value, dict)), None)
    return "", answer.text


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
# A connection that just ends may have ended in the middle of an answer.
_ENDED = "EOF"

_OBJECT = re.compile(r"^(<[^>]*>|\w+\(host=[^)]*\)): ")


def transport_error(operation: str, url: str, error: Exception, setting: str) -> TransportError:
    """The error for a request that brought no answer.

    Unless it is certain that nothing was sent, the answer counts as lost.

    Args:
        setting: where the URL came from.
    """
    host = urlsplit(url).netloc
    reason = _root(error)
    unsent = isinstance(error, requests.ConnectTimeout) or type(reason).__name__ in _NEVER_SENT
    if unsent and _ENDED not in str(reason):
        hint = f"check {setting}, the network and the proxy settings"
        return EndpointUnreachable(f"{operation}: {host} is unreachable ({_plain(reason)}); {hint}")
    if isinstance(error, _NEVER_MADE):
        return EndpointUnreachable(f"{operation}: {host}: {_plain(error)}")
    return AnswerLost(f"{operation}: no answer from {host} ({_plain(reason)})")


def _root(error: BaseException) -> BaseException:
    """The innermost exception: requests wraps urllib3, which wraps the socket's own."""
    inner = getattr(error, "reason", None)
    if not isinstance(inner, BaseException):
        inner = next((a for a in error.args if isinstance(a, BaseException)), None)
    wrapper = isinstance(error, requests.RequestException)
    if inner is None or (type(error).__name__ in _NEVER_SENT and not wrapper):
        return error
    return _root(inner)


def _plain(error: BaseException) -> str:
    """An exception's text without the object that urllib3 puts before it."""
    text = one_line(error, 160)
    return _OBJECT.sub("", text) or type(error).__name__
