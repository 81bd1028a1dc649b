"""Reads and validates a request's body, query and headers."""

from __future__ import annotations

import re
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from ..errors import BODY_IS_NOT_JSON, GATEWAY_BAD_REQUEST, ServiceError, invalid

_MAX_BODY = 12 * 1024 * 1024
_HOST = re.compile(r"([\w.~-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?", re.ASCII)
Model = TypeVar("Model", bound=BaseModel)


async def read_body(request: Request, limit: int = _MAX_BODY) -> bytes | bytearray:
    """The whole body; later calls return the same one.

    Raises:
        ServiceError: 413 APIGW.0201 as soon as more than ``limit`` bytes are announced or arrive.
    """
    if not hasattr(request.state, "body"):
        announced = request.headers.get("content-length", "")
        body = bytearray()
        too_large = announced.isdecimal() and int(announced) > limit
        if not too_large:
            async for chunk in request.stream():
                body += chunk
                too_large = len(body) > limit
                if too_large:
                    break
        if too_large:
            raise ServiceError(413, GATEWAY_BAD_REQUEST, "Request entity too large")
        request.state.body = body
    kept: bytes | bytearray = request.state.body
    return kept


async def json_body(request: Request, model: type[Model]) -> Model:
    """The request's JSON body as a model.

    Raises:
        ServiceError: 400 MSS.10000002 if it is not JSON, 400 MSS.00000003 if a field is invalid.
    """
    try:
        return model.model_validate_json(await read_body(request))
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise ServiceError(400, BODY_IS_NOT_JSON, "The request body is not JSON") from None
        raise invalid_parameter(error) from None


def query(request: Request, model: type[Model]) -> Model:
    """The request's query as a model.

    Raises:
        ServiceError: 400 MSS.00000003 if a parameter is invalid.
    """
    try:
        return model.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise invalid_parameter(error) from None


def app_user_id(request: Request) -> str | None:
    """The X-App-UserId header; also a dependency of every operation that documents it.

    Raises:
        ServiceError: 400 MSS.00000003 if it is empty, too long or not ASCII.
    """
    value = request.headers.get("x-app-userid")
    if value is not None and not (1 <= len(value) <= 256 and value.isascii()):
        raise invalid("Invalid parameter: X-App-UserId")
    return value


def origin(request: Request) -> str:
    """Scheme and host that the client used, for the URLs in an answer.

    Raises:
        ServiceError: 400 APIGW.0201 if the Host header is malformed.
    """
    host = request.headers.get("host")
    if host is None:
        name, port = request.scope["server"]
        host = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
    if not _HOST.fullmatch(host):
        raise ServiceError(400, GATEWAY_BAD_REQUEST, "The Host header names no host")
    return f"{request.scope['scheme']}://{host}"


def invalid_parameter(error: ValidationError) -> ServiceError:
    """400 MSS.00000003 for the first invalid field."""
    first = error.errors()[0]
    where = ".".join(str(step) for step in first["loc"])
    return invalid(f"Invalid parameter: {where}: {first['msg']}")
