"""Each switch of a profile, mostly by comparing both profiles."""

from __future__ import annotations

from pathlib import Path

import pytest

from metastudio_emulator import PROFILES, Profile

from ..clients import Api, StartEmulator, put


@pytest.fixture
def tutorial(start_emulator: StartEmulator, tmp_path: Path) -> Api:
    return Api(start_emulator(tmp_path / "tutorial", profile="tutorial"))


@pytest.fixture
def strict(start_emulator: StartEmulator, tmp_path: Path) -> Api:
    return Api(start_emulator(tmp_path / "strict", profile="strict"))


def reject_review(api: Api, job_id: str) -> None:
    api.emulator.control.set_state(job_id, "MANUAL_VERIFY_FAILED", reason="again")


def test_update_while_files_are_awaited(tutorial: Api, strict: Api) -> None:
    for api, status in ((tutorial, 200), (strict, 400)):
        job_id = api.create()["job_id"]
        assert api.call("PUT", f"/{job_id}", json={}).status_code == status


def test_fields_that_an_update_leaves_out(tutorial: Api, strict: Api) -> None:
    given = {"contact": "1", "tags": ["a"], "batch_name": "b", "is_background_replacement": False}
    for api, kept in ((tutorial, True), (strict, False)):
        job_id = api.submitted(**given)
        reject_review(api, job_id)
        api.update(job_id, name="new")
        detail = api.show(job_id)
        assert detail["name"] == "new"
        assert ("contact" in detail, "tags" in detail, "batch_name" in detail) == (kept,) * 3
        assert detail["is_background_replacement"] is not kept


def test_the_video_after_an_update(tutorial: Api, strict: Api) -> None:
    for api, kept in ((tutorial, True), (strict, False)):
        job_id = api.submitted()
        reject_review(api, job_id)
        urls = api.update(job_id)
        answer = api.command(job_id, "SUBMITVERIFYING")
        assert (answer["commond_result"] == "EXCUTE_SUCCESS") is kept
        if not kept:
            put(urls["training_video_upload_url"][0], b"again")
            api.command(job_id, "CONFIRM_MULTIPART_UPLOADED")
            api.command(job_id, "SUBMITVERIFYING")
        assert api.show(job_id)["state"] == "JOB_SUCCESS"


def test_uploading_parts_continues_after_an_update(tutorial: Api) -> None:
    first = tutorial.create(video_multipart_count=2)
    job_id = first["job_id"]
    put(first["training_video_upload_url"][0], b"one ")
    again = tutorial.update(job_id, video_multipart_count=2)
    listed = tutorial.command(job_id, "GET_MULTIPART_UPLOADED")["multipart_data"]
    assert [part["part_number"] for part in listed] == ["1"]
    put(again["training_video_upload_url"][1], b"two")
    answer = tutorial.command(job_id, "CONFIRM_MULTIPART_UPLOADED")
    assert answer["commond_result"] == "EXCUTE_SUCCESS"


def test_another_number_of_parts_starts_a_new_upload(tutorial: Api) -> None:
    first = tutorial.create(video_multipart_count=2)
    put(first["training_video_upload_url"][0], b"one")
    tutorial.update(first["job_id"], video_multipart_count=3)
    listed = tutorial.command(first["job_id"], "GET_MULTIPART_UPLOADED")["multipart_data"]
    assert listed == []


def test_the_state_after_an_update(tutorial: Api, strict: Api) -> None:
    for api, state in ((tutorial, "WAIT_FILE_UPLOAD"), (strict, "MANUAL_VERIFY_FAILED")):
        job_id = api.submitted()
        reject_review(api, job_id)
        api.update(job_id)
        assert api.show(job_id)["state"] == state


def test_a_job_that_does_not_exist(tutorial: Api, strict: Api) -> None:
    for api, status in ((tutorial, 404), (strict, 400)):
        for method, path in (("GET", ""), ("DELETE", ""), ("PUT", ""), ("POST", "/command")):
            answer = api.call(method, f"/none{path}", json={"command": "SUBMITVERIFYING"})
            assert answer.status_code == status
            assert answer.json()["error_code"].startswith("MSS.")


def test_order_and_filters_of_lists(tutorial: Api, strict: Api) -> None:
    for api, order, matches, until in ((tutorial, "21", 0, 0), (strict, "12", 2, 2)):
        for name, updated in (("1", "2024-03-01T10:00:00Z"), ("2", "2024-03-02T10:00:00Z")):
            job_id = api.create(name=f"job {name}")["job_id"]
            api.emulator.control.set_fields(job_id, last_update_time=updated)
        assert [job["name"][-1] for job in api.list()["jobs"]] == list(order)
        assert api.list(name="job")["count"] == matches
        assert api.list(update_until="2001-01-01T00:00:00Z")["count"] == until


def test_parts_that_are_too_small(strict: Api) -> None:
    urls = strict.create(video_multipart_count=2)
    for url in urls["training_video_upload_url"]:
        put(url, b"small")
    answer = strict.command(urls["job_id"], "CONFIRM_MULTIPART_UPLOADED")
    assert "102400" in answer["excute_failed_msg"]


def test_rules_of_the_editions(tutorial: Api, strict: Api) -> None:
    voice = {"job_tag": "NEWS", "sex": "MALE", "language": "CN"}
    for fields in (
        {"voice_properties": voice},
        {"is_only_human_model": True},
        {"is_flexus": True, "supported_service": ["LIVE_2D"]},
    ):
        body = {"name": "job", **fields}
        assert tutorial.call("POST", json=body).status_code == 200
        assert strict.call("POST", json=body).status_code == 400


def test_ultra_fast_flexus_is_flexus(start_emulator: StartEmulator) -> None:
    strict = Api(start_emulator(profile="strict,update_while_waiting=true"))
    voice = {"job_tag": "NEWS", "sex": "MALE", "language": "CN"}
    for fields in ({"voice_properties": voice}, {"is_only_human_model": True}):
        strict.create(is_fast_flexus=True, **fields)
    body = {"name": "job", "is_fast_flexus": True, "supported_service": ["LIVE_2D"]}
    assert strict.call("POST", json=body).status_code == 400

    job_id = strict.create(is_fast_flexus=True)["job_id"]
    detail = strict.show(job_id)
    assert (detail["supported_service"], detail["flexus_retry_count"]) == (["VIDEO_2D"], 3)
    for change, status in (
        ({"is_fast_flexus": True, "voice_properties": voice}, 200),
        ({"is_fast_flexus": True, "supported_service": ["LIVE_2D"]}, 400),
        # In this profile, the omitted field is reset: the job is of the standard edition again.
        ({"voice_properties": voice}, 400),
        ({}, 200),
    ):
        assert strict.call("PUT", f"/{job_id}", json=change).status_code == status, change
    assert strict.show(job_id)["supported_service"] == ["VIDEO_2D", "LIVE_2D"]


def test_single_switches_combine_with_a_profile(start_emulator: StartEmulator) -> None:
    api = Api(start_emulator(profile="strict,update_while_waiting=true,unique_names=true"))
    job_id = api.create(name="one")["job_id"]
    api.update(job_id)
    answer = api.call("POST", json={"name": "one"})
    assert answer.json()["error_code"] == "MSS.10001005"


def test_urls_only_for_requested_files(start_emulator: StartEmulator) -> None:
    api = Api(start_emulator(profile="tutorial,all_upload_urls=false"))
    plain = {name for name in api.create() if name.endswith("_url")}
    assert plain == {
        "training_video_upload_url",
        "cover_upload_url",
        "id_card_image1_upload_url",
        "id_card_image2_upload_url",
        "grant_file_upload_url",
    }
    more = api.create(audio_source_type="AUDIO", action_video_multipart_count=2)
    assert {"audio_upload_url", "action_video_upload_url"} <= more.keys()


def test_named_profiles() -> None:
    assert Profile.parse("strict") == PROFILES["strict"]
    assert Profile.parse("strict, unknown_job_status=404").unknown_job_status == 404


@pytest.mark.parametrize(
    "text", ["", "lenient", "strict,x=true", "strict,unique_names=1", "strict,unknown_job_status=5"]
)
def test_invalid_profiles_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="profile"):
        Profile.parse(text)
