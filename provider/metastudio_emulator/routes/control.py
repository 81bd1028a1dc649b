"""Routes of the control interface: what no client of the service can see or do.

Every route is under /_emulator/ and needs ``Authorization: Bearer <secret_key>``. Its client
``control.Control`` describes each operation.
"""

from __future__ import annotations

import hmac
import json
import os
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints, ValidationError

from ..app_state import AppState
from ..errors import NOT_FOUND, ServiceError, invalid
from ..settings import Limits
from ..storage.job_store import Job
from ..training import states
from ..training.job_operations import JobOperations
from ..training.state_machine import StateMachine
from ..transport.faults import FaultList, FaultRule
from ..transport.limits import RateLimits
from ..transport.middleware import Counters
from ..transport.request_parsing import invalid_parameter, json_body


@dataclass
class ControlContext:
    """What the routes work on."""

    app: AppState
    state_machine: StateMachine
    jobs: JobOperations
    faults: FaultList
    limits: RateLimits
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
    """Body of POST jobs and PATCH jobs/{job_id}: API fields; null removes one."""

    fields: dict[str, Any]


class _Comment(BaseModel):
    attachments: list[str] = []


class _UsedFields(BaseModel):
    """The fields that the emulator itself uses; all others may have any value."""

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


class CreditChange(_Strict):
    """Body of PUT credits/{business}."""

    total: int = Field(ge=0, le=10**9)
    used: int = Field(ge=0, le=10**9)


class LimitChange(_Strict):
    """Body of PUT limits; an empty text lifts them all."""

    limits: str


class Expiry(_Strict):
    """Body of POST upload-urls/expire; without a job, all URLs expire."""

    job_id: str | None = None


def control_routes(context: ControlContext) -> APIRouter:
    """Routes under /_emulator/."""
    app = context.app

    async def check_key(request: Request) -> None:
        expected = f"Bearer {app.identity.secret_key}"
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), expected.encode()):
            raise ServiceError(401, "EMULATOR.401", "Authorization is not Bearer <secret_key>")

    router = APIRouter(prefix="/_emulator", dependencies=[Depends(check_key)])
    _add_job_routes(router, context)

    @router.get("/info")
    async def info() -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "project_id": app.identity.project_id,
            "transitions": app.settings.transitions.mode,
            "tenant": app.settings.tenant,
            "clock_offset": app.clock.offset,
            "clock_skew": app.clock.skew,
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
            app.clock.advance(seconds)
        except ValueError as error:
            raise invalid(f"Invalid parameter: seconds: {error}") from None
        app.identity.save_clock_offset(app.clock.offset)
        context.state_machine.catch_up()
        return {"clock_offset": app.clock.offset}

    @router.put("/clock/skew")
    async def skew(request: Request) -> dict[str, float]:
        app.clock.skew = (await json_body(request, Seconds)).seconds
        return {"clock_skew": app.clock.skew}

    @router.post("/upload-urls/expire")
    async def expire_upload_urls(request: Request) -> dict[str, int]:
        return {"expired": app.urls.expire((await json_body(request, Expiry)).job_id)}

    @router.get("/credits")
    async def credits() -> list[dict[str, Any]]:
        return [asdict(credit) for credit in app.credits.all()]

    @router.put("/credits/{business}")
    async def set_credits(business: str, request: Request) -> dict[str, Any]:
        change = await json_body(request, CreditChange)
        try:
            app.credits.set(business, change.total, change.used)
        except KeyError:
            raise invalid(f"Invalid parameter: business: {business}") from None
        return {}

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

    @router.get("/limits")
    async def limits() -> dict[str, float]:
        return dict(context.limits.limits.by_operation)

    @router.put("/limits")
    async def set_limits(request: Request) -> dict[str, Any]:
        text = (await json_body(request, LimitChange)).limits
        try:
            context.limits.limits = Limits.parse(text)
        except ValueError as error:
            raise invalid(f"Invalid parameter: limits: {error}") from None
        return {}

    return router


def _add_job_routes(router: APIRouter, context: ControlContext) -> None:
    app = context.app

    @router.get("/jobs")
    async def list_jobs() -> list[dict[str, Any]]:
        context.state_machine.catch_up()
        return [_job_record(app, job) for job in app.jobs.all()]

    @router.post("/jobs")
    async def add_job(request: Request) -> dict[str, Any]:
        fields = (await json_body(request, Fields)).fields
        _check({"job_id": "new", "state": "", **fields})
        job = context.jobs.new_job(fields)
        job.job_id = str(job.fields["job_id"])
        app.jobs.save(job)
        return _job_record(app, job)

    @router.get("/jobs/{job_id}")
    async def show(job_id: str) -> dict[str, Any]:
        return _job_record(app, _find(context, job_id))

    @router.patch("/jobs/{job_id}")
    async def set_fields(job_id: str, request: Request) -> dict[str, Any]:
        fields = (await json_body(request, Fields)).fields
        async with app.lock(job_id):
            job = _find(context, job_id)
            merged = {**job.fields, **fields, "job_id": job_id}
            job.fields = {name: value for name, value in merged.items() if value is not None}
            _check(job.fields)
            app.jobs.save(job)
            return _job_record(app, job)

    @router.put("/jobs/{job_id}/state")
    async def set_state(job_id: str, request: Request) -> dict[str, Any]:
        change = await json_body(request, StateChange)
        async with app.lock(job_id):
            job = _find(context, job_id)
            context.state_machine.set_by_administrator(job, **change.model_dump())
            return _job_record(app, job)

    @router.post("/jobs/{job_id}/step")
    async def step(job_id: str, request: Request) -> dict[str, Any]:
        count = (await json_body(request, Steps)).count
        async with app.lock(job_id):
            job = _find(context, job_id)
            for _ in range(count):
                if not context.state_machine.step(job):
                    break
            return _job_record(app, job)

    @router.delete("/jobs/{job_id}")
    async def delete(job_id: str) -> dict[str, Any]:
        async with app.lock(job_id):
            _find(context, job_id)
            context.jobs.remove(job_id)
        return {}

    @router.get("/jobs/{job_id}/objects")
    async def objects(job_id: str) -> list[dict[str, Any]]:
        _find(context, job_id)
        return _objects(app, job_id)


def _find(context: ControlContext, job_id: str) -> Job:
    context.state_machine.catch_up()
    job = context.app.jobs.get(job_id)
    if job is None:
        raise ServiceError(404, NOT_FOUND, "The task does not exist")
    return job


def _check(fields: dict[str, Any]) -> None:
    try:
        _UsedFields.model_validate(fields)
        json.dumps(fields, allow_nan=False)
    except ValidationError as error:
        raise invalid_parameter(error) from None
    except ValueError:
        raise invalid("Invalid parameter: fields: a number is not finite") from None


def _job_record(app: AppState, job: Job) -> dict[str, Any]:
    uploads = {
        name: {
            "upload_id": session.upload_id,
            "count": session.count,
            "completed": session.completed,
            "parts": [
                {"part_number": part.part_number, "size": part.size, "md5": part.md5}
                for part in app.objects.parts(job.job_id, name, session.upload_id)
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
        "objects": _objects(app, job.job_id),
        "multipart_uploads": uploads,
        "part_uploads": {
            name: app.objects.upload_counts(job.job_id, name) for name in job.sessions
        },
    }


def _objects(app: AppState, job_id: str) -> list[dict[str, Any]]:
    return [
        {
            "name": stored.name,
            "size": stored.size,
            "md5": stored.md5,
            "sha256": stored.sha256,
            "content_type": stored.content_type,
            "uploads": sum(app.objects.upload_counts(job_id, stored.name).values()),
        }
        for stored in app.objects.objects(job_id)
    ]
