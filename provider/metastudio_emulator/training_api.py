"""The routes of the training-job service."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from metastudio_emulator.authentication import Authenticator
from metastudio_emulator.commands import Commands
from metastudio_emulator.errors import invalid
from metastudio_emulator.gateway import app_user_id, authenticated, json_body, origin, query
from metastudio_emulator.models import CommandBody, CreateBody, ListQuery, UpdateBody
from metastudio_emulator.training_jobs import TrainingJobs
from metastudio_emulator.world import World

JOBS_PATH = "/v1/{project_id}/digital-human-training-manage/user/jobs"
DOWNLOAD_PATH = "/v1/digital-human-training-manage/user/encrypt-file-download"


def training_api(
    world: World, authenticator: Authenticator, jobs: TrainingJobs, commands: Commands
) -> APIRouter:
    """Operations 1 to 7 of the documents."""
    api = APIRouter(dependencies=[Depends(authenticated(authenticator))])
    # The header is documented for the first six, whether they keep it or not.
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
        async with world.lock(job_id):
            return jobs.update(job_id, body, origin(request))

    @router.delete("/{job_id}")
    async def delete(job_id: str) -> Response:
        async with world.lock(job_id):
            jobs.delete(job_id)
        return Response()

    @router.post("/{job_id}/command")
    async def command(job_id: str, request: Request) -> dict[str, Any]:
        body = await json_body(request, CommandBody)
        async with world.lock(job_id):
            return await commands.run(jobs.find(job_id), body, origin(request))

    @api.get(DOWNLOAD_PATH)
    async def encrypted_download() -> None:
        # No document says where the one-time token comes from, so none is ever handed out.
        raise invalid("Invalid parameter: once_token")

    api.include_router(router)
    return api
