"""Bodies of create and update."""

from __future__ import annotations

from typing import Any

from pulumi_metastudio.api import JobDetail
from pulumi_metastudio.lifecycle import FIELDS, Effect
from pulumi_metastudio.lifecycle.request_bodies import create_request, update_request

FULL: dict[str, Any] = {
    "name": "n",
    "contact": "138",
    "batch_name": "b",
    "tags": ["a"],
    "is_background_replacement": False,
    "is_fast_flexus": False,
    "audio_source_type": "VIDEO",
    "voice_properties": {"job_tag": "NEWS", "sex": "MALE", "language": "CN"},
    "supported_service": ["VIDEO_2D"],
    "model_version": "V3.2",
    "is_ondemand_resource": False,
    "is_flexus": True,
    "is_live_copy": False,
    "is_only_human_model": False,
}
BESIDE: dict[str, Any] = {
    "app_user_id": "u",
    "cover": "c.png",
    "submit": False,
    "__urn": "urn:x",
    "__fingerprints": {"cover": "ab"},
}


def now(**fields: Any) -> JobDetail:
    return JobDetail.model_validate({"job_id": "j", "name": "n", "state": "TRAINING", **fields})


def test_create_sends_every_declared_field_and_nothing_else() -> None:
    counts = {"video_multipart_count": 3}
    assert create_request({**FULL, **BESIDE}, counts).body() == {**FULL, **counts}
    assert set(FULL) | {"app_user_id"} == set(FIELDS)


def test_create_leaves_defaults_to_the_service() -> None:
    assert create_request({"name": "n"}, {}).body() == {"name": "n"}


def test_create_carries_the_ownership_tag() -> None:
    tag = "pulumi:p:s:0123456789ab"
    assert create_request({"name": "n"}, {}, [tag]).body()["tags"] == [tag]
    assert create_request({"name": "n", "tags": ["a"]}, {}, [tag]).body()["tags"] == ["a", tag]


def test_update_sends_the_complete_set_of_what_can_change() -> None:
    body = update_request({**FULL, **BESIDE}, {"video_multipart_count": 2}, now()).body()
    changeable = {n for n, f in FIELDS.items() if f.effect is Effect.UPDATE}
    assert body == {**{n: FULL[n] for n in changeable}, "video_multipart_count": 2}


def test_update_clears_what_is_declared_no_longer() -> None:
    removed = {"contact": "", "tags": (), "is_fast_flexus": False, "batch_name": None}
    body = update_request({"name": "n"}, {}, now(), removed).body()
    assert body == {"name": "n", "contact": "", "tags": [], "is_fast_flexus": False}


def test_update_keeps_the_ownership_tag() -> None:
    tag = "pulumi:p:s:0123456789ab"
    there = now(tags=["old", tag])
    assert update_request({"tags": ["new"]}, {}, there).body()["tags"] == ["new", tag]
    assert update_request({}, {}, there).body()["tags"] == ["old", tag]
    assert update_request({}, {}, there, {"tags": ()}).body()["tags"] == [tag]
