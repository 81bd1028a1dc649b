"""Routes of the training-job service."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from ..app_state import AppState
from ..auth.authentication import Authenticator
from ..auth.request_guard import authenticated
from ..errors import invalid
from ..training.commands import Commands
from ..training.job_operations import JobOperations
from ..training.request_models import CommandBody, CreateBody, ListQuery, UpdateBody
from ..transport.request_parsing import app_user_id, json_body, origin, query

JOBS_PATH = "/v1/{project_id}/digital-human-training-manage/user/jobs"
DOWNLOAD_PATH = "/v1/digital-human-training-manage/user/encrypt-file-download"


def training_routes(
    app: AppState, authenticator: Authenticator, jobs: JobOperations, commands: Commands
) -> APIRouter:
    """The seven operations of the documents."""
    api = APIRouter(dependencies=[Depends(authenticated(authenticator))])
    # X-App-UserId is documented for the first six operations, but only create stores it.
    router = APIRouter(prefix=JOBS_PATH, dependencies=[Depends(app_user_id)])

    @router.post("")
    async def create(request: Request) -> dict[str, Any]:
        body = await json_body(request, CreateBody)
        return jobs.create(body, app_user_id(request), origin(request))

    @router.get("")
    async def list_jobs(request: Request) -> dict[str, Any]:
        return jobs.search(query(request, ListQuery), origin(request))

    @router.get("/{job_id}")
    async def show(job_id: str, request: Request) -> dict[str, Any]:
        return jobs.show(job_id, origin(request))

    @router.put("/{job_id}")
    async def update(job_id: str, request: Request) -> dict[str, Any]:
        body = await json_body(request, UpdateBody)
        async with app.lock(job_id):
            return jobs.update(job_id, body, origin(request))

    @router.delete("/{job_id}")
    async def delete(job_id: str) -> Response:
        async with app.lock(job_id):
            jobs.delete(job_id)
        return Response()

    @router.post("/{job_id}/command")
    async def command(job_id: str, request: Request) -> dict[str, Any]:
        body = await json_body(request, CommandBody)
        async with app.lock(job_id):
            return await commands.run(jobs.find(job_id), body, origin(request))

    @api.get(DOWNLOAD_PATH)
    async def encrypted_download() -> None:
        # No document says where the one-time token comes from, so none is valid.
        raise invalid("Invalid parameter: once_token")

    api.include_router(router)
    return api
