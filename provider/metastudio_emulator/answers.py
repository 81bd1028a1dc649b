"""Refusals as HTTP answers, each in the form of the service that refuses."""

from __future__ import annotations

import secrets
from collections.abc import MutableMapping
from typing import Any
from xml.sax.saxutils import escape

from fastapi.responses import JSONResponse, Response

from metastudio_emulator.errors import (
    GATEWAY_THROTTLED,
    GATEWAY_UNAVAILABLE,
    INTERNAL_ERROR,
    INVALID_PARAMETER,
    IamError,
    ObjectStorageError,
    ServiceError,
)
from metastudio_emulator.object_urls import PREFIX

_TITLES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}
_STORAGE_FAULTS = {
    429: ("TooManyRequests", "Please reduce your request rate."),
    500: ("InternalError", "We encountered an internal error. Please try again."),
    503: ("ServiceUnavailable", "Reduce your request rate."),
}


def new_request_id() -> str:
    """32 hexadecimal digits."""
    return secrets.token_hex(16)


def service_answer(error: ServiceError, request_id: str) -> Response:
    """{"error_code", "error_msg"}, and "request_id" when the gateway speaks."""
    body = {"error_code": error.code, "error_msg": error.message}
    if error.by_gateway:
        body["request_id"] = request_id
    return JSONResponse(body, status_code=error.status)


def iam_answer(error: IamError) -> Response:
    """{"error": {"code", "message", "title"}}."""
    title = _TITLES.get(error.status, "Error")
    body = {"error": {"code": error.status, "message": error.message, "title": title}}
    return JSONResponse(body, status_code=error.status)


def storage_answer(error: ObjectStorageError, resource: str, request_id: str) -> Response:
    """The object storage's XML."""
    body = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f"<Error><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
        f"<RequestId>{request_id}</RequestId><Resource>{escape(resource)}</Resource></Error>"
    )
    return Response(body, status_code=error.status, media_type="application/xml")


def fault_answer(status: int, scope: MutableMapping[str, Any], request_id: str) -> Response:
    """What the service that a request is for would say with that status."""
    if scope["path"].startswith(PREFIX + "/"):
        code, message = _STORAGE_FAULTS.get(status, ("AccessDenied", "Access Denied"))
        return storage_answer(ObjectStorageError(status, code, message), scope["path"], request_id)
    if status == 429:
        error = ServiceError(status, GATEWAY_THROTTLED, "The throttling threshold has been reached")
    elif status in (502, 503, 504):
        error = ServiceError(status, GATEWAY_UNAVAILABLE, "The backend service is unavailable")
    elif status >= 500:
        error = ServiceError(status, INTERNAL_ERROR, "Internal Error")
    else:
        error = ServiceError(status, INVALID_PARAMETER, "Invalid parameter")
    return service_answer(error, request_id)
