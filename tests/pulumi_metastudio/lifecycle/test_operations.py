"""The life of a job against the service, in both readings of the documents."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.api import CreateJob
from pulumi_metastudio.api.states import DELETABLE, TRAINED
from pulumi_metastudio.errors import (
    AnswerLost,
    InvalidRequest,
    JobRefusal,
    MetaStudioError,
    ServerError,
)
from pulumi_metastudio.lifecycle import (
    FILES,
    Context,
    Outcome,
    create,
    delete,
    diff,
    read,
    refreshed_inputs,
    update,
)

Check = Callable[..., dict[str, Any]]
ContextFor = Callable[..., Context]
Files = dict[str, str]

PROFILES = ["tutorial", "strict"]
PART = 150 * 1024  # so that a video comes in three parts
ID_FILES = ("training_video", "id_card_image1", "id_card_image2", "grant_file")


@pytest.fixture(params=PROFILES)
def service(request: pytest.FixtureRequest, start: Callable[..., Emulator]) -> Emulator:
    """The service in each reading of the documents."""
    return start(profile=request.param)


@pytest.fixture
def context(service: Emulator, context_for: ContextFor) -> Context:
    return context_for(service, part_size=PART)


@pytest.fixture
def inputs(files: Files, checked: Check) -> dict[str, Any]:
    """A job with what the review of an ordinary tenant wants."""
    return checked(name="n", contact="138", **{name: files[name] for name in ID_FILES})


def rewrite(location: str, content: bytes | None = None) -> str:
    """Another content of the same size; its SHA-256."""
    path = Path(location)
    path.write_bytes(content or bytes(b ^ 0xFF for b in path.read_bytes()))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def stored(emulator: Emulator, job_id: str) -> dict[str, str]:
    return {name: kept["sha256"] for name, kept in emulator.control.objects(job_id).items()}


def state_of(emulator: Emulator, job_id: str) -> str:
    return str(emulator.control.job(job_id)["state"])


def uploads(emulator: Emulator) -> int:
    """Uploads that were accepted since the counters were cleared."""
    return int(emulator.control.counters().get("upload", {}).get("200", 0))


def settled(outcome: Outcome, declared: dict[str, Any]) -> bool:
    """Nothing failed, and an `up` right after it would change nothing."""
    assert outcome.problem is None
    assert outcome.outputs["pending"] == []
    assert outcome.outputs["fingerprints"] == declared["fingerprints"]
    assert outcome.outputs["__upload_urls"] == {}
    assert diff(outcome.outputs, declared).changes == ()
    return True


def test_a_job_with_every_file(
    service: Emulator, context: Context, files: Files, checked: Check
) -> None:
    declared = checked(name="n", tags=["t"], audio_source_type="AUDIO", app_user_id="u", **files)
    outcome = create(context, declared)
    assert settled(outcome, declared)
    assert stored(service, outcome.job_id) == declared["fingerprints"]
    assert set(declared["fingerprints"]) == set(FILES)
    assert state_of(service, outcome.job_id) == "AUTO_VERIFYING"
    record = service.control.job(outcome.job_id)
    assert record["part_uploads"]["training_video"] == {"1": 1, "2": 1, "3": 1}
    assert record["part_uploads"]["action_video"] == {"1": 1, "2": 1, "3": 1}
    assert record["fields"]["app_user_id"] == "u"
    types = {
        n: kept["content_type"] for n, kept in service.control.objects(record["job_id"]).items()
    }
    assert types["audio"] == "application/zip"
    assert service.control.counters()["create"] == {"200": 1}
    assert service.control.counters()["SUBMITVERIFYING"] == {"200": 1}
    assert "update" not in service.control.counters()


def test_no_drift_and_no_change_after_a_refresh(context: Context, inputs: dict[str, Any]) -> None:
    outcome = create(context, inputs)
    refreshed = read(context, outcome.job_id, outcome.outputs)
    assert refreshed == outcome.outputs
    assert diff(refreshed, inputs).changes == ()
    assert diff(refreshed, refreshed_inputs(refreshed)).changes == ()


def test_a_job_that_is_held_back(
    service: Emulator, context: Context, inputs: dict[str, Any]
) -> None:
    held = {**inputs, "submit": False}
    outcome = create(context, held)
    assert settled(outcome, held)
    assert state_of(service, outcome.job_id) == "WAIT_FILE_UPLOAD"
    service.control.clear_counters()
    outcome = update(context, outcome.job_id, outcome.outputs, inputs)
    assert settled(outcome, inputs)
    assert state_of(service, outcome.job_id) == "AUTO_VERIFYING"
    counters = service.control.counters()
    assert (uploads(service), "update" in counters) == (0, False)
    assert counters["SUBMITVERIFYING"] == {"200": 1}


def test_a_refused_create_makes_nothing(service: Emulator, context: Context) -> None:
    with pytest.raises(InvalidRequest):
        create(context, {"name": "n" * 300, "submit": False, "fingerprints": {}})
    assert service.control.jobs() == []


def test_a_missing_file_makes_nothing(service: Emulator, context: Context) -> None:
    with pytest.raises(MetaStudioError, match="no such file"):
        create(context, {"name": "n", "training_video": "none.mp4"})
    assert "create" not in service.control.counters()


# ----------------------------------------------------------------- uploads that fail


def fail_one_upload(emulator: Emulator) -> None:
    emulator.control.add_fault("upload", "status", status=400, times=1)


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
    assert settled(outcome, inputs)
    assert stored(service, outcome.job_id) == inputs["fingerprints"]
    counters = service.control.counters()
    assert uploads(service) == 3 - len(there)
    assert not {"create", "update"} & set(counters)
    assert len(service.control.jobs()) == 1


def fail_the_cover(emulator: Emulator) -> None:
    """The fourth request is the first after the three parts of the video."""
    emulator.control.add_fault("upload", "delay", delay_ms=1, times=3)
    emulator.control.add_fault("upload", "status", status=400, times=1)


@pytest.fixture
def half_done(
    service: Emulator, context: Context, files: Files, inputs: dict[str, Any], checked: Check
) -> tuple[Outcome, dict[str, Any]]:
    """A job whose cover did not get up; everything else did, and is not confirmed."""
    fail_the_cover(service)
    declared = checked(
        **{n: v for n, v in inputs.items() if n != "fingerprints"}, cover=files["cover"]
    )
    outcome = create(context, declared)
    assert outcome.outputs["pending"][0] == "upload cover"
    assert list(outcome.outputs["__upload_urls"]) == ["cover"]
    service.control.clear_faults()
    service.control.clear_counters()
    return outcome, declared


def test_a_failed_file_is_resumed(
    service: Emulator, context: Context, half_done: tuple[Outcome, dict[str, Any]]
) -> None:
    outcome, declared = half_done
    outcome = update(context, outcome.job_id, outcome.outputs, declared)
    assert settled(outcome, declared)
    assert stored(service, outcome.job_id) == declared["fingerprints"]
    assert uploads(service) == 1
    assert "update" not in service.control.counters()


def test_an_expired_url(
    service: Emulator,
    context: Context,
    half_done: tuple[Outcome, dict[str, Any]],
    request: pytest.FixtureRequest,
) -> None:
    outcome, declared = half_done
    service.control.expire_upload_urls(outcome.job_id)
    later = update(context, outcome.job_id, outcome.outputs, declared)
    if request.node.callspec.params["service"] == "tutorial":
        assert settled(later, declared)
        assert stored(service, later.job_id) == declared["fingerprints"]
        assert service.control.counters()["update"] == {"200": 1}
        assert uploads(service) == 1
        return
    assert isinstance(later.problem, JobRefusal)
    assert "nothing was billed" in str(later.problem)
    assert later.outputs["pending"][0] == "recreate"
    assert diff(later.outputs, declared).replaces == ["pending"]
    # What the engine does then: delete, and create.
    assert delete(context, later.job_id, later.outputs) is None
    assert settled(create(context, declared), declared)
    assert len(service.control.jobs()) == 1


def test_urls_that_were_lost(
    service: Emulator,
    context: Context,
    half_done: tuple[Outcome, dict[str, Any]],
    request: pytest.FixtureRequest,
) -> None:
    outcome, declared = half_done
    later = update(context, outcome.job_id, {**outcome.outputs, "__upload_urls": {}}, declared)
    if request.node.callspec.params["service"] == "tutorial":
        assert settled(later, declared)
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
    request: pytest.FixtureRequest,
) -> None:
    """Never a mixture of two contents, and never the fingerprint of what is not there."""
    fail_one_upload(service)
    outcome = create(context, inputs)
    content = {"the same": None, "less than there are parts": b"v", "twice": b"v" * 800 * 1024}[
        size
    ]
    rewrite(files["training_video"], content)
    now = checked(**{n: v for n, v in inputs.items() if n != "fingerprints"})
    later = update(context, outcome.job_id, outcome.outputs, now)
    if request.node.callspec.params["service"] == "tutorial":
        assert settled(later, now)
        assert stored(service, later.job_id) == now["fingerprints"]
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
    request: pytest.FixtureRequest,
) -> None:
    service.control.add_fault("upload", "delay", delay_ms=1, times=3)
    service.control.add_fault("upload", "reset", after=True, times=1)
    service.control.add_fault("upload", "reset", times=4)
    bare = {n: v for n, v in inputs.items() if n != "fingerprints"} | {"cover": files["cover"]}
    outcome = create(context, checked(**bare))
    assert outcome.outputs["pending"][0] == "upload cover"
    rewrite(files["cover"])
    now = checked(**bare)
    later = update(context, outcome.job_id, outcome.outputs, now)
    if request.node.callspec.params["service"] == "tutorial":
        assert settled(later, now)
        assert stored(service, later.job_id) == now["fingerprints"]
    else:
        assert later.outputs["pending"][0] == "recreate"
        assert "cover" not in later.outputs["fingerprints"]


@pytest.mark.parametrize("video", [True, False])
def test_an_upload_whose_answer_was_lost(
    video: bool, service: Emulator, context: Context, inputs: dict[str, Any]
) -> None:
    if not video:
        service.control.add_fault("upload", "delay", delay_ms=1, times=3)
    service.control.add_fault("upload", "reset", after=True, times=1)
    outcome = create(context, inputs)
    assert settled(outcome, inputs)
    assert stored(service, outcome.job_id) == inputs["fingerprints"]
    assert service.control.counters()["create"] == {"200": 1}
    assert "update" not in service.control.counters()


def test_a_file_that_is_removed_from_the_program_is_not_waited_for(
    service: Emulator, context: Context, half_done: tuple[Outcome, dict[str, Any]]
) -> None:
    outcome, declared = half_done
    without = {n: v for n, v in declared.items() if n != "cover"}
    without["fingerprints"] = {n: v for n, v in declared["fingerprints"].items() if n != "cover"}
    assert settled(update(context, outcome.job_id, outcome.outputs, without), without)
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
    assert settled(outcome, declared)
    assert stored(service, outcome.job_id) == declared["fingerprints"]


@pytest.mark.parametrize("reading", PROFILES)
def test_a_file_the_service_has_no_url_for(
    reading: str,
    start: Callable[..., Emulator],
    context_for: ContextFor,
    files: Files,
    checked: Check,
) -> None:
    service = start(profile=f"{reading},all_upload_urls=false")
    context = context_for(service, part_size=PART)
    names = (*ID_FILES, "pre_beauty_image")
    declared = checked(name="n", **{name: files[name] for name in names})
    outcome = create(context, declared)
    assert "gave no upload URL" in str(outcome.problem)
    assert "pre_beauty_image" in str(outcome.problem)
    assert outcome.outputs["pending"][0] == "upload pre_beauty_image"
    assert len(service.control.jobs()) == 1
    assert service.control.counters()["create"] == {"200": 1}
    without = {n: v for n, v in declared.items() if n != "pre_beauty_image"}
    without["fingerprints"] = {
        n: v for n, v in declared["fingerprints"].items() if n != "pre_beauty_image"
    }
    assert settled(update(context, outcome.job_id, outcome.outputs, without), without)


# ------------------------------------------------------- commands whose answers get lost


@pytest.mark.parametrize(
    "command", ["CONFIRM_MULTIPART_UPLOADED", "CONFIRM_AUTHORIZATION_LETTER", "SUBMITVERIFYING"]
)
def test_a_command_whose_answer_was_lost(
    command: str, service: Emulator, context: Context, inputs: dict[str, Any]
) -> None:
    service.control.add_fault(command, "reset", after=True, times=1)
    outcome = create(context, inputs)
    assert settled(outcome, inputs)
    assert state_of(service, outcome.job_id) == "AUTO_VERIFYING"
    assert sum(service.control.counters()[command].values()) == 1


@pytest.mark.parametrize("command", ["CONFIRM_MULTIPART_UPLOADED", "SUBMITVERIFYING"])
def test_a_command_that_did_not_arrive_is_done_by_the_next_run(
    command: str, service: Emulator, context: Context, inputs: dict[str, Any]
) -> None:
    service.control.add_fault(command, "reset", times=1)
    outcome = create(context, inputs)
    assert isinstance(outcome.problem, AnswerLost)
    assert outcome.outputs["pending"][-1] == "submit"
    service.control.clear_counters()
    assert settled(update(context, outcome.job_id, outcome.outputs, inputs), inputs)
    assert uploads(service) == 0
    assert state_of(service, outcome.job_id) == "AUTO_VERIFYING"


def test_a_service_that_does_not_know_the_letters_confirmation(
    service: Emulator, context: Context, inputs: dict[str, Any]
) -> None:
    service.control.add_fault("CONFIRM_AUTHORIZATION_LETTER", "status", status=400)
    assert settled(create(context, inputs), inputs)


def test_a_job_that_cannot_be_read_back(
    service: Emulator, context: Context, inputs: dict[str, Any]
) -> None:
    service.control.add_fault("show", "status", status=500)
    outcome = create(context, inputs)
    assert isinstance(outcome.problem, ServerError)
    assert (outcome.outputs["pending"], outcome.outputs["name"]) == ([], "n")
    assert outcome.outputs["fingerprints"] == inputs["fingerprints"]
    # The record stands until a refresh; it is not taken for a job that waits.
    assert diff(outcome.outputs, inputs).changes == ()
    service.control.clear_faults()
    refreshed = read(context, outcome.job_id, outcome.outputs)
    assert refreshed is not None
    assert refreshed["state"] == "AUTO_VERIFYING"


# --------------------------------------------------------------------------- updates


@pytest.fixture
def made(context: Context, inputs: dict[str, Any]) -> Outcome:
    return create(context, inputs)


@pytest.mark.parametrize("state", ["AUTO_VERIFY_FAILED", "MANUAL_VERIFY_FAILED"])
def test_a_field_after_a_failed_review(
    state: str, service: Emulator, context: Context, inputs: dict[str, Any], made: Outcome
) -> None:
    service.control.set_state(made.job_id, state, reason="blurred")
    old = read(context, made.job_id, made.outputs)
    assert old is not None
    assert old["failure"]["reason"] == "blurred"
    now = {**inputs, "name": "m"}
    outcome = update(context, made.job_id, old, now)
    assert settled(outcome, now)
    fields = service.control.job(made.job_id)["fields"]
    # Whatever was left out might have been reset.
    assert (fields["name"], fields["contact"]) == ("m", "138")
    assert stored(service, made.job_id) == inputs["fingerprints"]
    assert len(service.control.jobs()) == 1


def test_fields_that_are_declared_no_longer(
    service: Emulator, context: Context, inputs: dict[str, Any]
) -> None:
    before = {**inputs, "tags": ["a"], "is_background_replacement": False}
    made = create(context, before)
    service.control.set_state(made.job_id, "AUTO_VERIFY_FAILED")
    old = read(context, made.job_id, made.outputs)
    assert old is not None
    now = {n: v for n, v in inputs.items() if n != "contact"}
    outcome = update(context, made.job_id, old, now)
    assert settled(outcome, now)
    fields = service.control.job(made.job_id)["fields"]
    assert (fields["contact"], fields["tags"]) == ("", [])
    assert fields["is_background_replacement"] is True


@pytest.mark.parametrize("state", ["MANUAL_VERIFYING", "TRAINING", "JOB_SUCCESS", "NEW_STATE"])
def test_a_field_of_a_job_further_on(
    state: str, service: Emulator, context: Context, inputs: dict[str, Any], made: Outcome
) -> None:
    service.control.set_state(made.job_id, state)
    old = read(context, made.job_id, made.outputs)
    assert old is not None
    with pytest.raises(JobRefusal) as caught:
        update(context, made.job_id, old, {**inputs, "name": "m"})
    text = str(caught.value)
    for expected in ("name", state, "undo the edit", "billed again"):
        assert expected in text
    assert "\n" not in text
    assert len(service.control.jobs()) == 1


def test_a_field_of_a_job_that_waits_for_files(
    service: Emulator,
    context: Context,
    inputs: dict[str, Any],
    request: pytest.FixtureRequest,
) -> None:
    held = {**inputs, "submit": False}
    made = create(context, held)
    now = {**held, "name": "m"}
    outcome = update(context, made.job_id, made.outputs, now)
    if request.node.callspec.params["service"] == "tutorial":
        assert settled(outcome, now)
        assert service.control.job(made.job_id)["fields"]["name"] == "m"
        return
    # The letter of the documents: no update here. Nothing is billed, so a new one will do.
    assert isinstance(outcome.problem, JobRefusal)
    assert "nothing was billed" in str(outcome.problem)
    assert outcome.outputs["pending"][0] == "recreate"
    assert "pending" in diff(outcome.outputs, now).replaces


@pytest.mark.parametrize("name", ["id_card_image1", "training_video"])
def test_a_file_after_a_failed_review(
    name: str,
    service: Emulator,
    context: Context,
    inputs: dict[str, Any],
    files: Files,
    made: Outcome,
    checked: Check,
    request: pytest.FixtureRequest,
) -> None:
    service.control.set_state(made.job_id, "AUTO_VERIFY_FAILED", reason="blurred")
    old = read(context, made.job_id, made.outputs)
    assert old is not None
    rewrite(files[name])
    now = checked(**{n: v for n, v in inputs.items() if n != "fingerprints"})
    service.control.clear_counters()
    outcome = update(context, made.job_id, old, now)
    assert settled(outcome, now)
    assert stored(service, made.job_id) == now["fingerprints"]
    assert state_of(service, made.job_id) == "AUTO_VERIFYING"
    counters = service.control.counters()
    assert counters["SUBMITVERIFYING"] == {"200": 1}
    assert counters["update"] == {"200": 1}
    dropped = request.node.callspec.params["service"] == "strict"
    assert uploads(service) == (3 if name == "training_video" else 4 if dropped else 1)


def test_a_replaced_video_that_cannot_be_confirmed_is_not_taken_for_there(
    service: Emulator,
    context: Context,
    inputs: dict[str, Any],
    files: Files,
    made: Outcome,
    checked: Check,
) -> None:
    service.control.set_state(made.job_id, "AUTO_VERIFY_FAILED")
    old = read(context, made.job_id, made.outputs)
    assert old is not None
    rewrite(files["training_video"])
    now = checked(**{n: v for n, v in inputs.items() if n != "fingerprints"})
    service.control.add_fault("CONFIRM_MULTIPART_UPLOADED", "reset", times=1)
    outcome = update(context, made.job_id, old, now)
    # The service may still show the old video: that proves nothing about the new one.
    assert isinstance(outcome.problem, AnswerLost)
    assert outcome.outputs["pending"][-1] == "submit"
    assert "training_video" not in outcome.outputs["fingerprints"]
    outcome = update(context, made.job_id, outcome.outputs, now)
    assert settled(outcome, now)
    assert stored(service, made.job_id) == now["fingerprints"]


def test_triggers_submit_again(
    service: Emulator, context: Context, inputs: dict[str, Any], made: Outcome
) -> None:
    service.control.set_state(made.job_id, "MANUAL_VERIFY_FAILED")
    old = read(context, made.job_id, made.outputs)
    assert old is not None
    service.control.clear_counters()
    now = {**inputs, "triggers": [1]}
    assert settled(update(context, made.job_id, old, now), now)
    assert state_of(service, made.job_id) == "AUTO_VERIFYING"
    counters = service.control.counters()
    assert counters["SUBMITVERIFYING"] == {"200": 1}
    assert not {"update", "upload"} & set(counters)


def test_behaviour_is_noted_without_a_change(
    service: Emulator, context: Context, inputs: dict[str, Any], made: Outcome
) -> None:
    service.control.clear_counters()
    now = {**inputs, "deletion_policy": "delete", "expose_download_urls": True}
    outcome = update(context, made.job_id, made.outputs, now)
    assert settled(outcome, now)
    assert set(outcome.outputs["download_urls"]) == set(ID_FILES)
    assert set(service.control.counters()) == {"show"}


def test_an_update_of_a_job_that_is_gone(
    service: Emulator, context: Context, inputs: dict[str, Any], made: Outcome
) -> None:
    service.control.delete_job(made.job_id)
    with pytest.raises(JobRefusal, match="is gone from the service: run refresh"):
        update(context, made.job_id, made.outputs, {**inputs, "name": "m"})


# ------------------------------------------------------------------- reading and adopting


def test_a_job_that_is_gone(service: Emulator, context: Context, made: Outcome) -> None:
    service.control.delete_job(made.job_id)
    assert read(context, made.job_id, made.outputs) is None


def test_drift_is_seen_and_mended(
    service: Emulator, context: Context, inputs: dict[str, Any], made: Outcome
) -> None:
    service.control.set_state(made.job_id, "AUTO_VERIFY_FAILED")
    service.control.set_fields(made.job_id, name="renamed", tags=["undeclared"])
    seen = read(context, made.job_id, made.outputs)
    assert seen is not None
    assert [c.input for c in diff(seen, inputs).changes] == ["name"]
    assert settled(update(context, made.job_id, seen, inputs), inputs)
    fields = service.control.job(made.job_id)["fields"]
    assert (fields["name"], fields.get("tags")) == ("n", ["undeclared"])


def test_a_job_that_moves_by_itself_is_no_drift(
    service: Emulator, context: Context, inputs: dict[str, Any], made: Outcome
) -> None:
    seen: dict[str, Any] | None = made.outputs
    for _ in range(12):
        service.control.step(made.job_id)
        seen = read(context, made.job_id, seen or {})
        assert seen is not None
        assert diff(seen, inputs).changes == ()
    assert seen is not None
    assert seen["state"] == "JOB_SUCCESS"
    assert seen["console_status"] == "Completed"
    assert seen["asset_id"]
    assert seen["allocated_resource"]["charge_mode"] == "ONE_TIME"


def test_a_job_that_this_provider_never_saw(
    service: Emulator, context: Context, files: Files
) -> None:
    job_id = service.control.add_job(name="n", tags=["t"], contact="138")["job_id"]
    outputs = read(context, job_id, {})
    assert outputs is not None
    found = refreshed_inputs(outputs)
    assert (found["name"], found["tags"], found["contact"]) == ("n", ["t"], "138")
    assert diff(outputs, {**found, "submit": False}).calls is False


def test_somebody_else_submitted_it(
    service: Emulator, context: Context, half_done: tuple[Outcome, dict[str, Any]]
) -> None:
    outcome, _ = half_done
    service.control.set_state(outcome.job_id, "MANUAL_VERIFYING")
    seen = read(context, outcome.job_id, outcome.outputs)
    assert seen is not None
    assert (seen["pending"], seen["__upload_urls"]) == ([], {})


def test_a_job_that_is_taken_over_is_not_touched(
    service: Emulator, context: Context, files: Files, checked: Check, inputs: dict[str, Any]
) -> None:
    theirs = create(context, {**inputs, "submit": False})
    service.control.clear_counters()
    declared = checked(
        existing_job_id=theirs.job_id,
        name="n",
        training_video=files["training_video"],
        cover=files["cover"],
    )
    outcome = create(context, declared)
    assert outcome.job_id == theirs.job_id
    assert set(service.control.counters()) == {"show"}
    # The service has no cover, so none is recorded: it will be uploaded.
    assert set(outcome.outputs["fingerprints"]) == {"training_video"}
    assert state_of(service, theirs.job_id) == "WAIT_FILE_UPLOAD"


def test_a_job_that_was_taken_over_is_never_made_anew(
    service: Emulator,
    context: Context,
    files: Files,
    checked: Check,
    inputs: dict[str, Any],
    request: pytest.FixtureRequest,
) -> None:
    theirs = create(context, {**inputs, "submit": False})
    bare = {"existing_job_id": theirs.job_id, "name": "n", "submit": False}
    outcome = create(context, checked(**bare, training_video=files["training_video"]))
    now = checked(**bare, training_video=files["training_video"], cover=files["cover"])
    if request.node.callspec.params["service"] == "tutorial":
        assert settled(update(context, theirs.job_id, outcome.outputs, now), now)
        assert "cover" in stored(service, theirs.job_id)
        return
    with pytest.raises(JobRefusal) as caught:
        update(context, theirs.job_id, outcome.outputs, now)
    assert "anew" not in str(caught.value)
    assert len(service.control.jobs()) == 1


def test_a_job_to_take_over_that_does_not_exist(context: Context) -> None:
    with pytest.raises(JobRefusal, match="the service has no job abc"):
        create(context, {"existing_job_id": "abc"})


def test_a_job_taken_over_without_its_name_that_cannot_be_read_back(
    service: Emulator, context: Context
) -> None:
    job_id = service.control.add_job(name="theirs", state="AUTO_VERIFY_FAILED")["job_id"]
    declared = {"existing_job_id": job_id, "fingerprints": {}}
    made = create(context, declared)
    service.control.add_fault("update", "delay", delay_ms=1)
    now = {**declared, "tags": ["t"], "submit": False}
    # The last read of an update is its third; the ones before are answered.
    service.control.add_fault("show", "delay", delay_ms=1, times=2)
    service.control.add_fault("show", "status", status=500)
    outcome = update(context, job_id, made.outputs, now)
    assert isinstance(outcome.problem, ServerError)
    assert outcome.outputs["name"] == "theirs"
    assert service.control.job(job_id)["fields"]["tags"] == ["t"]


# ------------------------------------------------------------------------- deletion

STATES = sorted({*DELETABLE, "AUTO_VERIFYING", "TRAINING", "JOB_PENDING", "NEW_STATE"})


@pytest.mark.parametrize("policy", [None, "retain-trained", "delete", "retain"])
def test_deletion(policy: str | None, emulator: Emulator, context_for: ContextFor) -> None:
    context = context_for(emulator)
    for state in STATES:
        job_id = emulator.control.add_job(name="n", state=state)["job_id"]
        old = {"deletion_policy": policy} if policy else {}
        kept = policy == "retain" or (policy != "delete" and state in TRAINED)
        if not kept and state not in DELETABLE:
            with pytest.raises(JobRefusal) as caught:
                delete(context, job_id, old)
            assert state in str(caught.value)
            assert "'retain'" in str(caught.value)
        else:
            told = delete(context, job_id, old)
            assert (job_id in told) if kept and told else told is None
        there = [job["job_id"] for job in emulator.control.jobs()]
        assert (job_id in there) == (kept or state not in DELETABLE), state


@pytest.mark.parametrize("policy", ["retain-trained", "delete", "retain"])
def test_deleting_what_is_gone(policy: str, service: Emulator, context: Context) -> None:
    job_id = service.control.add_job(name="n")["job_id"]
    service.control.delete_job(job_id)
    told = delete(context, job_id, {"deletion_policy": policy})
    assert bool(told) == (policy == "retain")


def test_a_deletion_whose_answer_was_lost(service: Emulator, context: Context) -> None:
    job_id = service.control.add_job(name="n")["job_id"]
    service.control.add_fault("delete", "reset", after=True, times=1)
    assert delete(context, job_id, {}) is None
    assert service.control.jobs() == []


def test_a_refused_deletion_of_a_deletable_job(service: Emulator, context: Context) -> None:
    job_id = service.control.add_job(name="n")["job_id"]
    service.control.add_fault("delete", "status", status=400)
    with pytest.raises(InvalidRequest):
        delete(context, job_id, {})
    assert len(service.control.jobs()) == 1


def test_only_its_own_job_is_deleted(service: Emulator, context: Context) -> None:
    mine = context.client.create_job(CreateJob(name="n")).job_id
    other = context.client.create_job(CreateJob(name="n")).job_id
    delete(context, mine, {})
    assert [job["job_id"] for job in service.control.jobs()] == [other]
