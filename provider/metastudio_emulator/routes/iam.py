"""Routes of the identity service that clients of the training service need."""

from __future__ import annotations

import hmac
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic_core import from_json

from ..app_state import AppState
from ..auth.authentication import Authenticator
from ..auth.request_guard import authenticate
from ..clock import rfc3339_micro
from ..errors import IamError
from ..transport.request_parsing import origin, read_body

TOKENS_PATH = "/v3/auth/tokens"
SECURITY_TOKENS_PATH = "/v3.0/OS-CREDENTIAL/securitytokens"
PROJECTS_PATH = "/v3/projects"
# The sender is still unknown; real requests have less than a kilobyte, or contain a token.
_MAX_BODY = 256 * 1024
_MIN_DURATION, _MAX_DURATION, _DEFAULT_DURATION = 900, 86400, 900


def iam_routes(app: AppState, authenticator: Authenticator) -> APIRouter:
    """Tokens by password, temporary keys by token, and the search for a project's id."""
    router = APIRouter()
    identity = app.identity
    domain = {"id": identity.domain_id, "name": identity.domain}

    @router.post(TOKENS_PATH)
    async def issue_token(request: Request) -> Response:
        auth = await _auth(request)
        _check_password(auth)
        project_id = _scope(auth)
        now = app.clock.now()
        expires_at = now + app.settings.token_validity
        token: dict[str, Any] = {
            "methods": ["password"],
            "issued_at": rfc3339_micro(now),
            "expires_at": rfc3339_micro(expires_at),
            "user": {"id": identity.user_id, "name": identity.user, "domain": domain},
            "catalog": [],
            "roles": [],
        }
        if project_id is None:
            token["domain"] = domain
        else:
            region = app.settings.region
            token["project"] = {"id": project_id, "name": region, "domain": domain}
        return JSONResponse(
            {"token": token},
            status_code=201,
            headers={"X-Subject-Token": app.credentials.new_token(project_id, expires_at)},
        )

    @router.post(SECURITY_TOKENS_PATH)
    async def issue_temporary_key(request: Request) -> Response:
        identity_part = _part(await _auth(request), "identity")
        if identity_part.get("methods") != ["token"]:
            raise IamError(400, "auth.identity.methods must be [token]")
        request_part = _part(identity_part, "token", optional=True)
        text = request.headers.get("x-auth-token") or request_part.get("id", "")
        if not isinstance(text, str):
            raise IamError(400, "auth.identity.token.id is invalid.")
        authenticator.check_token(text)
        duration = request_part.get("duration_seconds", _DEFAULT_DURATION)
        if not isinstance(duration, int) or not _MIN_DURATION <= duration <= _MAX_DURATION:
            raise IamError(400, f"duration_seconds is not {_MIN_DURATION} to {_MAX_DURATION}")
        key = app.credentials.new_temporary_key(app.clock.now() + duration)
        credential = {
            "access": key.access_key,
            "secret": key.secret_key,
            "securitytoken": key.security_token,
            "expires_at": rfc3339_micro(key.expires_at or 0.0),
        }
        return JSONResponse({"credential": credential}, status_code=201)

    @router.get(PROJECTS_PATH)
    async def list_projects(request: Request) -> dict[str, Any]:
        await authenticate(authenticator, request, None)
        region = app.settings.region
        wanted = request.query_params.get("name", region)
        project = {
            "id": identity.project_id,
            "name": region,
            "domain_id": identity.domain_id,
            "parent_id": identity.domain_id,
            "enabled": True,
            "is_domain": False,
            "description": "",
        }
        projects = [project] if wanted == region else []
        return {"projects": projects, "links": {"self": origin(request) + PROJECTS_PATH}}

    def _check_password(auth: dict[str, Any]) -> None:
        identity_part = _part(auth, "identity")
        if identity_part.get("methods") != ["password"]:
            raise IamError(400, "auth.identity.methods must be [password]")
        user = _part(_part(identity_part, "password"), "user")
        given = (user.get("name"), _part(user, "domain").get("name"), user.get("password"))
        expected = (identity.user, identity.domain, identity.password)
        if not all(
            isinstance(text, str) and hmac.compare_digest(text.encode(), right.encode())
            for text, right in zip(given, expected, strict=True)
        ):
            raise IamError(401, "The username or password is wrong.")

    def _scope(auth: dict[str, Any]) -> str | None:
        scope = _part(auth, "scope", optional=True)
        if "project" not in scope:
            return None
        project = _part(scope, "project")
        if project.get("id") == identity.project_id:
            return identity.project_id
        if "id" not in project and project.get("name") == app.settings.region:
            return identity.project_id
        raise IamError(401, "The project does not exist or the user has no access to it.")

    return router


async def _auth(request: Request) -> dict[str, Any]:
    try:
        body = from_json(await read_body(request, _MAX_BODY))
    except ValueError:
        raise IamError(400, "The request body is not JSON.") from None
    if not isinstance(body, dict):
        raise IamError(400, "The request body is invalid.")
    return _part(body, "auth")


def _part(parent: dict[str, Any], name: str, *, optional: bool = False) -> dict[str, Any]:
    part = parent.get(name, {} if optional else None)
    if not isinstance(part, dict):
        raise IamError(400, f"{name} is missing or invalid.")
    return part
