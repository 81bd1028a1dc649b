"""The object storage behind the URLs: PUT of uploads, GET of downloads."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse

from metastudio_emulator.errors import ObjectStorageError
from metastudio_emulator.files import ALL_KINDS, TRAINING_VIDEO
from metastudio_emulator.object_urls import PREFIX, Ticket
from metastudio_emulator.objects import Received
from metastudio_emulator.world import World

MARKABLE_SUFFIX = "markableData"


def object_storage(world: World) -> APIRouter:
    """Routes under /obs/{bucket}/{object}."""
    router = APIRouter(prefix=PREFIX)

    @router.put("/{bucket}/{object_name}")
    async def upload(bucket: str, object_name: str, request: Request) -> Response:
        _check_bucket(world, bucket)
        content_type = request.headers.get("content-type", "")
        world.urls.check("PUT", object_name, content_type, request.query_params)
        ticket_id = request.query_params.get("ticket", "")
        ticket = world.urls.open_ticket(ticket_id)
        _check_session(world, ticket)
        expected = _content_length(request)
        received = await world.objects.receive(_body(request))
        try:
            if received.size != expected:
                raise ObjectStorageError(
                    400, "IncompleteBody", "The body is shorter than the Content-Length header says"
                )
            # Parts stay as they are while a confirmation joins them.
            async with world.lock(ticket.job_id):
                _keep(world, ticket_id, received, content_type)
        except ObjectStorageError:
            received.path.unlink(missing_ok=True)
            raise
        return Response(headers={"ETag": f'"{received.md5}"'})

    @router.get("/{bucket}/{object_name}")
    async def download(bucket: str, object_name: str, request: Request) -> Response:
        _check_bucket(world, bucket)
        world.urls.check("GET", object_name, "", request.query_params)
        job_id, _, suffix = object_name.partition("_")
        stored = world.objects.object(job_id, _stored_name(suffix))
        if stored is None:
            raise ObjectStorageError(404, "NoSuchKey", "The specified key does not exist.")
        return FileResponse(
            world.objects.path(stored),
            media_type=stored.content_type,
            headers={"ETag": f'"{stored.md5}"'},
        )

    return router


def _keep(world: World, ticket_id: str, received: Received, content_type: str) -> None:
    """Store what was received, and use its URL up, in one transaction."""
    # Asked again: another upload to the same URL may have finished in the meantime.
    ticket = world.urls.open_ticket(ticket_id)
    _check_session(world, ticket)
    job_id, name, number = ticket.job_id, ticket.name, ticket.part_number
    with world.transaction():
        if number:
            upload_id = ticket.upload_id
            world.objects.keep_part(job_id, name, upload_id, number, received, content_type)
        else:
            world.objects.keep_object(job_id, name, received, content_type, world.clock.now())
        world.objects.count_upload(job_id, name, number)
        world.urls.use(ticket)


def _check_bucket(world: World, bucket: str) -> None:
    if bucket != world.identity.bucket:
        raise ObjectStorageError(404, "NoSuchBucket", "The specified bucket does not exist")


def _check_session(world: World, ticket: Ticket) -> None:
    """Parts go to the upload that is under way, not to one that was completed or given up."""
    if not ticket.part_number:
        return
    job = world.jobs.get(ticket.job_id)
    session = job.sessions.get(ticket.name) if job else None
    if session is None or session.completed or session.upload_id != ticket.upload_id:
        raise ObjectStorageError(
            404, "NoSuchUpload", "The specified multipart upload does not exist."
        )


def _content_length(request: Request) -> int:
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise ObjectStorageError(
            411, "MissingContentLength", "You must provide the Content-Length HTTP header."
        )
    return int(length)


async def _body(request: Request) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        yield chunk


def _stored_name(suffix: str) -> str:
    """The stored file behind an object's name."""
    if suffix == MARKABLE_SUFFIX:
        return TRAINING_VIDEO.name
    return next((kind.name for kind in ALL_KINDS if kind.suffix == suffix), suffix)
