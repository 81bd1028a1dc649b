"""Invalid requests are refused in the format of the service, and change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from metastudio_emulator import Emulator

from ..clients import Api, error_of, get_with_token


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One emulator for all tests here, none of which changes anything."""
    with Emulator(tmp_path_factory.mktemp("data")) as shared:
        yield shared


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
def test_an_invalid_field_is_refused(api: Api, fields: dict[str, Any]) -> None:
    answer = api.call("POST", json={"name": "job", **fields})
    assert error_of(answer) == (400, "MSS.00000003")
    assert api.list()["count"] == 0


def test_a_body_that_is_not_json_is_refused(api: Api) -> None:
    assert error_of(api.call("POST", data=b"{")) == (400, "MSS.10000002")


def test_a_body_beyond_12_mb_is_refused_by_the_gateway(api: Api) -> None:
    answer = api.call("POST", data=b" " * (12 * 1024 * 1024 + 1))
    assert error_of(answer) == (413, "APIGW.0201")


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
def test_every_operation_validates_the_app_user_id(
    api: Api, method: str, path: str, value: Any
) -> None:
    body = {"name": "job", "command": "SUBMITVERIFYING"}
    answer = api.call(method, path, json=body, headers={"X-App-UserId": value})
    assert error_of(answer) == (400, "MSS.00000003")
    assert "X-App-UserId" in answer.json()["error_msg"]


def test_credentials_are_checked_before_the_app_user_id(api: Api) -> None:
    answer = requests.get(api.jobs_url, headers={"X-App-UserId": ""}, timeout=30)
    assert error_of(answer) == (401, "APIGW.0301")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v3/nothing", 404),
        ("PUT", "/v3/auth/tokens", 405),
        ("GET", "/v3/projects", 401),
    ],
)
def test_errors_of_the_identity_service_have_its_own_format(
    emulator: Emulator, method: str, path: str, status: int
) -> None:
    answer = requests.request(method, emulator.iam_endpoint + path, timeout=30)
    assert answer.status_code == answer.json()["error"]["code"] == status


def test_errors_of_the_storage_have_its_own_format(emulator: Emulator) -> None:
    for method, path, code in (
        ("POST", "/obs/a/b", "MethodNotAllowed"),
        ("GET", "/obs/a/b/c/d", "NoSuchKey"),
    ):
        answer = requests.request(method, emulator.endpoint + path, timeout=30)
        assert f"<Code>{code}</Code>" in answer.text


def test_the_gateway_refuses_an_unknown_path(api: Api) -> None:
    answer = api.call("GET", "/a/b/c")
    assert error_of(answer) == (404, "APIGW.0101")
    assert "request_id" in answer.json()
    assert error_of(api.call("PATCH")) == (404, "APIGW.0101")


def test_the_encrypted_download_is_always_refused(api: Api) -> None:
    url = f"{api.emulator.endpoint}/v1/digital-human-training-manage/user/encrypt-file-download"
    assert error_of(get_with_token(url, api.token())) == (400, "MSS.00000003")
