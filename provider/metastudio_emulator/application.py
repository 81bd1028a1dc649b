"""Puts the services of one emulator behind one ASGI application."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp

from metastudio_emulator.admin import AdminContext, admin_api
from metastudio_emulator.answers import (
    iam_answer,
    no_route,
    service_answer,
    status_answer,
    storage_answer,
)
from metastudio_emulator.authentication import Authenticator
from metastudio_emulator.commands import Commands
from metastudio_emulator.errors import IamError, ObjectStorageError, ServiceError
from metastudio_emulator.faults import FaultList
from metastudio_emulator.gateway import admission
from metastudio_emulator.iam import iam_api
from metastudio_emulator.object_storage import object_storage
from metastudio_emulator.progress import Progress
from metastudio_emulator.training_api import training_api
from metastudio_emulator.training_jobs import TrainingJobs
from metastudio_emulator.wire import Counters, Wire
from metastudio_emulator.world import World

_LOG = logging.getLogger("metastudio_emulator")


def build_application(world: World) -> ASGIApp:
    """The training service, the identity service, the object storage and their control."""
    progress = Progress(world)
    jobs = TrainingJobs(world, progress)
    authenticator = Authenticator(
        world.credentials, world.identity.project_id, world.clock, world.settings
    )
    context = AdminContext(world, progress, jobs, FaultList(), Counters())

    app = FastAPI(openapi_url=None)
    app.router.redirect_slashes = False
    training = training_api(world, authenticator, jobs, Commands(world, progress))
    app.include_router(training)
    # The documents' examples show this prefix, their URI sections do not.
    app.include_router(training, prefix="/rest")
    app.include_router(iam_api(world, authenticator))
    app.include_router(object_storage(world))
    app.include_router(admin_api(context))
    _answer_errors(app)
    return Wire(app, context.faults, context.counters, admission(authenticator))


def _answer_errors(app: FastAPI) -> None:
    @app.exception_handler(ServiceError)
    async def on_service_error(request: Request, error: ServiceError) -> Response:
        return service_answer(error, request.scope, request.state.request_id)

    @app.exception_handler(IamError)
    async def on_iam_error(request: Request, error: IamError) -> Response:
        return iam_answer(error)

    @app.exception_handler(ObjectStorageError)
    async def on_storage_error(request: Request, error: ObjectStorageError) -> Response:
        return storage_answer(error, request.scope, request.state.request_id)

    @app.exception_handler(ClientDisconnect)
    async def on_disconnect(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=400)  # nobody is left to read it

    @app.exception_handler(HTTPException)
    async def on_no_route(request: Request, error: HTTPException) -> Response:
        return no_route(error.status_code, request.scope, request.state.request_id)

    @app.exception_handler(Exception)
    async def on_mistake(request: Request, error: Exception) -> Response:
        _LOG.error("a request failed inside the emulator", exc_info=error)
        return status_answer(500, request.scope, request.state.request_id)
