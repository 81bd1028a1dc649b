"""Creations without an answer: whether there is a job is looked up before the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.errors import AnswerLost, ServerError
from pulumi_metastudio.lifecycle import Context, create

from .job_checks import assert_settled, jobs

ContextFor = Callable[..., Context]
Count = Callable[[dict[str, dict[str, int]], str], int]


def test_a_creation_whose_answer_was_lost_is_found_by_its_tag(
    service: Emulator, context: Context, mine: dict[str, Any], tutorial: bool, answers: Count
) -> None:
    service.control.add_fault("create", "reset", after=True, times=1)
    outcome = create(context, mine)
    assert_settled(outcome, mine)
    assert jobs(service) == [outcome.job_id]
    # Its URLs were in the answer; where the service gives no others, it is made anew.
    assert answers(service.control.counters(), "create") == (1 if tutorial else 2)


@pytest.mark.parametrize("fault", [{"action": "reset"}, {"action": "status", "status": 500}])
def test_a_creation_that_did_not_take_place_is_repeated(
    fault: dict[str, Any],
    service: Emulator,
    context: Context,
    mine: dict[str, Any],
    answers: Count,
) -> None:
    service.control.add_fault("create", **fault, times=2)
    outcome = create(context, mine)
    assert_settled(outcome, mine)
    assert not context.run.took(outcome.job_id)
    assert jobs(service) == [outcome.job_id]
    assert answers(service.control.counters(), "create") == 3


def test_a_creation_is_not_repeated_for_ever(
    service: Emulator, context: Context, mine: dict[str, Any]
) -> None:
    service.control.add_fault("create", "status", status=500)
    with pytest.raises(ServerError):
        create(context, mine)
    assert service.control.counters()["create"] == {"500": 3}
    assert jobs(service) == []


@pytest.mark.parametrize("tagged", [True, False])
def test_without_a_tag_a_creation_is_tried_once(
    tagged: bool,
    service: Emulator,
    context_for: ContextFor,
    inputs: dict[str, Any],
    mine: dict[str, Any],
    answers: Count,
) -> None:
    context = context_for(service, ownership_tag=tagged)
    service.control.add_fault("create", "reset", times=1)
    with pytest.raises(AnswerLost):
        create(context, inputs if tagged else mine)
    assert answers(service.control.counters(), "create") == 1
