"""Route of the tenant management: what a tenant has bought and used."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request

from ..app_state import AppState
from ..auth.authentication import Authenticator
from ..auth.request_guard import authenticated
from ..storage.credit_store import Credit

USAGE_PATH = "/v1/{project_id}/tenants/resources-usage"


def tenant_routes(app: AppState, authenticator: Authenticator) -> APIRouter:
    """ShowResourceUsage (2025-12)."""
    router = APIRouter(dependencies=[Depends(authenticated(authenticator))])

    @router.get(USAGE_PATH)
    async def show_usage(request: Request) -> dict[str, Any]:
        wanted = {
            name: set(filter(None, request.query_params.get(name, "").split(",")))
            for name in ("resource", "business")
        }
        return {
            "resources": [
                _usage(credit)
                for credit in app.credits.all()
                if not wanted["business"] or credit.business in wanted["business"]
                if not wanted["resource"] or credit.resource_type in wanted["resource"]
            ]
        }

    return router


def _usage(credit: Credit) -> dict[str, Any]:
    return {
        "resource_type": credit.resource_type,
        "business_type": credit.business,
        **({"sub_resource_type": credit.sub_resource_type} if credit.sub_resource_type else {}),
        "is_sub_resource": credit.sub_resource_type is not None,
        "charging_mode": "ONE_TIME",
        "resource_source": "PURCHASED",
        "amount": credit.total,
        "usage": credit.used,
        "unit": "NUM",
    }
