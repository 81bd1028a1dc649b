"""What a change means, as a table: field by state."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_metastudio.api.states import EDITABLE, KNOWN, REVIEW_FAILED
from pulumi_metastudio.lifecycle import (
    BEHAVIOUR,
    FIELDS,
    FILES,
    UNKNOWN,
    Effect,
    diff,
    review_note,
)
from pulumi_metastudio.lifecycle.plan import same, unmasked
from pulumi_metastudio.lifecycle.progress import RECREATE

UPDATE, REPLACE, STATE = Effect.UPDATE, Effect.REPLACE, Effect.STATE

VOICE = {"job_tag": "NEWS", "sex": "MALE", "language": "CN"}
DECLARED: dict[str, Any] = {
    "name": "n",
    "contact": "13800000000",
    "batch_name": "b",
    "tags": ["a", "b"],
    "is_background_replacement": True,
    "is_fast_flexus": False,
    "audio_source_type": "VIDEO",
    "voice_properties": VOICE,
    "supported_service": ["VIDEO_2D"],
    "model_version": "V3.2",
    "is_ondemand_resource": False,
    "is_flexus": True,
    "is_live_copy": False,
    "is_only_human_model": False,
    "app_user_id": "u",
}
MATERIAL = {name: f"{name}.bin" for name in FILES}
PRINTS = {name: f"{number:064x}" for number, name in enumerate(FILES)}
INPUTS = {**DECLARED, **MATERIAL, "__fingerprints": PRINTS}

MOVED_ON = ["MANUAL_VERIFYING", "TRAINING", "JOB_SUCCESS", "JOB_FINISH", "A_STATE_OF_NEXT_YEAR"]


def job(state: str = "TRAINING", **changes: Any) -> dict[str, Any]:
    """What is recorded of a job that was made from INPUTS."""
    return {
        **DECLARED,
        **MATERIAL,
        "job_id": "j",
        "state": state,
        "pending": [],
        "fingerprints": PRINTS,
        "__declared": list(DECLARED),
        **changes,
    }


def effects(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Effect]:
    found = diff(old, new)
    assert all(change.reason for change in found.changes)
    names = [change.input for change in found.changes]
    assert len(names) == len(set(names))
    return {change.input: change.effect for change in found.changes}


def test_every_field_is_declared_here() -> None:
    assert set(DECLARED) == set(FIELDS)


@pytest.mark.parametrize("state", [*sorted(KNOWN - {"WAIT_FILE_UPLOAD"}), "UNKNOWN_STATE"])
def test_the_same_declaration_is_no_change(state: str) -> None:
    assert effects(job(state), INPUTS) == {}


def test_a_job_that_was_held_back_is_submitted_when_it_may() -> None:
    waiting = job("WAIT_FILE_UPLOAD", submit=False)
    assert effects(waiting, {**INPUTS, "submit": False}) == {}
    assert effects(waiting, INPUTS) == {"submit": UPDATE}
    assert effects(job("TRAINING", submit=False), INPUTS) == {"submit": STATE}


FIELD_EDITS: list[tuple[str, Any, Effect]] = [
    ("name", "m", UPDATE),
    ("contact", "13900000000", UPDATE),
    ("batch_name", "c", UPDATE),
    ("tags", ["a"], UPDATE),
    ("tags", ["b", "a"], UPDATE),
    ("is_background_replacement", False, UPDATE),
    ("is_fast_flexus", True, UPDATE),
    ("audio_source_type", "AUDIO", UPDATE),
    ("voice_properties", {**VOICE, "sex": "FEMALE"}, UPDATE),
    ("supported_service", ["CHAT_2D"], UPDATE),
    ("model_version", "V3.3", REPLACE),
    ("is_ondemand_resource", True, REPLACE),
    ("is_flexus", False, REPLACE),
    ("is_live_copy", True, REPLACE),
    ("is_only_human_model", True, REPLACE),
    ("app_user_id", "v", REPLACE),
]


@pytest.mark.parametrize("state", [*sorted(EDITABLE), *MOVED_ON])
@pytest.mark.parametrize(("name", "value", "effect"), FIELD_EDITS)
def test_a_changed_field(name: str, value: Any, effect: Effect, state: str) -> None:
    held = {"submit": False}  # so that WAIT_FILE_UPLOAD itself is no reason for anything
    assert effects(job(state, **held), {**INPUTS, **held, name: value}) == {name: effect}


@pytest.mark.parametrize(("name", "value", "effect"), FIELD_EDITS)
def test_a_field_that_differs_remotely_is_mended_the_same_way(
    name: str, value: Any, effect: Effect
) -> None:
    assert effects(job(**{name: value}), INPUTS) == {name: effect}


@pytest.mark.parametrize(("name", "value", "effect"), FIELD_EDITS)
def test_a_field_that_is_not_known_yet(name: str, value: Any, effect: Effect) -> None:
    assert effects(job(), {**INPUTS, name: UNKNOWN}) == {name: effect}


# A field that is declared no longer: what is recorded, and what that takes.
REMOVED: list[tuple[str, Any, Effect | None]] = [
    ("contact", "13800000000", UPDATE),
    ("contact", "", None),
    ("batch_name", "b", UPDATE),
    ("tags", ["a"], UPDATE),
    ("tags", [], None),
    ("is_background_replacement", True, None),
    ("is_background_replacement", False, UPDATE),
    ("is_fast_flexus", True, UPDATE),
    ("audio_source_type", "VIDEO", None),
    ("audio_source_type", "AUDIO", UPDATE),
    ("voice_properties", VOICE, UPDATE),
    ("model_version", "V3.2", None),
    ("model_version", "V3.3", REPLACE),
    ("is_ondemand_resource", True, REPLACE),
    ("is_live_copy", False, None),
    ("app_user_id", "u", REPLACE),
]


@pytest.mark.parametrize(("name", "recorded", "effect"), REMOVED)
def test_a_field_that_is_declared_no_longer(
    name: str, recorded: Any, effect: Effect | None
) -> None:
    new = {n: v for n, v in INPUTS.items() if n != name}
    assert effects(job(**{name: recorded}), new) == ({name: effect} if effect else {})


@pytest.mark.parametrize(
    ("is_flexus", "recorded", "changes"),
    [
        (False, ["VIDEO_2D", "LIVE_2D"], False),
        (False, ["VIDEO_2D"], True),
        (True, ["VIDEO_2D"], False),
        (True, ["VIDEO_2D", "LIVE_2D"], True),
    ],
)
def test_the_default_services_are_the_editions(
    is_flexus: bool, recorded: list[str], changes: bool
) -> None:
    old = job(is_flexus=is_flexus, supported_service=recorded)
    new = {n: v for n, v in INPUTS.items() if n != "supported_service"} | {"is_flexus": is_flexus}
    assert effects(old, new) == ({"supported_service": UPDATE} if changes else {})


@pytest.mark.parametrize(
    ("name", "recorded"),
    [
        ("is_fast_flexus", None),
        ("is_live_copy", None),
        ("audio_source_type", None),
        ("model_version", None),
    ],
)
def test_silence_about_a_default_is_no_drift(name: str, recorded: Any) -> None:
    assert effects(job(**{name: recorded}), INPUTS) == {}


def test_the_order_of_services_means_nothing() -> None:
    old = job(supported_service=["LIVE_2D", "VIDEO_2D"])
    assert effects(old, {**INPUTS, "supported_service": ["VIDEO_2D", "LIVE_2D"]}) == {}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("state", [*sorted(EDITABLE), *MOVED_ON])
def test_a_changed_file(name: str, state: str) -> None:
    new = {**INPUTS, "__fingerprints": {**PRINTS, name: "f" * 64}}
    found = effects(job(state, submit=False), {**new, "submit": False})
    assert found == {name: UPDATE if state in EDITABLE else REPLACE}


@pytest.mark.parametrize("state", MOVED_ON)
def test_the_preview_says_what_a_changed_file_costs(state: str) -> None:
    new = {**INPUTS, "__fingerprints": {**PRINTS, "cover": "f" * 64}}
    (change,) = diff(job(state), new).changes
    assert "trains again and is billed again" in change.reason
    assert "the content of cover changed" in change.reason


def test_another_path_with_the_same_content_is_no_change() -> None:
    assert effects(job(), {**INPUTS, "cover": "elsewhere/cover.png"}) == {}


def test_a_file_that_is_new() -> None:
    prints = {n: v for n, v in PRINTS.items() if n != "cover"}
    trained, failed = job(fingerprints=prints), job("AUTO_VERIFY_FAILED", fingerprints=prints)
    del trained["cover"], failed["cover"]
    assert effects(trained, INPUTS) == {"cover": REPLACE}
    assert effects(failed, INPUTS) == {"cover": UPDATE}


def test_a_job_that_somebody_else_submitted_without_a_file_is_not_made_anew() -> None:
    prints = {n: v for n, v in PRINTS.items() if n != "cover"}
    assert effects(job("MANUAL_VERIFYING", fingerprints=prints), INPUTS) == {}


def test_a_file_that_is_declared_no_longer_stays() -> None:
    assert effects(job(), {n: v for n, v in INPUTS.items() if n != "cover"}) == {}


@pytest.mark.parametrize("unknown", ["the path", "the fingerprint"])
def test_a_file_that_is_not_known_yet(unknown: str) -> None:
    new = dict(INPUTS)
    if unknown == "the path":
        new["cover"] = UNKNOWN
        new["__fingerprints"] = {n: v for n, v in PRINTS.items() if n != "cover"}
    else:
        new["__fingerprints"] = {**PRINTS, "cover": UNKNOWN}
    assert effects(job(), new) == {"cover": REPLACE}
    assert effects(job("MANUAL_VERIFY_FAILED"), new) == {"cover": UPDATE}


def test_a_refresh_that_took_no_fingerprints_sees_no_change() -> None:
    assert effects(job(), {n: v for n, v in INPUTS.items() if n != "__fingerprints"}) == {}


@pytest.mark.parametrize(
    ("name", "before", "now"),
    [
        ("deletion_policy", "retain-trained", "delete"),
        ("expose_download_urls", False, True),
        ("submit", True, False),
        ("existing_job_id", "j", None),
    ],
)
@pytest.mark.parametrize("state", ["AUTO_VERIFY_FAILED", "TRAINING"])
def test_behaviour_is_noted_without_a_call(name: str, before: Any, now: Any, state: str) -> None:
    new = {**INPUTS, name: now} if now is not None else INPUTS
    found = diff(job(state, **{name: before}), new)
    assert {c.input: c.effect for c in found.changes} == {name: STATE}
    assert not found.calls


def test_a_default_that_is_written_down_is_no_change() -> None:
    written = {n: v for n, v in BEHAVIOUR.items() if v is not None}
    assert effects(job(), {**INPUTS, **written}) == {}


@pytest.mark.parametrize(
    ("state", "effect"),
    [*((s, UPDATE) for s in sorted(EDITABLE)), *((s, REPLACE) for s in MOVED_ON)],
)
def test_triggers(state: str, effect: Effect) -> None:
    held = {"submit": False}
    assert effects(job(state, triggers=[1], **held), {**INPUTS, **held, "triggers": [2]}) == {
        "triggers": effect
    }
    assert effects(job(state, triggers=[1], **held), {**INPUTS, **held, "triggers": [1]}) == {}


def test_another_job_to_take_over_is_a_new_one() -> None:
    assert effects(job(), {**INPUTS, "existing_job_id": "k"}) == {"existing_job_id": REPLACE}
    assert effects(job(), {**INPUTS, "existing_job_id": "j"}) == {"existing_job_id": STATE}


@pytest.mark.parametrize("pending", [["upload cover", "submit"], ["submit"]])
def test_what_is_pending_is_a_change(pending: list[str]) -> None:
    found = diff(job("WAIT_FILE_UPLOAD", pending=pending), INPUTS)
    assert {c.input: c.effect for c in found.changes} == {"pending": UPDATE}
    assert pending[0] in found.changes[0].reason
    assert found.calls


def test_a_file_that_is_pending_is_told_once() -> None:
    prints = {n: v for n, v in PRINTS.items() if n != "cover"}
    old = job("WAIT_FILE_UPLOAD", pending=["upload cover", "submit"], fingerprints=prints)
    assert effects(old, INPUTS) == {"pending": UPDATE}


def test_a_job_that_must_be_made_anew() -> None:
    old = job("WAIT_FILE_UPLOAD", pending=[RECREATE, "upload cover"])
    found = diff(old, INPUTS)
    assert found.replaces == ["pending"]
    assert "nothing is billed" in found.changes[0].reason


@pytest.mark.parametrize("state", sorted(KNOWN))
def test_a_failed_review_is_told_while_nothing_changes(state: str) -> None:
    note = review_note(job(state, failure={"reason": "blurred"}))
    assert bool(note) == (state in REVIEW_FAILED)
    if note:
        assert "blurred" in note
        assert "triggers" in note


def test_a_failed_review_without_a_reason() -> None:
    assert "gives no reason" in str(review_note({"state": "AUTO_VERIFY_FAILED"}))


SAME: list[tuple[str, Any, Any, bool]] = [
    ("name", "a", "a", True),
    ("name", "a", "A", False),
    ("contact", "", None, True),
    ("tags", [], None, True),
    ("tags", None, [], True),
    ("tags", ["a"], ["a"], True),
    ("tags", ["a", "b"], ["b", "a"], False),
    ("supported_service", ["A", "B"], ["B", "A"], True),
    ("supported_service", ["A"], ["A", "A"], False),
    ("is_flexus", False, None, True),
    ("is_flexus", True, None, False),
    ("is_background_replacement", True, None, True),
    ("voice_properties", VOICE, dict(VOICE), True),
    ("voice_properties", None, {}, True),
    ("voice_properties", VOICE, None, False),
]


@pytest.mark.parametrize(("name", "declared", "recorded", "expected"), SAME)
def test_same(name: str, declared: Any, recorded: Any, expected: bool) -> None:
    assert same(FIELDS[name], declared, recorded) is expected


@pytest.mark.parametrize(
    ("declared", "shown", "expected"),
    [
        ("13800000000", "1**********", "13800000000"),
        ("13800000000", "138****0000", "13800000000"),
        ("13800000000", "2**********", "2**********"),
        ("13800000000", "138****0001", "138****0001"),
        ("13800000000", "13900000000", "13900000000"),
        ("13800000000", None, None),
        (["a"], ["*"], ["*"]),
        ("a.b", "a.*", "a.b"),
        ("axb", "a.*", "a.*"),
    ],
)
def test_a_mask_that_fits_is_the_declared_value(declared: Any, shown: Any, expected: Any) -> None:
    assert unmasked(declared, shown) == expected


def _value(name: str, unknown: Any = UNKNOWN) -> st.SearchStrategy[Any]:
    by_kind: dict[str, st.SearchStrategy[Any]] = {
        "TEXT": st.text(max_size=5),
        "FLAG": st.booleans(),
        "TEXTS": st.lists(st.text(max_size=3), max_size=3),
        "OBJECT": st.just(VOICE) | st.just({**VOICE, "sex": unknown}),
    }
    return by_kind[FIELDS[name].kind.name] | st.just(unknown)


CHECKED = st.fixed_dictionaries(
    {},
    optional={
        **{name: _value(name) for name in FIELDS},
        **{name: st.just("x") | st.just(UNKNOWN) for name in FILES},
        "__fingerprints": st.dictionaries(st.sampled_from(list(FILES)), st.text(max_size=70)),
        "submit": st.booleans() | st.just(UNKNOWN),
        "triggers": st.lists(st.integers(), max_size=2) | st.just(UNKNOWN),
        "deletion_policy": st.just("delete") | st.just(UNKNOWN),
        "existing_job_id": st.just("j") | st.just("k") | st.just(UNKNOWN),
    },
)
RECORDED = st.fixed_dictionaries(
    {},
    optional={
        **{name: _value(name, unknown=None) for name in FIELDS},
        "fingerprints": st.none()
        | st.dictionaries(st.sampled_from(list(FILES)), st.text(max_size=70)),
        "state": st.sampled_from(sorted(KNOWN)) | st.text(max_size=5),
        "pending": st.none()
        | st.lists(st.sampled_from(["upload cover", "submit", RECREATE, "odd"]), max_size=3),
        "__declared": st.none() | st.lists(st.sampled_from(list(FIELDS)), max_size=5),
        "triggers": st.none() | st.lists(st.integers(), max_size=2),
        "submit": st.booleans(),
        "job_id": st.just("j"),
    },
)


@settings(max_examples=300)
@given(RECORDED, CHECKED)
def test_nothing_makes_it_raise(old: dict[str, Any], new: dict[str, Any]) -> None:
    found = diff(old, new)
    assert set(found.replaces) <= {change.input for change in found.changes}
    assert found.changes == diff(old, new).changes


@given(st.lists(st.sampled_from(list(DECLARED)), unique=True), st.sampled_from(sorted(KNOWN)))
def test_what_was_just_declared_is_no_change(names: list[str], state: str) -> None:
    declared = {name: DECLARED[name] for name in names}
    old = job(state, **dict.fromkeys(FIELDS), submit=False)
    old |= declared | {"__declared": names}
    assert effects(old, {**declared, **MATERIAL, "submit": False, "__fingerprints": PRINTS}) == {}
