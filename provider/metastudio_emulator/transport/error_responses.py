"""Error responses, each in the format of the service that a request is for."""

from __future__ import annotations

import secrets
import string
from collections.abc import MutableMapping
from http.client import responses
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from fastapi.responses import JSONResponse, Response

from ..errors import (
    GATEWAY_AUTHENTICATION,
    GATEWAY_BAD_REQUEST,
    GATEWAY_FORBIDDEN,
    GATEWAY_NO_SUCH_API,
    GATEWAY_THROTTLED,
    GATEWAY_UNAVAILABLE,
    INTERNAL_ERROR,
    INVALID_PARAMETER,
    NOT_FOUND,
    IamError,
    ObjectStorageError,
    ServiceError,
)
from .operation_names import OTHER, interface, operation

Scope = MutableMapping[str, Any]
_UNAVAILABLE = (GATEWAY_UNAVAILABLE, "The backend service is unavailable")
# What each service says with a status; 400 and 500 stand for those that are not listed.
_SERVICE = {
    400: (INVALID_PARAMETER, "Invalid parameter"),
    401: (GATEWAY_AUTHENTICATION, "Incorrect IAM authentication information"),
    403: (GATEWAY_FORBIDDEN, "The user is not allowed to access the API"),
    404: (NOT_FOUND, "The task does not exist"),
    413: (GATEWAY_BAD_REQUEST, "Request entity too large"),
    429: (GATEWAY_THROTTLED, "The throttling threshold has been reached"),
    500: (INTERNAL_ERROR, "Internal Error"),
    502: _UNAVAILABLE,
    503: _UNAVAILABLE,
    504: _UNAVAILABLE,
}
_STORAGE = {
    400: ("InvalidRequest", "Invalid Request"),
    403: ("AccessDenied", "Access Denied"),
    404: ("NoSuchKey", "The specified key does not exist."),
    405: ("MethodNotAllowed", "The specified method is not allowed against this resource."),
    429: ("TooManyRequests", "Please reduce your request rate."),
    500: ("InternalError", "We encountered an internal error. Please try again."),
    503: ("ServiceUnavailable", "Reduce your request rate."),
}


def new_request_id() -> str:
    """32 hexadecimal digits."""
    return secrets.token_hex(16)


def shown_path(scope: Scope) -> str:
    """The path as it was sent, with only characters that are safe in a log line and in XML."""
    return quote(scope["raw_path"], safe=string.punctuation)


def service_error_response(error: ServiceError, scope: Scope, request_id: str) -> Response:
    """{"error_code", "error_msg"}, from the gateway also with "request_id".

    On routes of the identity service, it has that service's format.
    """
    if interface(scope["path"]) == "iam":
        return iam_error_response(IamError(error.status, error.message))
    body = {"error_code": error.code, "error_msg": error.message}
    if error.by_gateway:
        body["request_id"] = request_id
    return JSONResponse(body, status_code=error.status)


def iam_error_response(error: IamError) -> Response:
    """{"error": {"code", "message", "title"}}."""
    title = responses.get(error.status, "Error")
    body = {"error": {"code": error.status, "message": error.message, "title": title}}
    return JSONResponse(body, status_code=error.status)


def storage_error_response(error: ObjectStorageError, scope: Scope, request_id: str) -> Response:
    """XML with Code, Message, RequestId and Resource."""
    body = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f"<Error><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
        f"<RequestId>{request_id}</RequestId><Resource>{escape(shown_path(scope))}</Resource>"
        "</Error>"
    )
    return Response(body, status_code=error.status, media_type="application/xml")


def no_route_response(status: int, scope: Scope, request_id: str) -> Response:
    """For an unknown path or method; the gateway answers both with 404 APIGW.0101."""
    if interface(scope["path"]) != "service":
        return status_response(status, scope, request_id)
    error = ServiceError(404, GATEWAY_NO_SUCH_API, "The API does not exist")
    return service_error_response(error, scope, request_id)


def status_response(status: int, scope: Scope, request_id: str) -> Response:
    """An error response with that status and what the service says with it."""
    form = interface(scope["path"])
    if form == "iam":
        return iam_error_response(IamError(status, responses.get(status, "Error")))
    if form == "storage":
        code, message = _STORAGE.get(status, _STORAGE[500 if status >= 500 else 400])
        return storage_error_response(ObjectStorageError(status, code, message), scope, request_id)
    if status == 404 and operation(scope["method"], scope["path"]) == OTHER:
        return no_route_response(status, scope, request_id)
    code, message = _SERVICE.get(status, _SERVICE[500 if status >= 500 else 400])
    return service_error_response(ServiceError(status, code, message), scope, request_id)
