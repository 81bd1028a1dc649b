"""Which edition a job trains, and what is left of what was bought for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.api import ResourceUsage
from pulumi_metastudio.lifecycle import UNKNOWN, Context, create
from pulumi_metastudio.lifecycle.consequences import (
    Credits,
    Edition,
    ask_credits,
    credits_of,
    edition,
    remaining,
)

MODELING: dict[str, Any] = {"business_type": "MODELING_2D", "unit": "NUM", "amount": 5, "usage": 3}
FLEXUS = {
    **MODELING,
    "business_type": "FLEXUS_2D",
    "sub_resource_type": "modeling_count_2d_model_flexus",
}


@pytest.mark.parametrize(
    ("inputs", "kind"),
    [
        ({}, Edition.STANDARD),
        ({"is_flexus": False, "is_fast_flexus": False}, Edition.STANDARD),
        ({"is_flexus": True}, Edition.FLEXUS),
        ({"is_fast_flexus": True}, Edition.FAST_FLEXUS),
        ({"is_fast_flexus": True, "is_flexus": UNKNOWN}, Edition.FAST_FLEXUS),
        ({"is_flexus": UNKNOWN}, None),
        ({"is_flexus": True, "is_fast_flexus": UNKNOWN}, None),
    ],
)
def test_the_edition(inputs: dict[str, Any], kind: Edition | None) -> None:
    assert edition(inputs) is kind


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([], {}),
        ([MODELING], {Edition.STANDARD: (5, 3)}),
        ([MODELING, {**MODELING, "resource_source": "SP_ALLOCATED"}], {Edition.STANDARD: (10, 6)}),
        ([FLEXUS, MODELING], {Edition.FLEXUS: (5, 3), Edition.STANDARD: (5, 3)}),
        ([{**FLEXUS, "sub_resource_type": "video_time_flexus_2d_model", "unit": "MIN"}], {}),
        ([{**FLEXUS, "sub_resource_type": "voice_clone_flexus"}], {}),
        ([{**MODELING, "charging_mode": "ON_DEMAND"}], {}),
        ([{**MODELING, "unit": "HOUR"}], {}),
        ([{**MODELING, "business_type": "VOICE_CLONE"}], {}),
        ([{**MODELING, "amount": None}], {}),
        ([{**MODELING, "usage": None, "unit": None}], {Edition.STANDARD: (5, 0)}),
        ([{"business_type": ["?"], "amount": {}}, MODELING], {Edition.STANDARD: (5, 3)}),
        ([{**MODELING, "amount": float("nan")}, {**MODELING, "amount": float("inf")}], {}),
        ([{**MODELING, "amount": -1}], {}),
        ([{**MODELING, "usage": float("nan")}], {Edition.STANDARD: (5, 0)}),
        ([{**MODELING, "usage": -3}], {Edition.STANDARD: (5, 0)}),
    ],
)
def test_what_counts(rows: list[Any], found: dict[Edition, tuple[int, int]]) -> None:
    usage = [ResourceUsage.model_validate(row) for row in rows]
    expected = {kind: Credits(kind, *numbers) for kind, numbers in found.items()}
    assert credits_of(usage) == expected


def test_more_used_than_bought_leaves_nothing() -> None:
    assert Credits(Edition.STANDARD, 5, 7).left == 0


def test_the_service_tells(start: Callable[..., Emulator], context_for: Any) -> None:
    service = start()
    client = context_for(service).client
    service.control.set_credits("MODELING_2D", 7, used=2)
    assert ask_credits(client) == {
        Edition.STANDARD: Credits(Edition.STANDARD, 7, 2),
        Edition.FLEXUS: Credits(Edition.FLEXUS, 5, 0),
    }


def test_a_submission_uses_one_up(
    service: Emulator, context: Context, inputs: dict[str, Any]
) -> None:
    create(context, {**inputs, "submit": False})
    assert ask_credits(context.client)[Edition.STANDARD].used == 0
    create(context, inputs)
    assert ask_credits(context.client)[Edition.STANDARD].used == 1


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
def test_a_refusal_leaves_them_unknown(
    start: Callable[..., Emulator], context_for: Any, status: int
) -> None:
    service = start()
    service.control.add_fault("credits", "status", status=status)
    assert remaining(context_for(service).client) is None
    # Nobody waits for it in a preview: it is asked once.
    assert service.control.counters()["credits"] == {str(status): 1}


def test_an_answer_that_never_comes_does_not_hold_a_preview(
    start: Callable[..., Emulator], context_for: Any
) -> None:
    service = start()
    service.control.add_fault("credits", "stall", seconds=3600)
    assert remaining(context_for(service).client, seconds=0.1) is None
