"""What create, update and delete do, and what Show returns."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..clients import Api, error_of, get_with_token, put


def test_defaults_are_filled_in(api: Api) -> None:
    urls = api.create()
    assert len(urls["job_id"]) == 32
    assert len(urls["training_video_upload_url"]) == 1
    detail = api.show(urls["job_id"])
    assert detail["state"] == "WAIT_FILE_UPLOAD"
    assert detail["model_version"] == "V3.2"
    assert detail["matting_type"] == "AI"
    assert detail["model_resolution"] == "1080P"
    assert detail["supported_service"] == ["VIDEO_2D", "LIVE_2D"]
    assert detail["is_background_replacement"] is True
    assert detail["audio_source_type"] == "VIDEO"
    assert detail["verify_video_download_url"] == "null"
    assert "contact" not in detail
    assert "app_user_id" not in detail


def test_every_answer_has_a_request_id(api: Api) -> None:
    seen = {api.call("GET").headers["X-Request-Id"] for _ in range(2)}
    assert len(seen) == 2


def test_unknown_fields_are_ignored(api: Api) -> None:
    assert "colour" not in api.show(api.create(colour="blue")["job_id"])


def test_the_path_prefix_of_the_documented_examples_works(api: Api) -> None:
    url = api.jobs_url.replace("/v1/", "/rest/v1/")
    assert get_with_token(url, api.token()).json() == {"count": 0, "jobs": []}


def test_an_update_changes_only_the_given_fields(api: Api) -> None:
    job_id = api.create(contact="1", tags=["a"], batch_name="b")["job_id"]
    sample = {"action_tag": "wave", "is_selected": False}
    updated = api.update(job_id, contact="2", tags=[], samples_basic_info=[sample])
    assert updated["job_id"] == job_id
    detail = api.show(job_id)
    assert (detail["contact"], detail["tags"], detail["batch_name"]) == ("2", [], "b")
    assert detail["samples"] == [sample]


def test_an_update_ignores_fields_of_create_alone(api: Api) -> None:
    job_id = api.create()["job_id"]
    api.update(job_id, model_version="V3.3", is_flexus=True)
    detail = api.show(job_id)
    assert (detail["model_version"], detail["is_flexus"]) == ("V3.2", False)


def test_a_running_job_cannot_be_updated(api: Api) -> None:
    assert error_of(api.call("PUT", f"/{api.submitted()}", json={})) == (400, "MSS.00000003")


@pytest.mark.parametrize(
    ("state", "deletable"),
    [
        ("WAIT_FILE_UPLOAD", True),
        ("MANUAL_VERIFYING", True),
        ("JOB_SUCCESS", True),
        ("TRAIN_FAILED", True),
        ("AUTO_VERIFYING", False),
        ("TRAINING", False),
        ("JOB_PENDING", False),
        ("SOMETHING_NEW", False),
    ],
)
def test_deletion_depends_on_the_state(api: Api, state: str, deletable: bool) -> None:
    job_id = api.create()["job_id"]
    api.emulator.control.set_state(job_id, state)
    answer = api.call("DELETE", f"/{job_id}")
    assert answer.status_code == (200 if deletable else 400)
    assert api.list()["count"] == (0 if deletable else 1)
    if deletable:
        assert answer.content == b""


def test_deletion_includes_files_and_urls(api: Api, tmp_path: Path) -> None:
    urls = api.create()
    put(urls["cover_upload_url"], b"1")
    api.call("DELETE", f"/{urls['job_id']}")
    assert list((tmp_path / "data" / "objects").iterdir()) == []
    assert put(urls["grant_file_upload_url"], b"").status_code == 403
