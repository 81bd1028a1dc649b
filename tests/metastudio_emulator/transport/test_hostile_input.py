"""Requests of attackers and broken clients are refused, and cost little memory."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit
from xml.etree import ElementTree

import psutil
import pytest
import requests
from huaweicloudsdkcore.signer.signer import Signer
from huaweicloudsdkmetastudio.v1 import List2dModelTrainingJobRequest, MetaStudioClient

from metastudio_emulator import Emulator, EmulatorError

from ...fuzz.raw_http import RawAnswer, request_head, send_raw
from ..clients import Api, error_of, put, vendor_error

MEGABYTE = 1024 * 1024
CHUNK = b"100000\r\n" + b" " * MEGABYTE + b"\r\n"
SeparateProcess = tuple[dict[str, str], psutil.Process]


def raw_error_of(answer: RawAnswer) -> tuple[str, str]:
    """HTTP status and error_code."""
    return answer.status, json.loads(answer.body)["error_code"]


def post_head(path: str, **headers: str) -> bytes:
    """First line and headers of a POST; underscores in their names stand for hyphens."""
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return request_head("POST", path, [("Host", "localhost"), *named])


@pytest.fixture
def jobs_path(api: Api) -> str:
    return urlsplit(api.jobs_url).path


@pytest.fixture
def separate_process(tmp_path: Path) -> Iterator[SeparateProcess]:
    """An emulator in its own process, whose memory can be measured."""
    process = subprocess.Popen(
        [sys.executable, "-m", "metastudio_emulator", "--data", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    with process:
        yield json.loads(process.stdout.readline()), psutil.Process(process.pid)
        process.terminate()


@pytest.mark.parametrize("headers", [{}, {"X_Auth_Token": "invented"}])
@pytest.mark.parametrize("route", ["", "/none/command"])
def test_the_body_of_an_unauthenticated_request_is_not_kept(
    separate_process: SeparateProcess, route: str, headers: dict[str, str]
) -> None:
    info, process = separate_process
    path = f"/v1/{info['project_id']}/digital-human-training-manage/user/jobs{route}"
    before = process.memory_info().rss
    head = post_head(path, Transfer_Encoding="chunked", **headers)
    answer = send_raw(info["endpoint"], head, *[CHUNK] * 128, b"0\r\n\r\n")
    assert raw_error_of(answer) == ("401", "APIGW.0301")
    assert process.memory_info().rss - before < 32 * MEGABYTE


def test_the_identity_service_limits_bodies(separate_process: SeparateProcess) -> None:
    info, process = separate_process
    before = process.memory_info().rss
    head = post_head("/v3/auth/tokens", Transfer_Encoding="chunked")
    answer = send_raw(info["endpoint"], head, *[CHUNK] * 128, b"0\r\n\r\n")
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == ("413", 413)
    assert process.memory_info().rss - before < 32 * MEGABYTE


@pytest.mark.parametrize("route", ["", "/none/command"])
@pytest.mark.parametrize("values", [b"1,", b'"a",', b"[],", b"[" * 150 + b"]" * 150 + b","])
def test_json_with_too_many_values_is_not_parsed(
    separate_process: SeparateProcess, route: str, values: bytes
) -> None:
    info, process = separate_process
    api = Api(cast(Emulator, SimpleNamespace(**info)))
    before = process.memory_info().rss
    body = b'{"tags":[%b1]}' % (values * (4 * MEGABYTE // len(values)))
    assert error_of(api.call("POST", route, data=body)) == (400, "MSS.00000003")
    assert process.memory_info().rss - before < 32 * MEGABYTE


def test_headers_are_limited(separate_process: SeparateProcess) -> None:
    info, process = separate_process
    before = process.memory_info().rss
    for _ in range(2):
        head = b"GET / HTTP/1.1\r\nX-Long: "
        answer = send_raw(info["endpoint"], head, *[b"x" * MEGABYTE] * 64)
        # "none": the server closed the connection while the rest was being sent.
        assert answer.status in ("400", "none")
    assert process.memory_info().rss - before < 32 * MEGABYTE


def test_a_chunked_body_beyond_12_mb_is_refused_by_the_gateway(api: Api) -> None:
    blocks = (b" " * MEGABYTE for _ in range(13))
    assert error_of(api.call("POST", data=blocks)) == (413, "APIGW.0201")


@pytest.mark.parametrize("route", ["", "/none/command"])
@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "x-auth-token not found"),
        ({"X_Auth_Token": "invented"}, "decrypt token fail"),
        ({"Authorization": "Basic eDp4"}, "algorithm"),
        ({"Authorization": "SDK-HMAC-SHA256 Access=a, SignedHeaders=host, Signature=0"}, "Date"),
        (
            {
                "X_Sdk_Date": "20260102T030405Z",
                "Authorization": "SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date, Signature=0",
            },
            "expired",
        ),
    ],
)
def test_credentials_are_refused_before_the_body_has_arrived(
    api: Api, jobs_path: str, route: str, headers: dict[str, str], message: str
) -> None:
    # The announced body is never sent, so an emulator that waits for it would not answer.
    head = post_head(jobs_path + route, Content_Length="1000", **headers)
    answer = send_raw(api.emulator.endpoint, head)
    assert answer.status == "401"
    assert message in json.loads(answer.body)["error_msg"]


DEEP = b"[" * 9_000
LONE = b'"\\ud800"'


@pytest.mark.parametrize("value", [DEEP, b'{"name":' + DEEP, b'{"name":' + LONE + b"}", b"\xff"])
@pytest.mark.parametrize("route", ["", "/none/command"])
def test_malformed_json_is_refused(api: Api, value: bytes, route: str) -> None:
    assert error_of(api.call("POST", route, data=value)) == (400, "MSS.10000002")


@pytest.mark.parametrize(
    "value",
    [
        DEEP,
        b'{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":%s,'
        b'"domain":{"name":"d"},"password":"p"}}}}}' % LONE,
        b'{"auth":{"identity":{"methods":["token"],"token":{"id":{}}}}}',
        b'{"auth":{"identity":{"methods":["token"],"token":{"id":["x"]}}}}',
    ],
)
@pytest.mark.parametrize("route", ["/v3/auth/tokens", "/v3.0/OS-CREDENTIAL/securitytokens"])
def test_malformed_json_gets_no_token(api: Api, value: bytes, route: str) -> None:
    answer = requests.post(api.emulator.iam_endpoint + route, data=value, timeout=30)
    assert answer.status_code == answer.json()["error"]["code"]
    assert answer.status_code in (400, 401)


def test_a_signature_that_is_not_ascii_is_a_wrong_one(
    api: Api, vendor: MetaStudioClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Signer.sign

    def sign(self: Signer, request: Any) -> Any:
        signed = original(self, request)
        text = signed.header_params["Authorization"]
        signed.header_params["Authorization"] = (text[:-1] + "ü").encode()
        return signed

    monkeypatch.setattr(Signer, "sign", sign)
    error = vendor_error(vendor.list2d_model_training_job, List2dModelTrainingJobRequest())
    assert (error.status_code, error.error_code) == (401, "APIGW.0301")


@pytest.mark.parametrize("host", ["[", "a b", "x@y", "[::1", "a/b", "ü"])
@pytest.mark.parametrize("target", ["jobs", "projects"])
def test_a_malformed_host_is_refused(api: Api, jobs_path: str, host: str, target: str) -> None:
    token = api.token()
    path = jobs_path if target == "jobs" else "/v3/projects"
    head = request_head("GET", path, [("Host", host), ("X-Auth-Token", token)])
    answer = send_raw(api.emulator.endpoint, head)
    body = json.loads(answer.body)
    assert answer.status == "400"
    if target == "jobs":
        assert body["error_code"] == "APIGW.0201"
    else:
        assert body["error"]["code"] == 400


@pytest.mark.parametrize(
    "line", [b"NONSENSE\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n", b"\x00\r\n\r\n"]
)
def test_the_gateway_refuses_malformed_http(api: Api, line: bytes) -> None:
    assert raw_error_of(send_raw(api.emulator.endpoint, line)) == ("400", "APIGW.0201")


@pytest.mark.parametrize(
    ("method", "path", "seconds"),
    [("POST", "advance", text) for text in ("NaN", "Infinity", "1e999", "1e300", "-1", "3e11")]
    + [("PUT", "skew", text) for text in ("NaN", "1e999")],
)
def test_an_invalid_time_is_refused(api: Api, method: str, path: str, seconds: str) -> None:
    answer = requests.request(
        method,
        f"{api.emulator.endpoint}/_emulator/clock/{path}",
        data=f'{{"seconds": {seconds}}}',
        headers={"Authorization": f"Bearer {api.emulator.secret_key}"},
        timeout=30,
    )
    assert answer.status_code == 400
    assert api.request_token().status_code == 201
    info = api.emulator.control.info()
    assert (info["clock_offset"], info["clock_skew"]) == (0, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"x": float("inf")},
        {"state": None},
        {"state": 5},
        {"operation_logs": "x"},
        {"operation_logs": [1]},
        {"comment_logs": [{"attachments": 5}]},
    ],
)
def test_fields_that_would_break_the_emulator_itself_are_refused(
    api: Api, fields: dict[str, Any]
) -> None:
    job_id = api.create()["job_id"]
    with pytest.raises(EmulatorError, match="HTTP 400"):
        api.emulator.control.set_fields(job_id, **fields)
    with pytest.raises(EmulatorError, match="HTTP 400"):
        api.emulator.control.add_job(**fields)
    assert api.show(job_id)["state"] == "WAIT_FILE_UPLOAD"
    assert api.list()["count"] == 1


@pytest.mark.parametrize("job_id", ["..", "a/b", "", "x" * 65])
def test_an_added_job_needs_an_id_that_can_name_a_folder(api: Api, job_id: str) -> None:
    with pytest.raises(EmulatorError, match="HTTP 400"):
        api.emulator.control.add_job(job_id=job_id)


def test_other_fields_may_have_any_value(api: Api) -> None:
    job_id = api.create()["job_id"]
    odd = {"samples": [{"recommended_value": 0.5}], "tags": [None], "worker_type": "text"}
    api.emulator.control.set_fields(job_id, **odd, audio_source_type=None, name=None)
    assert odd.items() <= api.show(job_id).items()
    assert api.list(tag="x", name="y")["count"] == 0
    assert api.call("PUT", f"/{job_id}", json={}).status_code == 200


def test_log_lines_cannot_be_forged(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "metastudio_emulator.access")
    forged = "2026-01-01 INFO DELETE /v1/jobs 200"
    url = api.emulator.endpoint
    requests.get(f"{url}/x%0a{forged.replace(' ', '%20')}%1b%5b2J", timeout=30)
    requests.put(f"{url}/obs/a/b%0d%0a", data=b"", timeout=30)
    api.emulator.control.info()  # a log line follows its answer; this request comes after both
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)
    assert "/x%0A2026" in lines[0]


def test_unknown_commands_are_counted_together(api: Api) -> None:
    job_id = api.create()["job_id"]
    commands: list[Any] = ["DANCE", "\udcff", [], {"a": 1}]
    for command in commands:
        body = json.dumps({"command": command})
        assert api.call("POST", f"/{job_id}/command", data=body).status_code == 400
    assert api.emulator.control.counters()["command"] == {"400": 4}
    assert set(api.emulator.control.counters()) == {"create", "command", "token"}


def test_errors_of_the_storage_are_valid_xml_for_any_object_name(api: Api) -> None:
    url = api.create()["cover_upload_url"].replace("_cover", "%00%1b%0a<&")
    answer = put(url, b"")
    assert ElementTree.fromstring(answer.content).findtext("Code") == "SignatureDoesNotMatch"
