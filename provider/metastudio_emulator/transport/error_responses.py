"""Refusals as HTTP answers, each in the form of the interface that refuses."""

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
_SERVICE = {
    401: (GATEWAY_AUTHENTICATION, "Incorrect IAM authentication information"),
    403: (GATEWAY_FORBIDDEN, "The user is not allowed to access the API"),
    404: (NOT_FOUND, "The task does not exist"),
    413: (GATEWAY_BAD_REQUEST, "Request entity too large"),
    429: (GATEWAY_THROTTLED, "The throttling threshold has been reached"),
    502: _UNAVAILABLE,
    503: _UNAVAILABLE,
    504: _UNAVAILABLE,
}
_STORAGE = {
    403: ("AccessDenied", "Access Denied"),
    404: ("NoSuchKey", "The specified key does not exist."),
    405: ("MethodNotAllowed", "The specified method is not allowed against this resource."),
    429: ("TooManyRequests", "Please reduce your request rate."),
    503: ("ServiceUnavailable", "Reduce your request rate."),
}


def new_request_id() -> str:
    """32 hexadecimal digits."""
    return secrets.token_hex(16)


def shown_path(scope: Scope) -> str:
    """The path as it was sent, in characters that can neither break a line nor an XML file."""
    return quote(scope["raw_path"], safe=string.punctuation)


def service_error_response(error: ServiceError, scope: Scope, request_id: str) -> Response:
    """{"error_code", "error_msg"}, and "request_id" when the gateway speaks.

    On the routes of the identity service it is that service's form.
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
    """The object storage's XML."""
    body = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f"<Error><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
        f"<RequestId>{request_id}</RequestId><Resource>{escape(shown_path(scope))}</Resource>"
        "</Error>"
    )
    return Response(body, status_code=error.status, media_type="application/xml")


def no_route_response(status: int, scope: Scope, request_id: str) -> Response:
    """For a path or a method that nothing serves; the gateway knows only one status for it."""
    if interface(scope["path"]) != "service":
        return status_response(status, scope, request_id)
    error = ServiceError(404, GATEWAY_NO_SUCH_API, "The API does not exist")
    return service_error_response(error, scope, request_id)


def status_response(status: int, scope: Scope, request_id: str) -> Response:
    """What the interface that a request is for says with that status."""
    form = interface(scope["path"])
    if form == "iam":
        return iam_error_response(IamError(status, responses.get(status, "Error")))
    if form == "storage":
        unnamed = (
            ("InternalError", "We encountered an internal error. Please try again.")
            if status >= 500
            else ("InvalidRequest", "Invalid Request")
        )
        code, message = _STORAGE.get(status, unnamed)
        return storage_error_response(ObjectStorageError(status, code, message), scope, request_id)
    if status == 404 and operation(scope["method"], scope["path"]) == OTHER:
        return no_route_response(status, scope, request_id)
    unnamed = (
        (INTERNAL_ERROR, "Internal Error")
        if status >= 500
        else (INVALID_PARAMETER, "Invalid parameter")
    )
    code, message = _SERVICE.get(status, unnamed)
    return service_error_response(ServiceError(status, code, message), scope, request_id)
