"""Authenticates HTTP requests before their routes run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from fastapi import Request
from starlette.requests import HTTPConnection
from starlette.types import Scope

from ..errors import ServiceError
from ..transport.request_parsing import read_body
from .authentication import Authenticator
from .signing import SignedRequest


def authenticated(authenticator: Authenticator) -> Callable[[Request], Awaitable[None]]:
    """A route dependency that refuses requests without a valid signature or token."""

    async def check(request: Request) -> None:
        await authenticate(authenticator, request, request.path_params.get("project_id"))

    return check


async def authenticate(
    authenticator: Authenticator, request: Request, project_id: str | None
) -> None:
    """Check a request's credentials; its body is read only if its headers are valid.

    Raises:
        ServiceError: as ``Authenticator.check_headers``, ``check_signature`` or ``read_body``.
    """
    arrived = _without_body(request)
    pending = authenticator.check_headers(arrived, project_id)
    if pending is not None:
        body = await read_body(request)
        authenticator.check_signature(replace(arrived, body=body), pending, project_id)


def has_valid_headers(authenticator: Authenticator, scope: Scope) -> bool:
    """Whether the credentials in the headers are valid, as far as known without the body."""
    try:
        authenticator.check_headers(_without_body(HTTPConnection(scope)), None)
    except ServiceError:
        return False
    return True


def _without_body(request: HTTPConnection) -> SignedRequest:
    """What a signature covers, apart from the body."""
    return SignedRequest(
        method=request.scope["method"],
        path=request.scope["raw_path"].decode("latin-1"),
        query=request.scope["query_string"].decode("latin-1"),
        headers={_text(name): _text(value) for name, value in request.headers.raw},
    )


def _text(raw: bytes) -> str:
    # Clients sign headers as UTF-8; other bytes are kept one to one.
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
