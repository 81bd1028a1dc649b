"""What every API route does before its own work: authenticate, then read the body or query."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from metastudio_emulator.authentication import Authenticator
from metastudio_emulator.errors import (
    BODY_IS_NOT_JSON,
    GATEWAY_BAD_REQUEST,
    ServiceError,
    invalid,
)
from metastudio_emulator.signing import SignedRequest

_MAX_BODY = 12 * 1024 * 1024
Model = TypeVar("Model", bound=BaseModel)


def authenticated(authenticator: Authenticator) -> Callable[[Request], Awaitable[None]]:
    """A dependency that refuses requests whose signature or token does not hold."""

    async def check(request: Request) -> None:
        authenticator.verify(await signed_request(request), request.path_params.get("project_id"))

    return check


async def signed_request(request: Request) -> SignedRequest:
    """What a signature covers.

    Raises:
        ServiceError: 413 APIGW.0201 for a body that the gateway would not sign.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > _MAX_BODY:
        raise ServiceError(413, GATEWAY_BAD_REQUEST, "Request entity too large")
    return SignedRequest(
        method=request.method,
        path=request.scope["raw_path"].decode("ascii"),
        query=request.scope["query_string"].decode("ascii"),
        headers={_text(name): _text(value) for name, value in request.headers.raw},
        body=await request.body(),
    )


async def json_body(request: Request, model: type[Model]) -> Model:
    """The request's body as a model.

    Raises:
        ServiceError: 400 MSS.10000002 for what is not JSON, 400 MSS.00000003 for what is wrong.
    """
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise ServiceError(400, BODY_IS_NOT_JSON, "The request body is not JSON") from None
        raise _invalid_parameter(error) from None


def query(request: Request, model: type[Model]) -> Model:
    """The request's query as a model.

    Raises:
        ServiceError: 400 MSS.00000003.
    """
    try:
        return model.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise _invalid_parameter(error) from None


def app_user_id(request: Request) -> str | None:
    """The X-App-UserId header.

    Raises:
        ServiceError: 400 MSS.00000003 when it is empty, too long or not ASCII.
    """
    value = request.headers.get("x-app-userid")
    if value is not None and not (1 <= len(value) <= 256 and value.isascii()):
        raise invalid("Invalid parameter: X-App-UserId")
    return value


def origin(request: Request) -> str:
    """Scheme and host as the client addressed them, for the URLs in an answer."""
    return f"{request.url.scheme}://{request.url.netloc}"


def _text(raw: bytes) -> str:
    # Clients put UTF-8 into headers and sign it as such; anything else is kept byte by byte.
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _invalid_parameter(error: ValidationError) -> ServiceError:
    first = error.errors()[0]
    where = ".".join(str(step) for step in first["loc"])
    return invalid(f"Invalid parameter: {where}: {first['msg']}")
