"""Requests that are refused, and leave nothing behind."""

import pytest
import requests

from metastudio_emulator import Emulator


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    """One for the whole module: no request here changes anything."""
    with Emulator(tmp_path_factory.mktemp("data")) as shared:
        yield shared


def refusal(answer):
    return answer.status_code, answer.json()["error_code"]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "x" * 257},
        {"name": 5},
        {"name": None},
        {"contact": "1" * 65},
        {"batch_name": ""},
        {"tags": "a"},
        {"tags": [1]},
        {"video_multipart_count": 0},
        {"video_multipart_count": 1001},
        {"video_multipart_count": "2"},
        {"action_video_multipart_count": True},
        {"is_flexus": "true"},
        {"model_version": "V9"},
        {"audio_source_type": "RADIO"},
        {"command_message": "SHOUT"},
        {"supported_service": ["TEXT"]},
        {"voice_properties": {"job_tag": "NEWS", "sex": "MALE"}},
        {"voice_properties": {"job_tag": "NEWS", "sex": "X", "language": "CN"}},
    ],
)
def test_a_field_out_of_range_is_refused(api, fields):
    answer = api.call("POST", json={"name": "job", **fields})
    assert refusal(answer) == (400, "MSS.00000003")
    assert api.list()["count"] == 0


def test_a_body_that_is_not_json_is_refused(api):
    assert refusal(api.call("POST", data=b"{")) == (400, "MSS.10000002")


def test_a_body_beyond_12_mb_is_refused_by_the_gateway(api):
    answer = api.call("POST", data=b" " * (12 * 1024 * 1024 + 1))
    assert refusal(answer) == (413, "APIGW.0201")


@pytest.mark.parametrize("value", ["", "x" * 257, "用户".encode()])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", ""),
        ("GET", ""),
        ("GET", "/none"),
        ("PUT", "/none"),
        ("DELETE", "/none"),
        ("POST", "/none/command"),
    ],
)
def test_the_user_id_of_an_application_is_checked_on_every_operation(api, method, path, value):
    body = {"name": "job", "command": "SUBMITVERIFYING"}
    answer = api.call(method, path, json=body, headers={"X-App-UserId": value})
    assert refusal(answer) == (400, "MSS.00000003")
    assert "X-App-UserId" in answer.json()["error_msg"]


def test_credentials_come_before_the_user_id_of_an_application(api):
    answer = requests.get(api.jobs_url, headers={"X-App-UserId": ""}, timeout=30)
    assert refusal(answer) == (401, "APIGW.0301")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v3/nothing", 404),
        ("PUT", "/v3/auth/tokens", 405),
        ("GET", "/v3/projects", 401),
    ],
)
def test_the_identity_service_refuses_in_its_own_form(emulator, method, path, status):
    answer = requests.request(method, emulator.iam_endpoint + path, timeout=30)
    assert answer.status_code == answer.json()["error"]["code"] == status


def test_the_storage_refuses_in_its_own_form(emulator):
    for method, path, code in (
        ("POST", "/obs/a/b", "MethodNotAllowed"),
        ("GET", "/obs/a/b/c/d", "NoSuchKey"),
    ):
        answer = requests.request(method, emulator.endpoint + path, timeout=30)
        assert f"<Code>{code}</Code>" in answer.text


def test_an_unknown_path_is_the_gateways_to_refuse(api):
    answer = api.call("GET", "/a/b/c")
    assert refusal(answer) == (404, "APIGW.0101")
    assert "request_id" in answer.json()
    assert refusal(api.call("PATCH")) == (404, "APIGW.0101")


def test_the_encrypted_download_hands_out_nothing(api):
    url = f"{api.emulator.endpoint}/v1/digital-human-training-manage/user/encrypt-file-download"
    token = api.token().headers["X-Subject-Token"]
    answer = requests.get(url, headers={"X-Auth-Token": token}, timeout=30)
    assert refusal(answer) == (400, "MSS.00000003")
