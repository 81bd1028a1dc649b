"""Tokens, temporary keys, locks: each really checked, and refused in the vendor's form."""

import pytest
import requests
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkmetastudio.v1 import List2dModelTrainingJobRequest

HOUR = 3600


def list_jobs(client):
    return client.list2d_model_training_job(List2dModelTrainingJobRequest()).count


def refusal(client):
    with pytest.raises(ClientRequestException) as caught:
        list_jobs(client)
    return caught.value


def test_a_request_without_credentials_is_refused(api):
    answer = requests.get(api.jobs_url, timeout=30)
    assert answer.status_code == 401
    body = answer.json()
    assert body["error_code"] == "APIGW.0301"
    assert body["request_id"] == answer.headers["X-Request-Id"]


def test_credentials_are_checked_before_the_body(api):
    answer = requests.post(api.jobs_url, data=b"not json", timeout=30)
    assert answer.status_code == 401


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_token_for_the_project_opens_the_service(api, by):
    value = api.emulator.region if by == "name" else api.emulator.project_id
    answer = api.token(project={by: value})
    assert answer.status_code == 201
    assert answer.json()["token"]["project"]["id"] == api.emulator.project_id
    token = answer.headers["X-Subject-Token"]
    assert requests.get(api.jobs_url, headers={"X-Auth-Token": token}, timeout=30).ok


def test_a_new_token_leaves_the_old_one_valid(api):
    old = api.token().headers["X-Subject-Token"]
    api.token()
    assert requests.get(api.jobs_url, headers={"X-Auth-Token": old}, timeout=30).ok


@pytest.mark.parametrize(
    "wrong", [{"password": "x"}, {"name": "x"}, {"domain": {"name": "x"}}, {"password": None}]
)
def test_a_wrong_user_gets_no_token(api, wrong):
    answer = api.token(**wrong)
    assert answer.status_code == 401
    assert answer.json()["error"]["title"] == "Unauthorized"
    assert "X-Subject-Token" not in answer.headers


def test_an_unknown_project_gets_no_token(api):
    assert api.token(project={"name": "mars-1"}).status_code == 401


def test_a_malformed_token_request_is_refused(api):
    url = f"{api.emulator.iam_endpoint}/v3/auth/tokens"
    for body in (b"{", b"[]", b"{}", b'{"auth": {"identity": []}}'):
        assert requests.post(url, data=body, timeout=30).status_code == 400


def test_a_token_expires(start, api_for):
    api = api_for(start(token_validity=HOUR))
    headers = {"X-Auth-Token": api.token().headers["X-Subject-Token"]}
    assert requests.get(api.jobs_url, headers=headers, timeout=30).ok
    api.emulator.control.advance(HOUR + 1)
    answer = requests.get(api.jobs_url, headers=headers, timeout=30)
    assert answer.status_code == 401
    assert "The token must be updated" in answer.json()["error_msg"]


def test_an_invented_token_is_refused(api):
    answer = requests.get(api.jobs_url, headers={"X-Auth-Token": "invented"}, timeout=30)
    assert (answer.status_code, answer.json()["error_code"]) == (401, "APIGW.0301")


def test_a_token_of_the_domain_does_not_open_the_project(api):
    who = {
        "name": api.emulator.user,
        "password": api.emulator.password,
        "domain": {"name": api.emulator.domain},
    }
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": who}}}}
    answer = requests.post(f"{api.emulator.iam_endpoint}/v3/auth/tokens", json=body, timeout=30)
    token = answer.headers["X-Subject-Token"]
    answer = requests.get(api.jobs_url, headers={"X-Auth-Token": token}, timeout=30)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "MSS.00010009")


def temporary_key(api, seconds=900):
    token = api.token().headers["X-Subject-Token"]
    part = {"methods": ["token"], "token": {"id": token, "duration_seconds": seconds}}
    answer = requests.post(
        f"{api.emulator.iam_endpoint}/v3.0/OS-CREDENTIAL/securitytokens",
        json={"auth": {"identity": part}},
        timeout=30,
    )
    assert answer.status_code == 201
    return answer.json()["credential"]


def test_a_temporary_key_works_until_it_expires(api, vendor_for):
    key = temporary_key(api)
    credentials = BasicCredentials(key["access"], key["secret"], api.emulator.project_id)
    client = vendor_for(api.emulator, credentials.with_security_token(key["securitytoken"]))
    assert list_jobs(client) == 0
    api.emulator.control.advance(901)
    assert refusal(client).error_code == "APIGW.0301"


def test_a_temporary_key_needs_its_security_token(api, vendor_for):
    key = temporary_key(api)
    credentials = BasicCredentials(key["access"], key["secret"], api.emulator.project_id)
    assert refusal(vendor_for(api.emulator, credentials)).status_code == 401


def test_a_temporary_key_wants_a_token(api):
    part = {"methods": ["token"], "token": {"id": "invented"}}
    answer = requests.post(
        f"{api.emulator.iam_endpoint}/v3.0/OS-CREDENTIAL/securitytokens",
        json={"auth": {"identity": part}},
        timeout=30,
    )
    assert answer.status_code == 401


def test_more_than_five_wrong_signatures_lock_the_key_for_five_minutes(emulator, vendor_for):
    wrong = BasicCredentials(emulator.access_key, "wrong", emulator.project_id)
    for _ in range(6):
        assert refusal(vendor_for(emulator, wrong)).status_code == 401
    assert "locked" in refusal(vendor_for(emulator)).error_msg
    emulator.control.advance(5 * 60 + 1)
    assert list_jobs(vendor_for(emulator)) == 0


def test_a_right_signature_in_between_starts_the_count_again(emulator, vendor_for):
    wrong = BasicCredentials(emulator.access_key, "wrong", emulator.project_id)
    for _ in range(2):
        for _ in range(5):
            refusal(vendor_for(emulator, wrong))
        assert list_jobs(vendor_for(emulator)) == 0


def test_the_date_must_be_signed(api):
    headers = {
        "X-Sdk-Date": "20260102T030405Z",
        "Authorization": "SDK-HMAC-SHA256 Access=a, SignedHeaders=host, Signature=00",
    }
    answer = requests.get(api.jobs_url, headers=headers, timeout=30)
    assert "X-Sdk-Date" in answer.json()["error_msg"]
