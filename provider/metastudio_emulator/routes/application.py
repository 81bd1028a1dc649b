"""Assembles the routes of all services into one ASGI application."""

from __future__ import annotations

import logging
from functools import partial

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp

from ..app_state import AppState
from ..auth.authentication import Authenticator
from ..auth.request_guard import has_valid_headers
from ..errors import IamError, ObjectStorageError, ServiceError
from ..training.commands import Commands
from ..training.job_operations import JobOperations
from ..training.state_machine import StateMachine
from ..transport.error_responses import (
    iam_error_response,
    no_route_response,
    service_error_response,
    status_response,
    storage_error_response,
)
from ..transport.faults import FaultList
from ..transport.limits import RateLimits
from ..transport.middleware import Counters, Middleware
from .control import ControlContext, control_routes
from .iam import iam_routes
from .object_storage import object_storage_routes
from .tenant import tenant_routes
from .training import training_routes

_LOG = logging.getLogger("metastudio_emulator")


def build_application(app: AppState) -> ASGIApp:
    """The training and identity services, the object storage and the control interface."""
    state_machine = StateMachine(app)
    jobs = JobOperations(app, state_machine)
    authenticator = Authenticator(app.credentials, app.identity.project_id, app.clock, app.settings)
    limits = RateLimits(app.settings.limits)
    context = ControlContext(app, state_machine, jobs, FaultList(), limits, Counters())

    api = FastAPI(openapi_url=None)
    api.router.redirect_slashes = False
    training = training_routes(app, authenticator, jobs, Commands(app, state_machine))
    api.include_router(training)
    # The documents have this prefix in their examples, but not in their URI sections.
    api.include_router(training, prefix="/rest")
    api.include_router(tenant_routes(app, authenticator))
    api.include_router(iam_routes(app, authenticator))
    api.include_router(object_storage_routes(app))
    api.include_router(control_routes(context))
    _add_error_handlers(api)
    is_authenticated = partial(has_valid_headers, authenticator)
    return Middleware(api, context.faults, limits, context.counters, is_authenticated)


def _add_error_handlers(api: FastAPI) -> None:
    @api.exception_handler(ServiceError)
    async def on_service_error(request: Request, error: ServiceError) -> Response:
        return service_error_response(error, request.scope, request.state.request_id)

    @api.exception_handler(IamError)
    async def on_iam_error(request: Request, error: IamError) -> Response:
        return iam_error_response(error)

    @api.exception_handler(ObjectStorageError)
    async def on_storage_error(request: Request, error: ObjectStorageError) -> Response:
        return storage_error_response(error, request.scope, request.state.request_id)

    @api.exception_handler(ClientDisconnect)
    async def on_disconnect(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=400)  # nobody receives it

    @api.exception_handler(HTTPException)
    async def on_http_exception(request: Request, error: HTTPException) -> Response:
        return no_route_response(error.status_code, request.scope, request.state.request_id)

    @api.exception_handler(Exception)
    async def on_unexpected_error(request: Request, error: Exception) -> Response:
        _LOG.error("a request failed inside the emulator", exc_info=error)
        return status_response(500, request.scope, request.state.request_id)
