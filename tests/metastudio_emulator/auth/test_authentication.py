"""Tokens, temporary keys and locks, and the errors when they are invalid."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkmetastudio.v1 import List2dModelTrainingJobRequest, MetaStudioClient

from metastudio_emulator import Emulator

from ..clients import Api, StartEmulator, error_of, get_with_token, vendor_client, vendor_error

HOUR = 3600


def count_jobs(client: MetaStudioClient) -> Any:
    return client.list2d_model_training_job(List2dModelTrainingJobRequest()).count


def test_a_request_without_credentials_is_refused(api: Api) -> None:
    answer = requests.get(api.jobs_url, timeout=30)
    assert answer.status_code == 401
    body = answer.json()
    assert body["error_code"] == "APIGW.0301"
    assert body["request_id"] == answer.headers["X-Request-Id"]


def test_credentials_are_checked_before_the_body(api: Api) -> None:
    answer = requests.post(api.jobs_url, data=b"not json", timeout=30)
    assert answer.status_code == 401


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_token_for_the_project_is_accepted(api: Api, by: str) -> None:
    value = api.emulator.region if by == "name" else api.emulator.project_id
    answer = api.request_token(project={by: value})
    assert answer.status_code == 201
    assert answer.json()["token"]["project"]["id"] == api.emulator.project_id
    token = answer.headers["X-Subject-Token"]
    assert get_with_token(api.jobs_url, token).ok


def test_a_new_token_leaves_the_old_one_valid(api: Api) -> None:
    old = api.token()
    api.token()
    assert get_with_token(api.jobs_url, old).ok


@pytest.mark.parametrize(
    "wrong", [{"password": "x"}, {"name": "x"}, {"domain": {"name": "x"}}, {"password": None}]
)
def test_a_wrong_user_gets_no_token(api: Api, wrong: dict[str, Any]) -> None:
    answer = api.request_token(**wrong)
    assert answer.status_code == 401
    assert answer.json()["error"]["title"] == "Unauthorized"
    assert "X-Subject-Token" not in answer.headers


def test_an_unknown_project_gets_no_token(api: Api) -> None:
    assert api.request_token(project={"name": "mars-1"}).status_code == 401


def test_a_malformed_token_request_is_refused(api: Api) -> None:
    url = f"{api.emulator.iam_endpoint}/v3/auth/tokens"
    for body in (b"{", b"[]", b"{}", b'{"auth": {"identity": []}}'):
        assert requests.post(url, data=body, timeout=30).status_code == 400


def test_a_token_expires(start_emulator: StartEmulator) -> None:
    api = Api(start_emulator(token_validity=HOUR))
    token = api.token()
    assert get_with_token(api.jobs_url, token).ok
    api.emulator.control.advance(HOUR + 1)
    answer = get_with_token(api.jobs_url, token)
    assert answer.status_code == 401
    assert "The token must be updated" in answer.json()["error_msg"]


def test_an_invented_token_is_refused(api: Api) -> None:
    assert error_of(get_with_token(api.jobs_url, "invented")) == (401, "APIGW.0301")


def test_a_token_for_the_domain_is_refused(api: Api) -> None:
    who = {
        "name": api.emulator.user,
        "password": api.emulator.password,
        "domain": {"name": api.emulator.domain},
    }
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": who}}}}
    answer = requests.post(f"{api.emulator.iam_endpoint}/v3/auth/tokens", json=body, timeout=30)
    token = answer.headers["X-Subject-Token"]
    assert error_of(get_with_token(api.jobs_url, token)) == (400, "MSS.00010009")


def temporary_key(api: Api, seconds: int = 900) -> dict[str, str]:
    token = api.token()
    part = {"methods": ["token"], "token": {"id": token, "duration_seconds": seconds}}
    answer = requests.post(
        f"{api.emulator.iam_endpoint}/v3.0/OS-CREDENTIAL/securitytokens",
        json={"auth": {"identity": part}},
        timeout=30,
    )
    assert answer.status_code == 201
    return dict(answer.json()["credential"])


def test_a_temporary_key_works_until_it_expires(api: Api) -> None:
    key = temporary_key(api)
    credentials = BasicCredentials(key["access"], key["secret"], api.emulator.project_id)
    client = vendor_client(api.emulator, credentials.with_security_token(key["securitytoken"]))
    assert count_jobs(client) == 0
    api.emulator.control.advance(901)
    assert vendor_error(count_jobs, client).error_code == "APIGW.0301"


def test_a_temporary_key_needs_its_security_token(api: Api) -> None:
    key = temporary_key(api)
    credentials = BasicCredentials(key["access"], key["secret"], api.emulator.project_id)
    assert vendor_error(count_jobs, vendor_client(api.emulator, credentials)).status_code == 401


def test_no_temporary_key_without_a_valid_token(api: Api) -> None:
    part = {"methods": ["token"], "token": {"id": "invented"}}
    answer = requests.post(
        f"{api.emulator.iam_endpoint}/v3.0/OS-CREDENTIAL/securitytokens",
        json={"auth": {"identity": part}},
        timeout=30,
    )
    assert answer.status_code == 401


def test_more_than_five_wrong_signatures_lock_the_key_for_five_minutes(emulator: Emulator) -> None:
    wrong = BasicCredentials(emulator.access_key, "wrong", emulator.project_id)
    for _ in range(6):
        assert vendor_error(count_jobs, vendor_client(emulator, wrong)).status_code == 401
    assert "locked" in vendor_error(count_jobs, vendor_client(emulator)).error_msg
    emulator.control.advance(5 * 60 + 1)
    assert count_jobs(vendor_client(emulator)) == 0


def test_a_right_signature_resets_the_count_of_wrong_ones(emulator: Emulator) -> None:
    wrong = BasicCredentials(emulator.access_key, "wrong", emulator.project_id)
    for _ in range(2):
        for _ in range(5):
            vendor_error(count_jobs, vendor_client(emulator, wrong))
        assert count_jobs(vendor_client(emulator)) == 0


def test_the_date_must_be_signed(api: Api) -> None:
    headers = {
        "X-Sdk-Date": "20260102T030405Z",
        "Authorization": "SDK-HMAC-SHA256 Access=a, SignedHeaders=host, Signature=00",
    }
    answer = requests.get(api.jobs_url, headers=headers, timeout=30)
    assert "X-Sdk-Date" in answer.json()["error_msg"]
