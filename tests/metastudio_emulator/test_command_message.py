"""What an upload is for: command_message on create, update and command."""

import pytest

ACTION = ("GET_ACTION_VIDEO_MULTIPART", "CONFIRM_ACTION_VIDEO")
OF_THE_TRAINING_VIDEO = ("GET_MULTIPART_UPLOADED", "CONFIRM_MULTIPART_UPLOADED")
OF_THE_ACTION_VIDEO = (
    "GET_ACTION_VIDEO_MULTIPART_UPLOADED",
    "CONFIRM_ACTION_VIDEO_MULTIPART_UPLOADED",
)


def refusal(answer):
    return answer.status_code, answer.json()["error_code"]


def heard(api, job_id):
    record = api.emulator.control.job(job_id)
    return record["command_message"], record["command_messages"]


@pytest.fixture(params=["tutorial", "strict,update_while_waiting=true"])
def either(request, start, api_for):
    return api_for(start(profile=request.param))


@pytest.mark.parametrize("value", ["SHOUT", "", "upload_video", 1])
def test_an_unknown_value_is_refused_everywhere(api, value):
    job_id = api.create()["job_id"]
    more = {"command_message": value}
    assert refusal(api.call("POST", json={"name": "n", **more})) == (400, "MSS.00000003")
    assert refusal(api.call("PUT", f"/{job_id}", json=more)) == (400, "MSS.00000003")
    body = {"command": "GET_MULTIPART_UPLOADED", **more}
    assert refusal(api.call("POST", f"/{job_id}/command", json=body)) == (400, "MSS.00000003")
    assert heard(api, job_id) == (None, {})


def test_a_replaced_training_video_is_dropped_whatever_the_profile_keeps(either, put):
    urls = either.create(video_multipart_count=2, action_video_multipart_count=2)
    job_id = urls["job_id"]
    for url in urls["training_video_upload_url"]:
        put(url, b"old")
    either.command(job_id, "CONFIRM_MULTIPART_UPLOADED")
    body = {"command_message": "UPDATE_VIDEO", "video_multipart_count": 1}
    again = either.call("PUT", f"/{job_id}", json=body).json()

    assert "training_video" not in either.emulator.control.objects(job_id)
    assert either.command(job_id, "GET_MULTIPART_UPLOADED")["multipart_data"] == []
    assert either.show(job_id)["operation_logs"][-1]["log_type"] == "USER_UPDATE_VIDEO"
    assert either.command(job_id, "SUBMITVERIFYING")["commond_result"] == "EXCUTE_FAILED"
    (url,) = again["training_video_upload_url"]
    put(url, b"new")
    either.command(job_id, "CONFIRM_MULTIPART_UPLOADED")
    assert either.emulator.control.objects(job_id)["training_video"]["size"] == 3


def test_parts_of_a_replaced_video_are_dropped_too(api, put):
    urls = api.create(video_multipart_count=2, action_video_multipart_count=2)
    job_id = urls["job_id"]
    put(urls["training_video_upload_url"][0], b"old")
    put(urls["action_video_upload_url"][0], b"action")
    body = {"command_message": "UPDATE_VIDEO", "video_multipart_count": 2}
    assert api.call("PUT", f"/{job_id}", json=body).status_code == 200
    assert api.command(job_id, "GET_MULTIPART_UPLOADED")["multipart_data"] == []
    # The other video is none of its business.
    assert len(api.command(job_id, OF_THE_ACTION_VIDEO[0])["multipart_data"]) == 1
    late = put(urls["training_video_upload_url"][1], b"late")
    assert late.status_code == 404


@pytest.mark.parametrize(
    ("command", "value"),
    [(command, value) for command in OF_THE_TRAINING_VIDEO for value in ACTION]
    + [(command, "UPDATE_VIDEO") for command in OF_THE_ACTION_VIDEO],
)
def test_a_value_of_the_other_video_is_refused(api, put, command, value):
    urls = api.create()
    for kind in ("training_video", "action_video"):
        put(urls[f"{kind}_upload_url"][0], b"video")
    body = {"command": command, "command_message": value}
    answer = api.call("POST", f"/{urls['job_id']}/command", json=body)
    assert refusal(answer) == (400, "MSS.00000003")
    assert value in answer.json()["error_msg"]
    assert api.emulator.control.objects(urls["job_id"]) == {}
    assert heard(api, urls["job_id"]) == (None, {})


@pytest.mark.parametrize("value", [None, "UPLOAD_VIDEO"])
@pytest.mark.parametrize("command", [*OF_THE_TRAINING_VIDEO, *OF_THE_ACTION_VIDEO])
def test_the_default_goes_with_both_videos(api, put, command, value):
    urls = api.create()
    for kind in ("training_video", "action_video"):
        put(urls[f"{kind}_upload_url"][0], b"video")
    answer = api.command(urls["job_id"], command, command_message=value)
    assert answer["commond_result"] == "EXCUTE_SUCCESS"


def test_the_last_values_are_in_the_jobs_record(api, put):
    urls = api.create()
    job_id = urls["job_id"]
    assert heard(api, job_id) == (None, {})
    api.call("PUT", f"/{job_id}", json={"command_message": "UPDATE_VIDEO"})
    assert heard(api, job_id) == ("UPDATE_VIDEO", {"update": "UPDATE_VIDEO"})
    body = {"command_message": "GET_ACTION_VIDEO_MULTIPART"}
    urls = api.call("PUT", f"/{job_id}", json=body).json()
    put(urls["action_video_upload_url"][0], b"action")
    for command, value in zip(OF_THE_ACTION_VIDEO, ACTION, strict=True):
        answer = api.command(job_id, command, command_message=value)
        assert answer["commond_result"] == "EXCUTE_SUCCESS"
    api.command(job_id, "SUBMITVERIFYING")  # brings none, and so changes nothing
    last, all_of_them = heard(api, job_id)
    assert last == "CONFIRM_ACTION_VIDEO"
    assert all_of_them == {
        "update": "GET_ACTION_VIDEO_MULTIPART",
        **dict(zip(OF_THE_ACTION_VIDEO, ACTION, strict=True)),
    }


def test_create_may_ask_for_the_action_video(start, api_for):
    api = api_for(start(profile="tutorial,all_upload_urls=false"))
    urls = api.create(command_message="GET_ACTION_VIDEO_MULTIPART")
    assert len(urls["action_video_upload_url"]) == 1
    assert heard(api, urls["job_id"])[1] == {"create": "GET_ACTION_VIDEO_MULTIPART"}
