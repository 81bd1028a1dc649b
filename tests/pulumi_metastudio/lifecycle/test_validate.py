"""What is refused before anything is sent, and in which words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulumi_metastudio.lifecycle import BEHAVIOUR, FIELDS, FILES, UNKNOWN, normalised, problems

VOICE = {"job_tag": "NEWS", "sex": "MALE", "language": "CN"}
PLAIN = {"name": "n", "submit": False}


@pytest.fixture
def video(tmp_path: Path) -> str:
    path = tmp_path / "video.mp4"
    path.write_bytes(b"video")
    return str(path)


# Inputs beside a valid name, then the property and a piece of the reason. What is not about
# submission is checked with submit off, which needs no video.
BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"name": ""}, "name", "has 0 characters: it must have 1 to 256 characters"),
    ({"name": "n" * 257}, "name", "has 257 characters"),
    ({"name": 3}, "name", "is 3: it must be text"),
    ({"name": True}, "name", "is True: it must be text"),
    ({"name": ["n"]}, "name", "is ['n']: it must be text"),
    ({"contact": "1" * 65}, "contact", "has 65 characters: it must have 0 to 64 characters"),
    ({"contact": 13800000000}, "contact", "it must be text"),
    ({"batch_name": ""}, "batch_name", "has 0 characters"),
    ({"tags": "a"}, "tags", "is 'a': it must be a list of texts"),
    ({"tags": ["a", 1]}, "tags", "it must be a list of texts"),
    ({"is_flexus": "true"}, "is_flexus", "is 'true': it must be true or false"),
    ({"is_flexus": 1}, "is_flexus", "is 1: it must be true or false"),
    ({"is_background_replacement": "no"}, "is_background_replacement", "true or false"),
    ({"audio_source_type": "video"}, "audio_source_type", "choose one of VIDEO, AUDIO"),
    ({"model_version": "V4"}, "model_version", "is 'V4': choose one of V3.2, V3.3"),
    ({"supported_service": ["VIDEO_2D", "X"]}, "supported_service", "is 'X': choose one of"),
    ({"supported_service": "VIDEO_2D"}, "supported_service", "it must be a list of texts"),
    ({"app_user_id": ""}, "app_user_id", "has 0 characters"),
    ({"app_user_id": "a b"}, "app_user_id", "visible ASCII"),
    ({"app_user_id": "用户"}, "app_user_id", "visible ASCII"),
    ({"app_user_id": "a\r\nX-Evil: 1"}, "app_user_id", "visible ASCII"),
    ({"voice_properties": "NEWS"}, "voice_properties", "is 'NEWS': it must be an object"),
    (
        {"is_flexus": True, "voice_properties": {"sex": "MALE", "language": "CN"}},
        "voice_properties.job_tag",
        "is missing: choose one of ECOMMERCE, NEWS, MARKETING",
    ),
    (
        {"is_flexus": True, "voice_properties": {**VOICE, "sex": "male"}},
        "voice_properties.sex",
        "is 'male': choose one of FEMALE, MALE",
    ),
    (
        {"is_flexus": True, "voice_properties": {**VOICE, "pitch": 3}},
        "voice_properties.pitch",
        "is not known",
    ),
    ({"voice_properties": VOICE}, "voice_properties", "is for the Flexus edition only"),
    ({"is_only_human_model": True}, "is_only_human_model", "is for the Flexus edition only"),
    (
        {"is_flexus": True, "supported_service": ["VIDEO_2D", "LIVE_2D"]},
        "supported_service",
        "has LIVE_2D, but a Flexus avatar serves VIDEO_2D only",
    ),
    (
        {"is_fast_flexus": True, "supported_service": ["CHAT_2D"]},
        "supported_service",
        "has CHAT_2D",
    ),
    ({"audio_source_type": "AUDIO"}, "audio_source_type", "is AUDIO without an audio archive"),
    ({"submit": True}, "training_video", "is missing: a job without one cannot be submitted"),
    ({"submit": "yes"}, "submit", "is 'yes': it must be true or false"),
    ({"expose_download_urls": 1}, "expose_download_urls", "it must be true or false"),
    ({"deletion_policy": "keep"}, "deletion_policy", "choose one of retain-trained, delete"),
    ({"deletion_policy": ["delete"]}, "deletion_policy", "choose one of"),
    ({"existing_job_id": 5}, "existing_job_id", "it must be a job's id"),
    ({"existing_job_id": ""}, "existing_job_id", "it must be a job's id"),
    ({"existing_job_id": "../../v1/x"}, "existing_job_id", "it must be a job's id"),
    ({"existing_job_id": "a" * 65}, "existing_job_id", "it must be a job's id"),
    ({"nmae": "x"}, "nmae", "is not an input of a training job"),
    ({"cover": 3}, "cover", "must be a path, a URL, a FileAsset or a RemoteAsset"),
    ({"cover": "none.png"}, "cover", "no such file"),
    ({"cover": "nosuch://e/x.png"}, "cover", "nosuch"),
    ({"cover": "a\0b"}, "cover", "is not a path"),
]


@pytest.mark.parametrize(("inputs", "prop", "reason"), BAD)
def test_a_bad_input(inputs: dict[str, Any], prop: str, reason: str) -> None:
    found = problems({**PLAIN, **inputs})
    assert [p.property for p in found] == [prop]
    assert reason in found[0].reason
    assert "\n" not in found[0].reason
    assert len(found[0].reason) < 300


GOOD: list[dict[str, Any]] = [
    {},
    {"name": "n" * 256, "contact": "", "batch_name": "b", "tags": []},
    {"tags": ["a", "a,b", ""]},
    {"model_version": "V3.3", "is_fast_flexus": True},
    {"is_flexus": True, "voice_properties": VOICE, "is_only_human_model": True},
    {"is_flexus": True, "supported_service": ["VIDEO_2D"]},
    {"is_fast_flexus": True, "voice_properties": VOICE},
    {"supported_service": ["CHAT_2D", "VIDEO_2D", "LIVE_2D"]},
    {"app_user_id": "user-7_~!"},
    {"deletion_policy": "delete", "expose_download_urls": True, "triggers": {"a": [1]}},
    {"existing_job_id": "efc5300ecdba4ea48d1ff13a9d907bc0"},
    {"__urn": "urn:pulumi:s::p::t::n", "fingerprints": {"cover": "ab"}},
]


@pytest.mark.parametrize("inputs", GOOD)
def test_a_good_input(inputs: dict[str, Any]) -> None:
    assert problems({**PLAIN, **inputs}) == []


def test_a_complete_job(video: str) -> None:
    inputs = dict.fromkeys(FILES, video)
    assert problems({"name": "n", "audio_source_type": "AUDIO", **inputs}) == []


def test_a_name_is_needed_unless_a_job_is_taken_over() -> None:
    assert [p.property for p in problems({"submit": False})] == ["name"]
    assert problems({"existing_job_id": "j"}) == []


def test_all_problems_are_told_at_once() -> None:
    inputs = {
        "contact": 5,
        "is_flexus": "x",
        "cover": "none",
        "deletion_policy": "x",
        "voice_properties": {"job_tag": "x"},
        "odd": 1,
    }
    assert {p.property for p in problems(inputs)} == {
        *("name", "contact", "is_flexus", "cover", "deletion_policy", "odd"),
        *("voice_properties.job_tag", "voice_properties.sex", "voice_properties.language"),
    }


@pytest.mark.parametrize("name", [*FIELDS, *FILES, *BEHAVIOUR])
def test_a_value_that_is_not_known_yet_passes(name: str, video: str) -> None:
    assert problems({"name": "n", "training_video": video, name: UNKNOWN}) == []


@pytest.mark.parametrize(
    "inputs",
    [
        {"tags": ["a", UNKNOWN]},
        {"supported_service": [UNKNOWN]},
        {"is_flexus": True, "supported_service": [UNKNOWN, "VIDEO_2D"]},
        {"is_flexus": UNKNOWN, "voice_properties": VOICE, "is_only_human_model": True},
        {"is_flexus": True, "voice_properties": {**VOICE, "sex": UNKNOWN}},
    ],
)
def test_a_part_that_is_not_known_yet_passes(inputs: dict[str, Any]) -> None:
    assert problems({**PLAIN, **inputs}) == []


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"a": None, "b": 1}, {"b": 1}),
        ({"a": 3.0, "b": 3.5, "c": "3.0"}, {"a": 3, "b": 3.5, "c": "3.0"}),
        ({"a": False, "b": 0, "c": ""}, {"a": False, "b": 0, "c": ""}),
        ({"a": float("inf")}, {"a": float("inf")}),
    ],
)
def test_normalised(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    found = normalised(inputs)
    assert found == expected
    assert [type(v) for v in found.values()] == [type(v) for v in expected.values()]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(UNKNOWN),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from([*FIELDS, *FILES, *BEHAVIOUR, "odd", "__urn"])
# A text with a scheme might be asked for over the network, which is not what this is about.
OFFLINE = JSON.filter(lambda value: not (isinstance(value, str) and "://" in value))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(NAMES, OFFLINE, max_size=6))
def test_nothing_makes_it_raise(inputs: dict[str, Any]) -> None:
    for problem in problems(normalised(inputs)):
        assert isinstance(problem.property, str)
        assert problem.reason
        assert "\n" not in problem.reason
