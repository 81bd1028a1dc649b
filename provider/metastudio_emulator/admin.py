"""The control interface: what no client of the service can see or do.

Every route is under /_emulator/ and wants `Authorization: Bearer <secret_key>`.
`control.Control` is its client and describes each operation.
"""

from __future__ import annotations

import hmac
import json
import os
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    StringConstraints,
    ValidationError,
)

from metastudio_emulator import states
from metastudio_emulator.errors import NOT_FOUND, ServiceError, invalid
from metastudio_emulator.faults import FaultList, FaultRule
from metastudio_emulator.gateway import invalid_parameter, json_body
from metastudio_emulator.jobs import Job
from metastudio_emulator.progress import Progress
from metastudio_emulator.training_jobs import TrainingJobs
from metastudio_emulator.wire import Counters
from metastudio_emulator.world import World


@dataclass
class AdminContext:
    """What the control interface works on."""

    world: World
    progress: Progress
    jobs: TrainingJobs
    faults: FaultList
    counters: Counters


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StateChange(_Strict):
    """Body of PUT jobs/{job_id}/state."""

    state: str
    reason: str | None = None
    error_code: str | None = None
    redo_reasons: list[str] | None = None


class Fields(_Strict):
    """Body of POST jobs and PATCH jobs/{job_id}: wire fields; null removes one."""

    fields: dict[str, Any]


class _Comment(BaseModel):
    attachments: list[str] = []


class _Needed(BaseModel):
    """The fields that the emulator itself works with; all others may have any shape."""

    model_config = ConfigDict(strict=True)

    job_id: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
    state: str
    operation_logs: list[dict[str, Any]] = []
    comment_logs: list[_Comment] = []
    flexus_retry_count: int = 0


class Steps(_Strict):
    """Body of POST jobs/{job_id}/step."""

    count: int = Field(default=1, ge=1, le=1000)


class Seconds(_Strict):
    """Body of POST clock/advance and PUT clock/skew."""

    seconds: FiniteFloat


class Expiry(_Strict):
    """Body of POST upload-urls/expire; without a job, the URLs of all jobs."""

    job_id: str | None = None


def admin_api(context: AdminContext) -> APIRouter:
    """Routes under /_emulator/."""
    world = context.world

    async def guard(request: Request) -> None:
        expected = f"Bearer {world.identity.secret_key}"
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), expected.encode()):
            raise ServiceError(401, "EMULATOR.401", "Authorization is not Bearer <secret_key>")

    router = APIRouter(prefix="/_emulator", dependencies=[Depends(guard)])
    _add_job_routes(router, context)

    @router.get("/info")
    async def info() -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "project_id": world.identity.project_id,
            "transitions": world.settings.transitions.mode,
            "tenant": world.settings.tenant,
            "clock_offset": world.clock.offset,
            "clock_skew": world.clock.skew,
        }

    @router.get("/counters")
    async def counters() -> dict[str, dict[str, int]]:
        return context.counters.listed()

    @router.delete("/counters")
    async def clear_counters() -> dict[str, Any]:
        context.counters.clear()
        return {}

    @router.post("/clock/advance")
    async def advance(request: Request) -> dict[str, float]:
        seconds = (await json_body(request, Seconds)).seconds
        try:
            world.clock.advance(seconds)
        except ValueError as error:
            raise invalid(f"Invalid parameter: seconds: {error}") from None
        world.identity.keep_clock_offset(world.clock.offset)
        context.progress.catch_up()
        return {"clock_offset": world.clock.offset}

    @router.put("/clock/skew")
    async def skew(request: Request) -> dict[str, float]:
        world.clock.skew = (await json_body(request, Seconds)).seconds
        return {"clock_skew": world.clock.skew}

    @router.post("/upload-urls/expire")
    async def expire_upload_urls(request: Request) -> dict[str, int]:
        return {"expired": world.urls.expire((await json_body(request, Expiry)).job_id)}

    @router.get("/faults")
    async def list_faults() -> list[dict[str, object]]:
        return context.faults.listed()

    @router.post("/faults")
    async def add_fault(request: Request) -> dict[str, Any]:
        context.faults.add(await json_body(request, FaultRule))
        return {}

    @router.delete("/faults")
    async def clear_faults() -> dict[str, Any]:
        context.faults.clear()
        return {}

    return router


def _add_job_routes(router: APIRouter, context: AdminContext) -> None:
    world = context.world

    @router.get("/jobs")
    async def list_jobs() -> list[dict[str, Any]]:
        context.progress.catch_up()
        return [_job_view(world, job) for job in world.jobs.all()]

    @router.post("/jobs")
    async def add_job(request: Request) -> dict[str, Any]:
        fields = (await json_body(request, Fields)).fields
        job = context.jobs.new_job(fields)
        _check(job.fields)
        job.job_id = str(job.fields["job_id"])
        world.jobs.save(job)
        return _job_view(world, job)

    @router.get("/jobs/{job_id}")
    async def show(job_id: str) -> dict[str, Any]:
        return _job_view(world, _find(context, job_id))

    @router.patch("/jobs/{job_id}")
    async def set_fields(job_id: str, request: Request) -> dict[str, Any]:
        fields = (await json_body(request, Fields)).fields
        async with world.lock(job_id):
            job = _find(context, job_id)
            merged = {**job.fields, **fields, "job_id": job_id}
            job.fields = {name: value for name, value in merged.items() if value is not None}
            _check(job.fields)
            world.jobs.save(job)
            return _job_view(world, job)

    @router.put("/jobs/{job_id}/state")
    async def set_state(job_id: str, request: Request) -> dict[str, Any]:
        change = await json_body(request, StateChange)
        async with world.lock(job_id):
            job = _find(context, job_id)
            context.progress.place(
                job,
                change.state,
                reason=change.reason,
                error_code=change.error_code,
                redo_reasons=change.redo_reasons,
            )
            return _job_view(world, job)

    @router.post("/jobs/{job_id}/step")
    async def step(job_id: str, request: Request) -> dict[str, Any]:
        count = (await json_body(request, Steps)).count
        async with world.lock(job_id):
            job = _find(context, job_id)
            for _ in range(count):
                if not context.progress.step(job):
                    break
            return _job_view(world, job)

    @router.delete("/jobs/{job_id}")
    async def delete(job_id: str) -> dict[str, Any]:
        async with world.lock(job_id):
            _find(context, job_id)
            context.jobs.remove(job_id)
        return {}

    @router.get("/jobs/{job_id}/objects")
    async def objects(job_id: str) -> list[dict[str, Any]]:
        _find(context, job_id)
        return _objects(world, job_id)


def _find(context: AdminContext, job_id: str) -> Job:
    context.progress.catch_up()
    job = context.world.jobs.get(job_id)
    if job is None:
        raise ServiceError(404, NOT_FOUND, "The task does not exist")
    return job


def _check(fields: dict[str, Any]) -> None:
    try:
        _Needed.model_validate(fields)
        json.dumps(fields, allow_nan=False)
    except ValidationError as error:
        raise invalid_parameter(error) from None
    except ValueError:
        raise invalid("Invalid parameter: fields: a number is not finite") from None


def _job_view(world: World, job: Job) -> dict[str, Any]:
    uploads = {
        name: {
            "upload_id": session.upload_id,
            "count": session.count,
            "completed": session.completed,
            "parts": [
                {"part_number": part.part_number, "size": part.size, "md5": part.md5}
                for part in world.objects.parts(job.job_id, name, session.upload_id)
            ],
        }
        for name, session in job.sessions.items()
    }
    return {
        "job_id": job.job_id,
        "state": job.state,
        "settled": job.state not in states.PATH,
        "command_message": next(reversed(job.command_messages.values()), None),
        "command_messages": job.command_messages,
        "fields": job.fields,
        "objects": _objects(world, job.job_id),
        "multipart_uploads": uploads,
        "part_uploads": {
            name: world.objects.upload_counts(job.job_id, name) for name in job.sessions
        },
    }


def _objects(world: World, job_id: str) -> list[dict[str, Any]]:
    return [
        {
            "name": kept.name,
            "size": kept.size,
            "md5": kept.md5,
            "sha256": kept.sha256,
            "content_type": kept.content_type,
            "uploads": sum(world.objects.upload_counts(job_id, kept.name).values()),
        }
        for kept in world.objects.objects(job_id)
    ]
