"""What is refused before anything is sent, and in which words."""

from __future__ import annotations

import shutil
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metastudio_emulator.samples import make_samples
from pulumi_metastudio.lifecycle import (
    BEHAVIOUR,
    FIELDS,
    FILES,
    UNKNOWN,
    Look,
    normalised,
    problems,
    warnings,
)
from pulumi_metastudio.lifecycle.ownership import Identity, owner_tag
from pulumi_metastudio.transfer import SourceCache

TAGS = Identity("urn:pulumi:s::p::t::n", "0" * 16).tags
ID2 = {"id_card_image2": "b"}
VOICE = {"job_tag": "NEWS", "sex": "MALE", "language": "CN"}
PLAIN = {"name": "n", "submit": False}


Film = Callable[..., Path]


@pytest.fixture
def video(film: Film) -> str:
    return str(film())


@pytest.fixture(scope="session")
def material(film: Film, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """All nine files, each what it is meant to be."""
    folder = tmp_path_factory.mktemp("material")
    for video in ("training_video.mp4", "action_video.mp4"):
        shutil.copy(film(), folder / video)  # samples that are there are kept
    return {name: str(path) for name, path in make_samples(folder).items()}


# Inputs beside a valid name, then the property and a piece of the reason. What is not about
# submission is checked with submit off, which needs no video.
BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"name": ""}, "name", "has 0 characters: it must have 1 to 256 characters"),
    ({"name": "n" * 257}, "name", "has 257 characters"),
    ({"name": 3}, "name", "is 3: it must be text"),
    ({"name": True}, "name", "is True: it must be text"),
    ({"name": ["n"]}, "name", "is ['n']: it must be text"),
    ({"contact": "1" * 65}, "contact", "has 65 characters: it must have 0 to 64 characters"),
    ({"contact": 13800000000}, "contact", "is int: it must be text"),
    ({"batch_name": ""}, "batch_name", "has 0 characters"),
    ({"tags": "a"}, "tags", "is 'a': it must be a list of texts"),
    ({"tags": ["a", 1]}, "tags", "it must be a list of texts"),
    ({"tags": [TAGS[0]]}, "tags", "marks its own jobs: remove it"),
    ({"tags": ["a", owner_tag("0" * 16)]}, "tags", "marks its own jobs: remove it"),
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
    ({"cover": 3}, "cover", "must be a path, a URL, a File, a FileAsset or a RemoteAsset"),
    ({"cover": "none.png"}, "cover", "no such file"),
    ({"cover": "a\nb.png"}, "cover", "'a b.png': no such file"),
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
    {"__urn": "urn:pulumi:s::p::t::n", "__fingerprints": {"cover": "ab"}},
]


@pytest.mark.parametrize("inputs", GOOD)
def test_a_good_input(inputs: dict[str, Any]) -> None:
    assert problems({**PLAIN, **inputs}) == []


def test_a_complete_job(material: dict[str, str]) -> None:
    assert set(material) == set(FILES)
    assert problems({"name": "n", "audio_source_type": "AUDIO", **material}) == []


@pytest.mark.parametrize("size", ["1920x1080", "1080x1920", "3840x2160", "2160x3840"])
@pytest.mark.parametrize("seconds", [180, 600])
def test_a_video_of_every_size_and_length_that_is_taken(
    film: Film, size: str, seconds: int
) -> None:
    video = str(film(size, seconds if size == "1920x1080" else 180))
    assert problems({"name": "n", "training_video": video, "action_video": video}) == []


@pytest.mark.parametrize("name", ["training_video", "action_video"])
@pytest.mark.parametrize(
    ("size", "seconds", "reasons"),
    [
        ("1920x1080", 179, ["lasts 2:59 minutes: the service takes 3 to 10 minutes; film more"]),
        ("1920x1080", 601, ["lasts 10:01 minutes: the service takes 3 to 10 minutes; cut it"]),
        ("1280x720", 200, ["is 1280x720: the service takes 1920x1080, 1080x1920, 3840x2160,"]),
        ("1920x1088", 200, ["is 1920x1088: the service takes"]),
        ("640x360", 5, ["is 640x360: the service takes", "lasts 0:05 minutes"]),
    ],
)
def test_a_video_that_the_review_would_refuse(
    film: Film, name: str, size: str, seconds: int, reasons: list[str]
) -> None:
    found = problems({**PLAIN, name: str(film(size, seconds))})
    assert [p.property for p in found] == [name] * len(reasons)
    for problem, reason in zip(found, reasons, strict=True):
        assert reason in problem.reason


@pytest.mark.parametrize("name", sorted(set(FILES) - {"grant_file"}))
def test_a_file_of_another_kind(name: str, material: dict[str, str]) -> None:
    kinds = {"training_video": "an MP4", "action_video": "an MP4", "audio": "a zip archive"}
    (found,) = problems({**PLAIN, name: material["cover" if name in kinds else "audio"]})
    assert found.property == name
    assert f"is not {kinds.get(name, 'a picture')}" in found.reason


def test_the_letter_may_be_any_document(tmp_path: Path) -> None:
    letter = tmp_path / "letter.pdf"
    letter.write_bytes(b"%PDF-1.7")
    assert problems({**PLAIN, "grant_file": str(letter)}) == []


def test_an_unchanged_file_is_not_opened_again(material: dict[str, str]) -> None:
    inputs = {"name": "n", **material}
    assert problems(inputs) == []
    opened: list[str] = []

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event == "open" and isinstance(arguments[0], (str, Path)):
            opened.append(str(arguments[0]))

    watching = True
    sys.addaudithook(note)  # for good, hence the switch
    try:
        assert problems(inputs) == []
    finally:
        watching = False
    assert set(opened).isdisjoint(material.values())
    watching = True
    assert (
        problems(inputs, Look(probes=SourceCache(Path(material["cover"]).parent / "empty.db")))
        == []
    )
    watching = False
    assert set(material.values()) - set(opened) == {material["grant_file"]}


def test_what_is_worth_a_second_look() -> None:
    plain = {"name": "n", "training_video": "v"}
    assert warnings(plain) == [
        "without id_card_image1, id_card_image2 and grant_file the review fails; only "
        "whitelisted tenants need none"
    ]
    assert "without grant_file the" in warnings({**plain, "id_card_image1": "a", **ID2})[0]
    reviewed = {**plain, **ID2, "id_card_image1": "a", "grant_file": UNKNOWN}
    assert warnings(reviewed) == []
    assert warnings({**plain, "submit": False}) == []
    assert warnings({**plain, "submit": UNKNOWN}) == []
    assert warnings({**plain, "existing_job_id": "j"}) == []


@pytest.mark.parametrize(
    ("version", "warned"),
    [("V2", True), ("V3", True), ("V3.2", False), ("V3.3", False), (UNKNOWN, False)],
)
def test_a_deprecated_version_is_allowed_and_warned_of(version: Any, warned: bool) -> None:
    inputs = {**PLAIN, "model_version": version}
    assert problems(inputs) == []
    warning = [f"model_version {version} is deprecated: choose V3.2 (the default) or V3.3"]
    assert warnings(inputs) == (warning if warned else [])


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
        *("name", "contact", "is_flexus", "cover", "deletion_policy", "odd", "training_video"),
        *("voice_properties.job_tag", "voice_properties.sex", "voice_properties.language"),
    }


def test_a_bad_file_hides_no_other_problem(film: Film, tmp_path: Path) -> None:
    (tmp_path / "empty.zip").touch()
    inputs = {
        "name": "n",
        "action_video": str(film("640x360", 5)),
        "audio": str(tmp_path / "empty.zip"),
        "cover": "none.png",
        "grant_file": "https:/127.0.0.1:1/letter.pdf?Signature=secret",
        "voice_properties": {**VOICE, "sex": "x"},
        "is_only_human_model": True,
        "supported_service": ["X", "LIVE_2D"],
    }
    found = problems(inputs)
    assert sorted(p.property for p in found) == [
        *("action_video", "action_video", "audio", "cover", "grant_file", "is_only_human_model"),
        *("supported_service", "training_video", "voice_properties.sex"),
    ]
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("name", "size", "reason"),
    [
        ("grant_file", 5 * 1000**3 + 1, "has 5000000001 bytes: the storage takes 5000000000;"),
        ("grant_file", 5 * 1000**3, ""),
        ("training_video", 5 * 1000**4 + 1, "has 5000000000001 bytes: the storage takes "),
    ],
)
def test_a_file_larger_than_the_storage_takes(
    name: str, size: int, reason: str, tmp_path: Path
) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.write(struct.pack(">I4s4s", 12, b"ftyp", b"isom"))
        file.truncate(size)
    reasons = [p.reason for p in problems({**PLAIN, name: str(tmp_path / "large")})]
    assert (reason in " ".join(reasons)) if reason else reasons == []


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
