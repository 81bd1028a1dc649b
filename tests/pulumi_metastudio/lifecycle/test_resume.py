"""Uploads that fail half-way, and the next run that goes on with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.errors import JobRefusal, MetaStudioError
from pulumi_metastudio.lifecycle import Context, Outcome, create, delete, diff, update

from .job_checks import (
    ID_FILES,
    PART,
    assert_settled,
    fail_the_cover,
    rewrite,
    state_of,
    stored,
    uploads,
)

Check = Callable[..., dict[str, Any]]
ContextFor = Callable[..., Context]
Files = dict[str, str]


def fail_one_upload(emulator: Emulator) -> None:
    emulator.control.add_fault("upload training_video", "status", status=400, times=1)


def test_a_failed_part_is_resumed(
    service: Emulator, context: Context, inputs: dict[str, Any]
) -> None:
    fail_one_upload(service)
    outcome = create(context, inputs)
    assert isinstance(outcome.problem, MetaStudioError)
    assert outcome.outputs["pending"] == [
        "upload training_video",
        "confirm training_video",
        "confirm grant_file",
        "submit",
    ]
    assert state_of(service, outcome.job_id) == "WAIT_FILE_UPLOAD"
    assert "SUBMITVERIFYING" not in service.control.counters()
    there = service.control.job(outcome.job_id)["part_uploads"]["training_video"]
    assert len(there) < 3
    service.control.clear_counters()

    outcome = update(context, outcome.job_id, outcome.outputs, inputs)
    assert_settled(outcome, inputs)
    assert stored(service, outcome.job_id) == inputs["__fingerprints"]
    counters = service.control.counters()
    assert uploads(service) == 3 - len(there)
    assert not {"create", "update"} & set(counters)
    assert len(service.control.jobs()) == 1


def test_a_failed_file_is_resumed(
    service: Emulator, context: Context, half_done: tuple[Outcome, dict[str, Any]]
) -> None:
    outcome, declared = half_done
    outcome = update(context, outcome.job_id, outcome.outputs, declared)
    assert_settled(outcome, declared)
    assert stored(service, outcome.job_id) == declared["__fingerprints"]
    assert uploads(service) == 1
    assert "update" not in service.control.counters()


def test_an_expired_url(
    service: Emulator,
    context: Context,
    half_done: tuple[Outcome, dict[str, Any]],
    tutorial: bool,
) -> None:
    outcome, declared = half_done
    service.control.expire_upload_urls(outcome.job_id)
    later = update(context, outcome.job_id, outcome.outputs, declared)
    if tutorial:
        assert_settled(later, declared)
        assert stored(service, later.job_id) == declared["__fingerprints"]
        assert service.control.counters()["update"] == {"200": 1}
        assert uploads(service) == 1
        return
    assert isinstance(later.problem, JobRefusal)
    assert "nothing was billed" in str(later.problem)
    assert later.outputs["pending"][0] == "recreate"
    assert diff(later.outputs, declared).replaces == ["pending"]
    # What the engine does then: delete, and create.
    assert delete(context, later.job_id, later.outputs) is None
    assert_settled(create(context, declared), declared)
    assert len(service.control.jobs()) == 1


def test_urls_that_were_lost(
    service: Emulator,
    context: Context,
    half_done: tuple[Outcome, dict[str, Any]],
    tutorial: bool,
) -> None:
    outcome, declared = half_done
    later = update(context, outcome.job_id, {**outcome.outputs, "__upload_urls": {}}, declared)
    if tutorial:
        assert_settled(later, declared)
    else:
        assert later.outputs["pending"][0] == "recreate"


@pytest.mark.parametrize("size", ["the same", "less than there are parts", "twice"])
def test_a_video_that_changed_before_the_resume(
    size: str,
    service: Emulator,
    context: Context,
    inputs: dict[str, Any],
    files: Files,
    checked: Check,
    tutorial: bool,
) -> None:
    """Never a mixture of two contents, and never the fingerprint of what is not there."""
    fail_one_upload(service)
    outcome = create(context, inputs)
    content = {"the same": None, "less than there are parts": b"v", "twice": b"v" * 800 * 1024}[
        size
    ]
    rewrite(files["training_video"], content)
    now = checked(**{n: v for n, v in inputs.items() if n != "__fingerprints"})
    later = update(context, outcome.job_id, outcome.outputs, now)
    if tutorial:
        assert_settled(later, now)
        assert stored(service, later.job_id) == now["__fingerprints"]
    else:
        assert later.outputs["pending"][0] == "recreate"
        assert "training_video" not in later.outputs["fingerprints"]
        assert state_of(service, later.job_id) == "WAIT_FILE_UPLOAD"


def test_a_picture_that_changed_after_its_answer_was_lost(
    service: Emulator,
    context: Context,
    files: Files,
    inputs: dict[str, Any],
    checked: Check,
    tutorial: bool,
) -> None:
    service.control.add_fault("upload cover", "reset", after=True, times=1)
    service.control.add_fault("upload cover", "reset", times=4)
    bare = {n: v for n, v in inputs.items() if n != "__fingerprints"} | {"cover": files["cover"]}
    outcome = create(context, checked(**bare))
    assert outcome.outputs["pending"][0] == "upload cover"
    rewrite(files["cover"])
    now = checked(**bare)
    later = update(context, outcome.job_id, outcome.outputs, now)
    if tutorial:
        assert_settled(later, now)
        assert stored(service, later.job_id) == now["__fingerprints"]
    else:
        assert later.outputs["pending"][0] == "recreate"
        assert "cover" not in later.outputs["fingerprints"]


def test_a_file_that_is_removed_from_the_program_is_not_waited_for(
    service: Emulator, context: Context, half_done: tuple[Outcome, dict[str, Any]]
) -> None:
    outcome, declared = half_done
    without = {n: v for n, v in declared.items() if n != "cover"}
    without["__fingerprints"] = {
        n: v for n, v in declared["__fingerprints"].items() if n != "cover"
    }
    assert_settled(update(context, outcome.job_id, outcome.outputs, without), without)
    assert uploads(service) == 0


def test_parts_that_an_update_dropped_are_sent_again(
    start: Callable[..., Emulator],
    context_for: ContextFor,
    files: Files,
    checked: Check,
) -> None:
    service = start(profile="tutorial,update_keeps_parts=false")
    context = context_for(service, part_size=PART)
    fail_the_cover(service)
    declared = checked(name="n", **{name: files[name] for name in (*ID_FILES, "cover")})
    outcome = create(context, declared)
    service.control.expire_upload_urls(outcome.job_id)
    for _ in range(3):  # however often it takes, it gets there, and by itself
        outcome = update(context, outcome.job_id, outcome.outputs, declared)
        if not outcome.outputs["pending"]:
            break
    assert_settled(outcome, declared)
    assert stored(service, outcome.job_id) == declared["__fingerprints"]
