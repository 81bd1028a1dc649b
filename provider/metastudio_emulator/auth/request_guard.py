"""Lets a request in by its signature or token before its route does any work."""

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
    """A dependency that refuses requests whose signature or token does not hold."""

    async def check(request: Request) -> None:
        await authenticate(authenticator, request, request.path_params.get("project_id"))

    return check


async def authenticate(
    authenticator: Authenticator, request: Request, project_id: str | None
) -> None:
    """Accept a request or say why not; its body is read only where a good key has signed it.

    Raises:
        ServiceError: as `Authenticator.admit` and `verify`, or as `read_body`.
    """
    arrived = _without_body(request)
    claim = authenticator.admit(arrived, project_id)
    if claim is not None:
        body = await read_body(request)
        authenticator.verify(replace(arrived, body=body), claim, project_id)


def admission(authenticator: Authenticator) -> Callable[[Scope], bool]:
    """Tells whether the headers of a request let it in as far as its body."""

    def admits(scope: Scope) -> bool:
        try:
            authenticator.admit(_without_body(HTTPConnection(scope)), None)
        except ServiceError:
            return False
        return True

    return admits


def _without_body(request: HTTPConnection) -> SignedRequest:
    """What a signature covers, as far as it is there before the body."""
    return SignedRequest(
        method=request.scope["method"],
        path=request.scope["raw_path"].decode("latin-1"),
        query=request.scope["query_string"].decode("latin-1"),
        headers={_text(name): _text(value) for name, value in request.headers.raw},
    )


def _text(raw: bytes) -> str:
    # Clients put UTF-8 into headers and sign it as such; anything else is kept byte by byte.
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
