"""Many reads at once: few requests, and never another answer than the job's detail gives."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.api import UpdateJob
from pulumi_metastudio.errors import AuthenticationError
from pulumi_metastudio.lifecycle import Context, read
from pulumi_metastudio.lifecycle.listings import Listings
from pulumi_metastudio.lifecycle.outputs import recorded
from pulumi_metastudio.lifecycle.progress import Progress

ContextFor = Callable[..., Context]
Record = dict[str, Any]
Count = Callable[[dict[str, dict[str, int]], str], int]

THREADS = 4  # those of the SDK's provider process
DONE = Progress(serial="")


@pytest.fixture
def context(emulator: Emulator, context_for: ContextFor) -> Context:
    return context_for(emulator)


def add(emulator: Emulator, count: int, **fields: Any) -> list[str]:
    """Jobs that are under review, one a second so that their order is certain."""
    return [
        emulator.control.add_job(
            **{
                "name": f"job {number}",
                "state": "MANUAL_VERIFYING",
                "create_time": f"2026-01-01T{number // 60:02}:{number % 60:02}:00Z",
                **fields,
            }
        )["job_id"]
        for number in range(count)
    ]


def record(context: Context, job_id: str, *declared: str, **behaviour: Any) -> Record:
    """What a state holds of a job: as the SDK hands it back, without nulls."""
    client = context.client
    detail = client.show_job(job_id)
    answer = detail.model_dump(mode="json")
    inputs = {name: answer[name] for name in ("name", *declared)}
    app_user = {"app_user_id": detail.app_user_id} if detail.app_user_id else {}
    outputs: Record = stated(recorded({**inputs, **app_user, **behaviour}, detail, DONE))
    return outputs


def stated(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: stated(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [stated(item) for item in value]
    return value


def recorded_all(context: Context, job_ids: list[str]) -> list[Record]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda job_id: record(context, job_id), job_ids))


def refresh(context: Context, olds: list[Record]) -> list[Record | None]:
    """All reads of a refresh, as the provider process makes them."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda old: read(context, old["job_id"], old), olds))


def by_detail(context: Context, olds: list[Record]) -> list[Record | None]:
    """The same without a list that holds for longer than one read."""
    return refresh(replace(context, listings=Listings(validity=0)), olds)


@pytest.mark.parametrize("profile", ["tutorial", "strict"])
def test_a_refresh_of_what_has_not_changed(
    profile: str, start: Callable[..., Emulator], context_for: ContextFor, answers: Count
) -> None:
    emulator = start(profile=profile)
    context = context_for(emulator)
    olds = recorded_all(context, add(emulator, 250))
    emulator.control.clear_counters()
    found = refresh(context, olds)
    counters = emulator.control.counters()
    assert answers(counters, "list") == 3
    assert answers(counters, "show") <= THREADS + 1
    assert [stated(outputs) for outputs in found] == olds
    assert found == by_detail(context, olds)  # nulls too: the state is written as ever


def test_what_changed_and_what_is_gone_is_told(
    emulator: Emulator, context: Context, answers: Count
) -> None:
    job_ids = add(emulator, 250)
    olds = recorded_all(context, job_ids)
    changed, gone = set(job_ids[20:240:50]), set(job_ids[5:205:80])
    assert (len(changed), len(gone)) == (5, 3)
    for number, job_id in enumerate(sorted(changed)):
        if number % 2:
            emulator.control.set_fields(job_id, name="renamed by hand")
        else:
            emulator.control.set_state(job_id, "TRAINING")
    for job_id in gone:
        emulator.control.delete_job(job_id)
    emulator.control.clear_counters()
    found = dict(zip(job_ids, refresh(context, olds), strict=True))
    counters = emulator.control.counters()
    assert {job_id for job_id, outputs in found.items() if outputs is None} == gone
    assert {
        job_id
        for job_id, old in zip(job_ids, olds, strict=True)
        if found[job_id] and stated(found[job_id]) != old
    } == changed
    # Three pages, and one list for each that is gone; first reads, changed and gone by detail.
    assert answers(counters, "list") == 3 + 3
    assert answers(counters, "show") <= THREADS + 1 + 5 + 3


def test_one_read_asks_for_one_detail(emulator: Emulator, context: Context) -> None:
    (old,) = recorded_all(context, add(emulator, 120)[:1])
    emulator.control.clear_counters()
    assert read(context, old["job_id"], old)
    assert set(emulator.control.counters()) == {"show"}


def test_a_small_stack_in_a_large_project_reads_few_pages(
    emulator: Emulator, context: Context, answers: Count
) -> None:
    """At most twice the requests of details alone, however many jobs others have."""
    olds = recorded_all(context, add(emulator, 450)[-3:])
    emulator.control.clear_counters()
    assert [stated(outputs) for outputs in refresh(context, olds)] == olds
    counters = emulator.control.counters()
    assert answers(counters, "show") == 3
    assert answers(counters, "list") <= 3


LISTED = {
    "name": "another",
    "state": "TRAINING",
    "asset_id": "an asset",
    "project_id": "another",
    "last_update_time": "2030-01-01T00:00:00Z",
    "create_time": "2030-01-01T00:00:00Z",
    "contact": "13800000000",
    "batch_name": "another",
    "tags": ["another"],
    "model_version": "V3.3",
    "matting_type": "MANUAL",
    "model_resolution": "4K",
    "app_user_id": "another",
    "is_flexus": True,
    "is_live_copy": True,
    "is_fast_flexus": True,
    "is_only_human_model": True,
    "optional_training_location": ["here"],
    "is_background_replacement": False,
    "is_ondemand_resource": True,
}


@pytest.mark.parametrize("field", LISTED)
def test_a_change_that_the_list_shows_is_told(
    field: str, emulator: Emulator, context: Context
) -> None:
    olds = recorded_all(context, add(emulator, 2))
    emulator.control.set_fields(olds[1]["job_id"], **{field: LISTED[field]})
    assert read(context, olds[0]["job_id"], olds[0])
    found = read(context, olds[1]["job_id"], olds[1])
    assert found
    assert found[field] == LISTED[field]


@pytest.mark.parametrize("field", ["contact", "batch_name", "optional_training_location", "tags"])
def test_a_value_that_was_taken_away_is_told(
    field: str, emulator: Emulator, context: Context
) -> None:
    olds = recorded_all(context, add(emulator, 2, **{field: LISTED[field]}))
    emulator.control.set_fields(olds[1]["job_id"], **{field: None})
    assert read(context, olds[0]["job_id"], olds[0])
    found = read(context, olds[1]["job_id"], olds[1])
    assert found
    assert found[field] is None


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("audio_source_type", "VIDEO", "AUDIO"),
        ("supported_service", ["VIDEO_2D"], ["CHAT_2D"]),
        (
            "voice_properties",
            {"job_tag": "NEWS", "sex": "MALE", "language": "CN"},
            {"job_tag": "NEWS", "sex": "FEMALE", "language": "CN"},
        ),
    ],
)
def test_a_declared_field_that_no_list_shows_is_looked_at(
    field: str, before: Any, after: Any, emulator: Emulator, context: Context
) -> None:
    """Nothing else need tell of it: the emulator's last_update_time stays where it is."""
    job_ids = add(emulator, 3, **{field: before})
    olds = [record(context, job_id, field) for job_id in job_ids]
    for job_id in job_ids:
        emulator.control.set_fields(job_id, **{field: after})
    assert [outputs and outputs[field] for outputs in refresh(context, olds)] == [after] * 3


def test_the_reason_of_a_failed_review_is_looked_at(emulator: Emulator, context: Context) -> None:
    job_ids = add(emulator, 3)
    for reason in ("blurred", "too dark"):
        for job_id in job_ids:
            emulator.control.set_state(job_id, "MANUAL_VERIFY_FAILED", reason=reason)
        if reason == "blurred":
            olds = recorded_all(context, job_ids)
    assert {old["failure"]["reason"] for old in olds} == {"blurred"}
    found = refresh(context, olds)
    assert {outputs and outputs["failure"]["reason"] for outputs in found} == {"too dark"}


def test_download_urls_are_asked_for(emulator: Emulator, context: Context) -> None:
    job_ids = add(emulator, 3)
    olds = [record(context, job_id, expose_download_urls=True) for job_id in job_ids]
    emulator.control.clear_counters()
    refresh(context, olds)
    assert emulator.control.counters() == {"show": {"200": 3}}


@pytest.mark.parametrize("changes", [{"pending": ["submit"]}, {"last_update_time": None}])
def test_a_record_that_a_list_cannot_confirm_is_looked_at(
    changes: Record, emulator: Emulator, context: Context
) -> None:
    olds = [{**old, **changes} for old in recorded_all(context, add(emulator, 3))]
    emulator.control.clear_counters()
    refresh(context, olds)
    assert emulator.control.counters() == {"show": {"200": 3}}


def test_a_job_that_moves_to_a_page_that_was_read_is_not_gone(
    emulator: Emulator, context: Context
) -> None:
    job_ids = add(emulator, 150)
    olds = recorded_all(context, job_ids)
    assert read(context, job_ids[0], olds[0])
    assert read(context, job_ids[1], olds[1])  # reads the first page
    emulator.control.delete_job(job_ids[5])
    assert read(context, job_ids[120], olds[120])  # reads the second one
    moved = read(context, job_ids[100], olds[100])
    assert moved
    assert stated(moved) == olds[100]


def test_a_job_that_is_listed_twice_and_not_alike_is_looked_at(
    emulator: Emulator, context: Context
) -> None:
    job_ids = add(emulator, 150)
    olds = recorded_all(context, job_ids)
    assert read(context, job_ids[0], olds[0])
    assert read(context, job_ids[1], olds[1])
    emulator.control.set_state(job_ids[99], "TRAINING")
    emulator.control.add_job(name="older than all", create_time="2024-01-01T00:00:00Z")
    assert read(context, job_ids[120], olds[120])  # a page that begins with the 100th job again
    found = read(context, job_ids[99], olds[99])
    assert found
    assert found["state"] == "TRAINING"


@pytest.mark.parametrize(
    ("action", "status"), [("status", 500), ("status", 400), ("truncate", 500)]
)
def test_without_a_list_each_detail_is_asked_for(
    action: str, status: int, emulator: Emulator, context: Context, answers: Count
) -> None:
    olds = recorded_all(context, add(emulator, 20))
    emulator.control.set_state(olds[7]["job_id"], "TRAINING")
    emulator.control.add_fault("list", action, status=status)
    emulator.control.clear_counters()
    found = refresh(context, olds)
    assert [n for n, old in enumerate(olds) if stated(found[n]) != old] == [7]
    assert answers(emulator.control.counters(), "show") == 20


def test_a_list_that_fails_half_way_serves_what_it_told(
    emulator: Emulator, context: Context, answers: Count
) -> None:
    job_ids = add(emulator, 150)
    olds = recorded_all(context, job_ids)
    assert refresh(context, olds[:2])
    emulator.control.add_fault("list", "status", status=400)
    emulator.control.clear_counters()
    assert [stated(outputs) for outputs in refresh(context, olds[2:])] == olds[2:]
    assert answers(emulator.control.counters(), "show") == 50
    assert answers(emulator.control.counters(), "list") == 1


def test_a_refused_key_is_not_tried_again_at_once(
    emulator: Emulator, context: Context, answers: Count
) -> None:
    olds = recorded_all(context, add(emulator, 2))
    assert read(context, olds[0]["job_id"], olds[0])
    emulator.control.add_fault("*", "status", status=401)
    emulator.control.clear_counters()
    with pytest.raises(AuthenticationError):
        read(context, olds[1]["job_id"], olds[1])
    assert answers(emulator.control.counters(), "show") == 0


def test_each_app_user_has_a_list_of_its_own(
    emulator: Emulator, context: Context, answers: Count
) -> None:
    users = ("one", "two")
    job_ids = [job_id for user in users for job_id in add(emulator, 10, app_user_id=user)]
    olds = recorded_all(context, job_ids)
    emulator.control.clear_counters()
    assert [stated(outputs) for outputs in refresh(context, olds)] == olds
    assert answers(emulator.control.counters(), "list") == 2


def test_a_second_read_of_a_job_is_another_refresh(emulator: Emulator, context: Context) -> None:
    olds = recorded_all(context, add(emulator, 3))
    refresh(context, olds)
    for old in olds:
        emulator.control.set_state(old["job_id"], "TRAINING")
    assert [outputs and outputs["state"] for outputs in refresh(context, olds)] == ["TRAINING"] * 3


def test_a_list_from_before_a_write_of_this_process_is_not_used(
    emulator: Emulator, context: Context
) -> None:
    olds = recorded_all(context, add(emulator, 4, state="WAIT_FILE_UPLOAD"))
    refresh(context, olds[:3])
    emulator.control.set_fields(olds[3]["job_id"], contact="behind our back")
    context.client.update_job(olds[0]["job_id"], UpdateJob(name="n"))
    found = read(context, olds[3]["job_id"], olds[3])
    assert found
    assert found["contact"] == "behind our back"


def test_a_list_does_not_hold_for_ever(emulator: Emulator, context: Context) -> None:
    olds = recorded_all(context, add(emulator, 3))
    brief = replace(context, listings=Listings(validity=0))
    emulator.control.clear_counters()
    refresh(brief, olds)
    assert emulator.control.counters() == {"show": {"200": 3}}


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_the_answers_are_those_of_the_details(
    seed: int, emulator: Emulator, context: Context
) -> None:
    dice = random.Random(seed)
    olds = recorded_all(context, add(emulator, 130))
    for old in dice.sample(olds, 40):
        what = dice.randrange(4)
        if what == 0:
            emulator.control.delete_job(old["job_id"])
        elif what == 1:
            state = dice.choice(["TRAINING", "AUTO_VERIFY_FAILED", "JOB_SUCCESS", "NEVER_HEARD"])
            emulator.control.set_state(old["job_id"], state, reason="a reason")
        else:
            field = dice.choice(sorted(set(LISTED) - {"state"}))
            emulator.control.set_fields(old["job_id"], **{field: LISTED[field]})
    dice.shuffle(olds)
    assert refresh(context, olds) == by_detail(context, olds)
