"""The field command_message of create, update and command."""

from __future__ import annotations

import pytest

from ..clients import Api, StartEmulator, error_of, put

ACTION_MESSAGES = ("GET_ACTION_VIDEO_MULTIPART", "CONFIRM_ACTION_VIDEO")
TRAINING_COMMANDS = ("GET_MULTIPART_UPLOADED", "CONFIRM_MULTIPART_UPLOADED")
ACTION_COMMANDS = (
    "GET_ACTION_VIDEO_MULTIPART_UPLOADED",
    "CONFIRM_ACTION_VIDEO_MULTIPART_UPLOADED",
)


def recorded_messages(api: Api, job_id: str) -> tuple[str | None, dict[str, str]]:
    record = api.emulator.control.job(job_id)
    return record["command_message"], record["command_messages"]


@pytest.fixture(params=["tutorial", "strict,update_while_waiting=true"])
def api_in_each_profile(request: pytest.FixtureRequest, start_emulator: StartEmulator) -> Api:
    return Api(start_emulator(profile=request.param))


@pytest.mark.parametrize("value", ["SHOUT", "", "upload_video", 1])
def test_an_unknown_value_is_refused_everywhere(api: Api, value: int | str) -> None:
    job_id = api.create()["job_id"]
    more = {"command_message": value}
    assert error_of(api.call("POST", json={"name": "n", **more})) == (400, "MSS.00000003")
    assert error_of(api.call("PUT", f"/{job_id}", json=more)) == (400, "MSS.00000003")
    body = {"command": "GET_MULTIPART_UPLOADED", **more}
    assert error_of(api.call("POST", f"/{job_id}/command", json=body)) == (400, "MSS.00000003")
    assert recorded_messages(api, job_id) == (None, {})


def test_a_replaced_training_video_is_deleted_in_each_profile(api_in_each_profile: Api) -> None:
    urls = api_in_each_profile.create(video_multipart_count=2, action_video_multipart_count=2)
    job_id = urls["job_id"]
    for url in urls["training_video_upload_url"]:
        put(url, b"old")
    api_in_each_profile.command(job_id, "CONFIRM_MULTIPART_UPLOADED")
    body = {"command_message": "UPDATE_VIDEO", "video_multipart_count": 1}
    again = api_in_each_profile.call("PUT", f"/{job_id}", json=body).json()

    assert "training_video" not in api_in_each_profile.emulator.control.objects(job_id)
    assert api_in_each_profile.command(job_id, "GET_MULTIPART_UPLOADED")["multipart_data"] == []
    assert api_in_each_profile.show(job_id)["operation_logs"][-1]["log_type"] == "USER_UPDATE_VIDEO"
    assert (
        api_in_each_profile.command(job_id, "SUBMITVERIFYING")["commond_result"] == "EXCUTE_FAILED"
    )
    put(again["training_video_upload_url"][0], b"new")
    api_in_each_profile.command(job_id, "CONFIRM_MULTIPART_UPLOADED")
    assert api_in_each_profile.emulator.control.objects(job_id)["training_video"]["size"] == 3


def test_parts_of_a_replaced_video_are_deleted(api: Api) -> None:
    urls = api.create(video_multipart_count=2, action_video_multipart_count=2)
    job_id = urls["job_id"]
    put(urls["training_video_upload_url"][0], b"old")
    put(urls["action_video_upload_url"][0], b"action")
    body = {"command_message": "UPDATE_VIDEO", "video_multipart_count": 2}
    assert api.call("PUT", f"/{job_id}", json=body).status_code == 200
    assert api.command(job_id, "GET_MULTIPART_UPLOADED")["multipart_data"] == []
    # The other video keeps its parts.
    assert len(api.command(job_id, ACTION_COMMANDS[0])["multipart_data"]) == 1
    late = put(urls["training_video_upload_url"][1], b"late")
    assert late.status_code == 404


@pytest.mark.parametrize(
    ("command", "value"),
    [(command, value) for command in TRAINING_COMMANDS for value in ACTION_MESSAGES]
    + [(command, "UPDATE_VIDEO") for command in ACTION_COMMANDS],
)
def test_a_value_of_the_other_video_is_refused(api: Api, command: str, value: str) -> None:
    urls = api.create()
    for kind in ("training_video", "action_video"):
        put(urls[f"{kind}_upload_url"][0], b"video")
    body = {"command": command, "command_message": value}
    answer = api.call("POST", f"/{urls['job_id']}/command", json=body)
    assert error_of(answer) == (400, "MSS.00000003")
    assert value in answer.json()["error_msg"]
    assert api.emulator.control.objects(urls["job_id"]) == {}
    assert recorded_messages(api, urls["job_id"]) == (None, {})


@pytest.mark.parametrize("value", [None, "UPLOAD_VIDEO"])
@pytest.mark.parametrize("command", [*TRAINING_COMMANDS, *ACTION_COMMANDS])
def test_the_default_is_accepted_for_both_videos(api: Api, command: str, value: str | None) -> None:
    urls = api.create()
    for kind in ("training_video", "action_video"):
        put(urls[f"{kind}_upload_url"][0], b"video")
    answer = api.command(urls["job_id"], command, command_message=value)
    assert answer["commond_result"] == "EXCUTE_SUCCESS"


def test_the_job_record_has_the_latest_messages(api: Api) -> None:
    urls = api.create()
    job_id = urls["job_id"]
    assert recorded_messages(api, job_id) == (None, {})
    api.call("PUT", f"/{job_id}", json={"command_message": "UPDATE_VIDEO"})
    assert recorded_messages(api, job_id) == ("UPDATE_VIDEO", {"update": "UPDATE_VIDEO"})
    body = {"command_message": "GET_ACTION_VIDEO_MULTIPART"}
    urls = api.call("PUT", f"/{job_id}", json=body).json()
    put(urls["action_video_upload_url"][0], b"action")
    for command, value in zip(ACTION_COMMANDS, ACTION_MESSAGES, strict=True):
        answer = api.command(job_id, command, command_message=value)
        assert answer["commond_result"] == "EXCUTE_SUCCESS"
    api.command(job_id, "SUBMITVERIFYING")  # without a command_message
    last, all_of_them = recorded_messages(api, job_id)
    assert last == "CONFIRM_ACTION_VIDEO"
    assert all_of_them == {
        "update": "GET_ACTION_VIDEO_MULTIPART",
        **dict(zip(ACTION_COMMANDS, ACTION_MESSAGES, strict=True)),
    }


def test_create_can_ask_for_urls_of_the_action_video(start_emulator: StartEmulator) -> None:
    api = Api(start_emulator(profile="tutorial,all_upload_urls=false"))
    urls = api.create(command_message="GET_ACTION_VIDEO_MULTIPART")
    assert len(urls["action_video_upload_url"]) == 1
    assert recorded_messages(api, urls["job_id"])[1] == {"create": "GET_ACTION_VIDEO_MULTIPART"}
