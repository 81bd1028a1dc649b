"""Requests that no honest client sends: refused in the vendor's form, at no cost, for good."""

import json
import logging
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from metastudio_emulator import EmulatorError

MEGABYTE = 1024 * 1024
NOW = {"X-Sdk-Date": "20260102T030405Z"}


def refusal(answer):
    return answer.status_code, answer.json()["error_code"]


def talk(endpoint, *pieces):
    """Send bytes as they are; the status and the body of the first answer."""
    where = urlsplit(endpoint)
    with socket.create_connection((where.hostname, where.port), timeout=30) as connection:
        for piece in pieces:
            connection.sendall(piece)
        answer = b""
        while b"\r\n\r\n" not in answer:
            received = connection.recv(65536)
            if not received:
                break
            answer += received
        head, _, body = answer.partition(b"\r\n\r\n")
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                while len(body) < int(value):
                    body += connection.recv(65536)
    return int(head.split()[1]), body


def head(method, path, **headers):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


@pytest.fixture
def path(api):
    return urlsplit(api.jobs_url).path


@pytest.fixture
def apart(tmp_path):
    """An emulator in a process of its own, whose memory can be measured."""
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
def test_a_body_without_end_costs_a_stranger_no_memory_of_ours(apart, route, headers):
    info, process = apart
    path = f"/v1/{info['project_id']}/digital-human-training-manage/user/jobs{route}"
    before = process.memory_info().rss
    chunk = b"100000\r\n" + b" " * MEGABYTE + b"\r\n"
    start = head("POST", path, Transfer_Encoding="chunked", **headers)
    status, body = talk(info["endpoint"], start, *[chunk] * 128, b"0\r\n\r\n")
    assert (status, json.loads(body)["error_code"]) == (401, "APIGW.0301")
    assert process.memory_info().rss - before < 32 * MEGABYTE


def test_the_identity_service_counts_too(apart):
    info, process = apart
    before = process.memory_info().rss
    chunk = b"100000\r\n" + b" " * MEGABYTE + b"\r\n"
    start = head("POST", "/v3/auth/tokens", Transfer_Encoding="chunked")
    status, body = talk(info["endpoint"], start, *[chunk] * 128, b"0\r\n\r\n")
    assert (status, json.loads(body)["error"]["code"]) == (413, 413)
    assert process.memory_info().rss - before < 32 * MEGABYTE


def test_headers_without_end_are_refused(apart):
    info, process = apart
    before = process.memory_info().rss
    with pytest.raises(OSError):  # noqa: PT012, PT011 - the connection ends while we talk
        for _ in range(2):  # the first may fit into the system's buffers
            talk(info["endpoint"], b"GET / HTTP/1.1\r\nX-Long: ", *[b"x" * MEGABYTE] * 64)
    assert process.memory_info().rss - before < 32 * MEGABYTE


def test_a_chunked_body_beyond_12_mb_is_refused_by_the_gateway(api):
    blocks = (b" " * MEGABYTE for _ in range(13))
    assert refusal(api.call("POST", data=blocks)) == (413, "APIGW.0201")


@pytest.mark.parametrize("route", ["", "/none/command"])
@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, "x-auth-token not found"),
        ({"X-Auth-Token": "invented"}, "decrypt token fail"),
        ({"Authorization": "Basic eDp4"}, "algorithm"),
        ({"Authorization": "SDK-HMAC-SHA256 Access=a, SignedHeaders=host, Signature=0"}, "Date"),
        (
            {
                **NOW,
                "Authorization": "SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date, Signature=0",
            },
            "expired",
        ),
    ],
)
def test_credentials_are_refused_before_the_body_has_arrived(api, path, route, headers, said):
    # The body that is announced never comes; were it waited for, there would be no answer.
    named = {name.replace("-", "_"): value for name, value in headers.items()}
    start = head("POST", path + route, Content_Length=1000, **named)
    status, body = talk(api.emulator.endpoint, start)
    assert status == 401
    assert said in json.loads(body)["error_msg"]


DEEP = b"[" * 100_000
LONE = b'"\\ud800"'


@pytest.mark.parametrize("value", [DEEP, b'{"name":' + DEEP, b'{"name":' + LONE + b"}", b"\xff"])
@pytest.mark.parametrize("route", ["", "/none/command"])
def test_odd_json_is_no_json(api, value, route):
    assert refusal(api.call("POST", route, data=value)) == (400, "MSS.10000002")


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
def test_odd_json_gets_no_token(api, value, route):
    answer = requests.post(api.emulator.iam_endpoint + route, data=value, timeout=30)
    assert answer.status_code == answer.json()["error"]["code"]
    assert answer.status_code in (400, 401)


def test_an_odd_signature_is_a_wrong_one(api, vendor, monkeypatch):
    from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
    from huaweicloudsdkcore.signer.signer import Signer
    from huaweicloudsdkmetastudio.v1 import List2dModelTrainingJobRequest

    honest = Signer.sign

    def odd(self, request):
        signed = honest(self, request)
        text = signed.header_params["Authorization"]
        signed.header_params["Authorization"] = (text[:-1] + "ü").encode()
        return signed

    monkeypatch.setattr(Signer, "sign", odd)
    with pytest.raises(ClientRequestException) as caught:
        vendor.list2d_model_training_job(List2dModelTrainingJobRequest())
    assert (caught.value.status_code, caught.value.error_code) == (401, "APIGW.0301")


@pytest.mark.parametrize("host", ["[", "a b", "x@y", "[::1", "a/b", "ü"])
@pytest.mark.parametrize("target", ["jobs", "projects"])
def test_an_odd_host_is_refused(api, path, host, target):
    token = api.token().headers["X-Subject-Token"]
    where = path if target == "jobs" else "/v3/projects"
    start = f"GET {where} HTTP/1.1\r\nHost: {host}\r\nX-Auth-Token: {token}\r\n\r\n"
    status, body = talk(api.emulator.endpoint, start.encode())
    answer = json.loads(body)
    assert status == 400
    assert answer["error"]["code"] == 400 if target == "projects" else answer["error_code"]


@pytest.mark.parametrize(
    "line", [b"NONSENSE\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n", b"\x00\r\n\r\n"]
)
def test_what_is_no_http_is_the_gateways_to_refuse(api, line):
    status, body = talk(api.emulator.endpoint, line)
    assert (status, json.loads(body)["error_code"]) == (400, "APIGW.0201")


@pytest.mark.parametrize(
    ("method", "path", "seconds"),
    [("POST", "advance", text) for text in ("NaN", "Infinity", "1e999", "1e300", "-1", "3e11")]
    + [("PUT", "skew", text) for text in ("NaN", "1e999")],
)
def test_time_takes_no_odd_number(api, method, path, seconds):
    answer = requests.request(
        method,
        f"{api.emulator.endpoint}/_emulator/clock/{path}",
        data=f'{{"seconds": {seconds}}}',
        headers={"Authorization": f"Bearer {api.emulator.secret_key}"},
        timeout=30,
    )
    assert answer.status_code == 400
    assert api.token().status_code == 201
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
def test_fields_that_would_break_the_emulator_itself_are_refused(api, fields):
    job_id = api.create()["job_id"]
    with pytest.raises(EmulatorError, match="HTTP 400"):
        api.emulator.control.set_fields(job_id, **fields)
    assert api.show(job_id)["state"] == "WAIT_FILE_UPLOAD"
    assert api.list()["count"] == 1


@pytest.mark.parametrize("job_id", ["..", "a/b", "", "x" * 65])
def test_an_added_job_has_an_id_that_names_a_folder(api, job_id):
    with pytest.raises(EmulatorError, match="HTTP 400"):
        api.emulator.control.add_job(job_id=job_id)


def test_fields_of_any_shape_are_shown_as_they_are(api):
    job_id = api.create()["job_id"]
    odd = {"samples": [{"recommended_value": 0.5}], "tags": [None], "worker_type": "text"}
    api.emulator.control.set_fields(job_id, **odd, audio_source_type=None, name=None)
    assert odd.items() <= api.show(job_id).items()
    assert api.list(tag="x", name="y")["count"] == 0
    assert api.call("PUT", f"/{job_id}", json={}).status_code == 200


def test_a_line_of_the_log_cannot_be_forged(api, caplog):
    caplog.set_level(logging.INFO, "metastudio_emulator.access")
    forged = "2026-01-01 INFO DELETE /v1/jobs 200"
    url = api.emulator.endpoint
    requests.get(f"{url}/x%0a{forged.replace(' ', '%20')}%1b%5b2J", timeout=30)
    requests.put(f"{url}/obs/a/b%0d%0a", data=b"", timeout=30)
    api.emulator.control.info()  # a line is written after its answer, so this one comes later
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert all(text.isprintable() for text in said)
    assert "/x%0A2026" in said[0]


def test_unknown_commands_are_counted_together(api):
    job_id = api.create()["job_id"]
    for command in ("DANCE", "\udcff", [], {"a": 1}):
        body = json.dumps({"command": command})
        assert api.call("POST", f"/{job_id}/command", data=body).status_code == 400
    assert api.emulator.control.counters()["command"] == {"400": 4}
    assert set(api.emulator.control.counters()) == {"create", "command", "token"}


def test_a_refusal_of_the_storage_is_xml_whatever_the_name(api, put):
    from xml.etree import ElementTree

    url = api.create()["cover_upload_url"].replace("_cover", "%00%1b%0a<&")
    answer = put(url, b"")
    assert ElementTree.fromstring(answer.content).findtext("Code") == "SignatureDoesNotMatch"
