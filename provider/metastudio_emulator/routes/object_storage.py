"""Routes of the object storage: PUT of uploads, GET of downloads."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse

from ..app_state import AppState
from ..errors import ObjectStorageError
from ..storage.file_kinds import ALL_KINDS, MARKABLE_SUFFIX, TRAINING_VIDEO
from ..storage.object_store import Received
from ..storage.signed_urls import PREFIX, Ticket


def object_storage_routes(app: AppState) -> APIRouter:
    """Routes under /obs/{bucket}/{object}."""
    router = APIRouter(prefix=PREFIX)

    @router.put("/{bucket}/{object_name}")
    async def upload(bucket: str, object_name: str, request: Request) -> Response:
        _check_bucket(app, bucket)
        content_type = request.headers.get("content-type", "")
        app.urls.check("PUT", object_name, content_type, request.query_params)
        ticket_id = request.query_params.get("ticket", "")
        ticket = app.urls.open_ticket(ticket_id)
        _check_session(app, ticket)
        expected = _content_length(request)
        received = await app.objects.receive(_body(request))
        try:
            if received.size != expected:
                raise ObjectStorageError(
                    400, "IncompleteBody", "The body is shorter than the Content-Length header says"
                )
            # The lock keeps parts unchanged while a confirmation joins them.
            async with app.lock(ticket.job_id):
                _store(app, ticket_id, received, content_type)
        except ObjectStorageError:
            received.path.unlink(missing_ok=True)
            raise
        return Response(headers={"ETag": f'"{received.md5}"'})

    @router.get("/{bucket}/{object_name}")
    async def download(bucket: str, object_name: str, request: Request) -> Response:
        _check_bucket(app, bucket)
        app.urls.check("GET", object_name, "", request.query_params)
        job_id, _, suffix = object_name.partition("_")
        stored = app.objects.object(job_id, _stored_name(suffix))
        if stored is None:
            raise ObjectStorageError(404, "NoSuchKey", "The specified key does not exist.")
        return FileResponse(
            app.objects.path(stored),
            media_type=stored.content_type,
            headers={"ETag": f'"{stored.md5}"'},
        )

    return router


def _store(app: AppState, ticket_id: str, received: Received, content_type: str) -> None:
    """Store a received body and mark its URL as used, in one transaction."""
    # Read again: another upload to the same URL may have finished in the meantime.
    ticket = app.urls.open_ticket(ticket_id)
    _check_session(app, ticket)
    job_id, name, number = ticket.job_id, ticket.name, ticket.part_number
    with app.transaction():
        if number:
            upload_id = ticket.upload_id
            app.objects.store_part(job_id, name, upload_id, number, received, content_type)
        else:
            app.objects.store_object(job_id, name, received, content_type, app.clock.now())
        app.objects.count_upload(job_id, name, number)
        app.urls.use(ticket)


def _check_bucket(app: AppState, bucket: str) -> None:
    if bucket != app.identity.bucket:
        raise ObjectStorageError(404, "NoSuchBucket", "The specified bucket does not exist")


def _check_session(app: AppState, ticket: Ticket) -> None:
    """Refuse a part whose multipart upload is not the current one or is complete."""
    if not ticket.part_number:
        return
    job = app.jobs.get(ticket.job_id)
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
    """The name of the stored file for an object's suffix."""
    if suffix == MARKABLE_SUFFIX:
        return TRAINING_VIDEO.name
    return next((kind.name for kind in ALL_KINDS if kind.suffix == suffix), suffix)
