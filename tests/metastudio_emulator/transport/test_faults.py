"""Injected faults, as a client sees them on its connection."""

from __future__ import annotations

import time
from http import HTTPStatus
from pathlib import Path

import pytest
import requests

from metastudio_emulator import Emulator

from ..clients import Api, error_of, put, upload_all


def test_a_status_has_the_vendors_body(api: Api) -> None:
    control = api.emulator.control
    control.add_fault("list", "status", status=503, times=2)
    answers = [api.call("GET") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].json()["error_code"] == "APIGW.0801"
    assert control.faults()[0]["applied"] == 2
    assert control.counters()["list"] == {"503": 2, "200": 1}


def test_upload_errors_have_the_storages_format(api: Api) -> None:
    api.emulator.control.add_fault("upload", "status", status=500, times=1)
    url = api.create()["cover_upload_url"]
    answer = put(url, b"1")
    assert answer.status_code == 500
    assert "<Code>InternalError</Code>" in answer.text
    assert put(url, b"1").status_code == 200


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "MSS.00000003"),
        (401, "APIGW.0301"),
        (403, "APIGW.0302"),
        (404, "MSS.00000002"),
        (429, "APIGW.0308"),
        (500, "MSS.00000004"),
        (503, "APIGW.0801"),
    ],
)
def test_each_status_of_the_service_has_its_code(api: Api, status: int, code: str) -> None:
    api.emulator.control.add_fault("show", "status", status=status)
    answer = api.call("GET", "/none")
    assert error_of(answer) == (status, code)
    assert ("request_id" in answer.json()) is code.startswith("APIGW.")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
@pytest.mark.parametrize(
    ("match", "method", "path"),
    [
        ("token", "POST", "/v3/auth/tokens"),
        ("security_token", "POST", "/v3.0/OS-CREDENTIAL/securitytokens"),
        ("projects", "GET", "/v3/projects"),
    ],
)
def test_errors_of_the_identity_service_have_its_own_format(
    emulator: Emulator, match: str, method: str, path: str, status: int
) -> None:
    emulator.control.add_fault(match, "status", status=status)
    answer = requests.request(method, emulator.iam_endpoint + path, json={}, timeout=30)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error["code"] == status
    assert error["title"] == HTTPStatus(status).phrase


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "InvalidRequest"),
        (403, "AccessDenied"),
        (404, "NoSuchKey"),
        (500, "InternalError"),
        (503, "ServiceUnavailable"),
    ],
)
def test_each_status_of_the_storage_has_its_code(api: Api, status: int, code: str) -> None:
    api.emulator.control.add_fault("upload", "status", status=status)
    answer = put(api.create()["cover_upload_url"], b"1")
    assert answer.status_code == status
    assert f"<Code>{code}</Code>" in answer.text


def test_a_reset_without_an_answer(api: Api) -> None:
    api.emulator.control.add_fault("create", "reset", times=1)
    with pytest.raises(requests.ConnectionError):
        api.create()
    assert api.list()["count"] == 0
    assert api.emulator.control.counters()["create"] == {"lost": 1}


def test_an_answer_lost_after_the_work_was_done(api: Api) -> None:
    api.emulator.control.add_fault("create", "reset", times=1, after=True)
    with pytest.raises(requests.ConnectionError):
        api.create(name="orphan")
    assert api.list(name="orphan")["count"] == 1


def test_an_error_after_the_work_was_done(api: Api) -> None:
    api.emulator.control.add_fault("create", "status", status=500, times=1, after=True)
    assert api.call("POST", json={"name": "orphan"}).status_code == 500
    assert api.list(name="orphan")["count"] == 1


def test_a_rule_can_match_one_command(api: Api) -> None:
    api.emulator.control.add_fault("SUBMITVERIFYING", "status", status=500, times=1)
    urls = api.create()
    upload_all(urls)
    api.command(urls["job_id"], "CONFIRM_MULTIPART_UPLOADED")
    body = {"command": "SUBMITVERIFYING"}
    statuses = [
        api.call("POST", f"/{urls['job_id']}/command", json=body).status_code for _ in range(2)
    ]
    assert statuses == [500, 200]
    assert api.emulator.control.counters()["SUBMITVERIFYING"] == {"500": 1, "200": 1}


def test_a_reset_in_the_middle_of_an_upload(api: Api, tmp_path: Path) -> None:
    api.emulator.control.add_fault("upload", "reset", times=1, after_bytes=1_000_000)
    url = api.create()["cover_upload_url"]
    body = b"x" * 20_000_000
    with pytest.raises(requests.ConnectionError):
        put(url, body)
    assert put(url, body).status_code == 200
    assert len(list((tmp_path / "data" / "incoming").iterdir())) == 0


def test_a_truncated_answer(api: Api) -> None:
    api.create(name="x" * 200)
    api.emulator.control.add_fault("list", "truncate", times=1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        api.call("GET")
    assert api.list()["count"] == 1


def test_a_truncated_download(api: Api) -> None:
    urls = api.create()
    put(urls["cover_upload_url"], b"x" * 300_000)
    url = api.show(urls["job_id"])["cover_download_url"]
    api.emulator.control.add_fault("download", "truncate", times=1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(url, timeout=30)
    assert len(requests.get(url, timeout=30).content) == 300_000


def test_a_stall_leads_to_the_clients_timeout(api: Api) -> None:
    api.emulator.control.add_fault("upload", "stall", seconds=60, times=1)
    url = api.create()["cover_upload_url"]
    with pytest.raises(requests.Timeout):
        put(url, b"1", timeout=0.2)


def test_an_upload_continues_after_a_stall(api: Api) -> None:
    api.emulator.control.add_fault("upload", "stall", seconds=0.3, after_bytes=10, times=1)
    url = api.create()["cover_upload_url"]
    started = time.monotonic()
    assert put(url, b"x" * 100).status_code == 200
    assert time.monotonic() - started >= 0.3


def test_a_slow_connection(api: Api) -> None:
    api.emulator.control.add_fault("upload", "delay", bytes_per_second=1_000_000, times=1)
    url = api.create()["cover_upload_url"]
    started = time.monotonic()
    assert put(url, b"x" * 500_000).status_code == 200
    assert 0.4 < time.monotonic() - started < 5


def test_a_delay(api: Api) -> None:
    api.emulator.control.add_fault("*", "delay", delay_ms=200)
    started = time.monotonic()
    api.list()
    assert time.monotonic() - started >= 0.4  # two requests, since it gets a token first
    api.emulator.control.clear_faults()
    assert api.emulator.control.faults() == []


def test_a_probability_is_repeatable_by_its_seed(api: Api) -> None:
    control = api.emulator.control

    def statuses() -> list[int]:
        control.add_fault("list", "status", status=500, probability=0.5, seed=7)
        seen = [api.call("GET").status_code for _ in range(12)]
        control.clear_faults()
        return seen

    first = statuses()
    assert set(first) == {200, 500}
    assert statuses() == first


def test_no_rule_matches_the_control_interface(api: Api) -> None:
    api.emulator.control.add_fault("*", "reset")
    assert len(api.emulator.control.faults()) == 1


def test_the_server_still_answers_after_a_fault(api: Api) -> None:
    for action in ("reset", "truncate"):
        api.emulator.control.add_fault("list", action, times=1)
        with pytest.raises(requests.RequestException):
            api.call("GET")
    assert api.list()["count"] == 0
