"""Videos uploaded in parts, and their confirmation."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from ..clients import Api, put


@pytest.fixture
def urls(api: Api) -> dict[str, Any]:
    return api.create(video_multipart_count=3, action_video_multipart_count=2)


def test_the_parts_that_arrived_are_listed(api: Api, urls: dict[str, Any]) -> None:
    job_id = urls["job_id"]
    assert api.command(job_id, "GET_MULTIPART_UPLOADED")["multipart_data"] == []
    put(urls["training_video_upload_url"][2], b"three")
    put(urls["training_video_upload_url"][0], b"one")
    assert api.command(job_id, "GET_MULTIPART_UPLOADED")["multipart_data"] == [
        {"part_number": "1", "etag": f'"{hashlib.md5(b"one").hexdigest()}"'},
        {"part_number": "3", "etag": f'"{hashlib.md5(b"three").hexdigest()}"'},
    ]


def test_confirmation_names_the_missing_parts(api: Api, urls: dict[str, Any]) -> None:
    put(urls["training_video_upload_url"][1], b"two")
    answer = api.command(urls["job_id"], "CONFIRM_MULTIPART_UPLOADED")
    assert answer["commond_result"] == "EXCUTE_FAILED"
    assert "1, 3" in answer["excute_failed_msg"]
    assert answer["error_info"]["error_msg"] == answer["excute_failed_msg"]


def test_confirmation_joins_the_parts_in_their_order(api: Api, urls: dict[str, Any]) -> None:
    for number in (2, 0, 1):
        put(urls["training_video_upload_url"][number], f"<{number}>".encode() * 100)
    answer = api.command(urls["job_id"], "CONFIRM_MULTIPART_UPLOADED")
    assert answer == {"commond_result": "EXCUTE_SUCCESS"}
    stored = api.emulator.control.objects(urls["job_id"])["training_video"]
    whole = b"<0>" * 100 + b"<1>" * 100 + b"<2>" * 100
    assert stored["sha256"] == hashlib.sha256(whole).hexdigest()
    record = api.emulator.control.job(urls["job_id"])
    assert record["part_uploads"]["training_video"] == {"1": 1, "2": 1, "3": 1}
    assert record["multipart_uploads"]["training_video"]["completed"]


def test_confirming_twice_changes_nothing(api: Api, urls: dict[str, Any]) -> None:
    for url in urls["training_video_upload_url"]:
        put(url, b"part")
    for _ in range(2):
        answer = api.command(urls["job_id"], "CONFIRM_MULTIPART_UPLOADED")
        assert answer["commond_result"] == "EXCUTE_SUCCESS"


def test_the_action_video_has_its_own_parts(api: Api, urls: dict[str, Any]) -> None:
    job_id = urls["job_id"]
    failed = api.command(job_id, "CONFIRM_ACTION_VIDEO_MULTIPART_UPLOADED")
    assert failed["commond_result"] == "EXCUTE_FAILED"
    for url in urls["action_video_upload_url"]:
        put(url, b"act")
    listed = api.command(job_id, "GET_ACTION_VIDEO_MULTIPART_UPLOADED")["multipart_data"]
    assert [part["part_number"] for part in listed] == ["1", "2"]
    done = api.command(job_id, "CONFIRM_ACTION_VIDEO_MULTIPART_UPLOADED")
    assert done["commond_result"] == "EXCUTE_SUCCESS"
    assert api.emulator.control.objects(job_id)["action_video"]["size"] == 6


def test_a_part_url_of_a_completed_upload_is_refused(api: Api) -> None:
    urls = api.create()
    again = api.update(urls["job_id"])
    put(urls["training_video_upload_url"][0], b"part")
    api.command(urls["job_id"], "CONFIRM_MULTIPART_UPLOADED")
    answer = put(again["training_video_upload_url"][0], b"late")
    assert answer.status_code == 404
    assert "NoSuchUpload" in answer.text


def test_videos_can_be_deleted(api: Api, urls: dict[str, Any]) -> None:
    for url in urls["training_video_upload_url"]:
        put(url, b"part")
    api.command(urls["job_id"], "CONFIRM_MULTIPART_UPLOADED")
    assert api.command(urls["job_id"], "DELETE_JOB_VIDEO")["commond_result"] == "EXCUTE_SUCCESS"
    assert "training_video" not in api.emulator.control.objects(urls["job_id"])
    assert api.command(urls["job_id"], "SUBMITVERIFYING")["commond_result"] == "EXCUTE_FAILED"
