"""Proofs of identity: signatures against known answers, and everything else against the service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import requests

from metastudio_emulator import Emulator
from pulumi_metastudio.api import (
    AccessKey,
    CreateJob,
    MetaStudioClient,
    Password,
    Settings,
    Token,
    auth,
)
from pulumi_metastudio.errors import (
    AnswerUnreadable,
    AuthenticationError,
    ConfigurationError,
    EndpointUnreachable,
)

ClientFor = Callable[..., MetaStudioClient]
Count = Callable[[dict[str, dict[str, int]], str], int]

PROJECT = "0123456789abcdef0123456789abcdef"
HOST = "https://metastudio.cn-north-4.myhuaweicloud.com"
KEY = ("EXAMPLEAK0000000000A", "EXAMPLE-SECRET-KEY-not-real")
JOBS = f"{HOST}/v1/{PROJECT}/digital-human-training-manage/user/jobs"


class _Frozen(datetime):
    @classmethod
    def now(cls, tz: Any = None) -> _Frozen:
        return cls(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def signed(request: requests.Request, token: str | None = None) -> requests.PreparedRequest:
    settings = Settings(HOST, HOST, "cn-north-4", PROJECT, AccessKey(*KEY, token))
    session = requests.Session()
    request.headers = {"Content-Type": "application/json"}
    return session.prepare_request(_with_auth(request, auth.identity(settings, session)))


def _with_auth(request: requests.Request, identity: auth.Identity) -> requests.Request:
    request.auth = identity
    return request


# Computed by the vendor's own client with these dummy keys.
KNOWN_ANSWERS = [
    (
        requests.Request(
            "GET",
            JOBS,
            params={
                "state": "WAIT_FILE_UPLOAD,TRAINING",
                "offset": 0,
                "limit": 10,
                "is_flexus": "true",
            },
        ),
        None,
        "content-type;host;x-project-id;x-sdk-date",
        "805cfbb69cbab8258bf730225e0d4ecd7c428d6aec97c19f08f2ceaed62d8762",
    ),
    (
        requests.Request("POST", JOBS, data=b'{"name":"a"}'),
        None,
        "content-type;host;x-project-id;x-sdk-date",
        "f7ddc4362131712d0dce37f453372118d1d6cac2587ba21268a28b259be38d0a",
    ),
    (
        requests.Request("POST", JOBS, data=b'{"name":"a"}'),
        "tok",
        "content-type;host;x-project-id;x-sdk-date;x-security-token",
        "3a04a45962fda5bb438adc4164ef37e2d22ffdf9d8fd79e05a7e4995c14d9dec",
    ),
]


@pytest.mark.parametrize(("request_", "token", "names", "signature"), KNOWN_ANSWERS)
def test_signatures_are_the_vendor_clients(
    request_: requests.Request,
    token: str | None,
    names: str,
    signature: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(auth, "datetime", _Frozen)
    headers = signed(request_, token).headers
    assert headers["Authorization"] == (
        f"SDK-HMAC-SHA256 Access={KEY[0]}, SignedHeaders={names}, Signature={signature}"
    )
    assert len(headers["Authorization"]) <= 256
    assert headers["X-Sdk-Date"] == "20260102T030405Z"
    assert headers["X-Project-Id"] == PROJECT
    assert headers.get("X-Security-Token") == token


def test_the_query_goes_out_as_it_was_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "datetime", _Frozen)
    url = signed(KNOWN_ANSWERS[0][0]).url
    query = "is_flexus=true&limit=10&offset=0&state=WAIT_FILE_UPLOAD%2CTRAINING"
    assert url == f"{JOBS}?{query}"


def test_a_signed_request_is_accepted(client: MetaStudioClient) -> None:
    assert client.list_jobs().count == 0


@pytest.mark.parametrize("text", ["a b", "a+b", "ü&=/?#%", "~-._", "数字人", "a%20b"])
def test_any_text_can_be_signed(emulator: Emulator, client: MetaStudioClient, text: str) -> None:
    job_id = emulator.control.add_job(name=text)["job_id"]
    emulator.control.add_job(name="other")
    assert [job.job_id for job in client.iter_jobs(name=text)] == [job_id]


def issued_token(emulator: Emulator) -> str:
    """A token, got the way the vendor's documents describe."""
    user = {
        "name": emulator.user,
        "password": emulator.password,
        "domain": {"name": emulator.domain},
    }
    login = requests.post(
        f"{emulator.iam_endpoint}/v3/auth/tokens",
        json={
            "auth": {
                "identity": {"methods": ["password"], "password": {"user": user}},
                "scope": {"project": {"name": emulator.region}},
            }
        },
        timeout=10,
    )
    return login.headers["X-Subject-Token"]


def temporary_key(emulator: Emulator) -> AccessKey:
    """A temporary key, got the way the vendor's documents describe."""
    answer = requests.post(
        f"{emulator.iam_endpoint}/v3.0/OS-CREDENTIAL/securitytokens",
        json={"auth": {"identity": {"methods": ["token"], "token": {"duration_seconds": 900}}}},
        headers={"X-Auth-Token": issued_token(emulator)},
        timeout=10,
    )
    issued = answer.json()["credential"]
    return AccessKey(issued["access"], issued["secret"], issued["securitytoken"])


def test_a_temporary_key(emulator: Emulator, client_for: ClientFor) -> None:
    key = temporary_key(emulator)
    assert client_for(emulator, credentials=key).list_jobs().count == 0
    without = AccessKey(key.access_key, key.secret_key)
    with pytest.raises(AuthenticationError):
        client_for(emulator, credentials=without).list_jobs()


def test_a_temporary_key_ends(emulator: Emulator, client_for: ClientFor, answers: Count) -> None:
    client = client_for(emulator, credentials=temporary_key(emulator))
    client.list_jobs()
    emulator.control.advance(1000)
    emulator.control.clear_counters()
    with pytest.raises(AuthenticationError, match="expired"):
        client.list_jobs()
    assert answers(emulator.control.counters(), "list") == 1


def password_of(emulator: Emulator) -> Password:
    return Password(emulator.user, emulator.password, emulator.domain)


@pytest.mark.parametrize("project", ["by id", "by region"])
def test_one_login_serves_many_calls(
    project: str, emulator: Emulator, client_for: ClientFor
) -> None:
    known = {"project_id": emulator.project_id if project == "by id" else None}
    client = client_for(emulator, credentials=password_of(emulator), **known)
    for _ in range(3):
        client.list_jobs()
    counters = emulator.control.counters()
    assert counters["token"] == {"201": 1}
    assert counters["list"] == {"200": 3}


def test_an_expired_token_is_renewed_once(emulator: Emulator, client_for: ClientFor) -> None:
    client = client_for(emulator, credentials=password_of(emulator))
    client.list_jobs()
    emulator.control.advance(25 * 3600)
    emulator.control.clear_counters()
    assert client.list_jobs().count == 0
    assert emulator.control.counters() == {"list": {"200": 1, "401": 1}, "token": {"201": 1}}


def test_a_token_is_renewed_before_it_ends(
    start: Callable[..., Emulator], client_for: ClientFor
) -> None:
    # A token of four minutes is inside the margin from the beginning.
    emulator = start(token_validity=240)
    client = client_for(emulator, credentials=password_of(emulator))
    client.list_jobs()
    client.list_jobs()
    assert emulator.control.counters() == {"list": {"200": 2}, "token": {"201": 2}}


def test_a_wrong_password_is_tried_once(emulator: Emulator, client_for: ClientFor) -> None:
    wrong = Password(emulator.user, "hunter2", emulator.domain)
    with pytest.raises(AuthenticationError) as caught:
        client_for(emulator, credentials=wrong).list_jobs()
    assert emulator.control.counters() == {"token": {"401": 1}}
    assert "log in to IAM" in str(caught.value)
    assert "check the user, password" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_login_is_repeated_after_a_server_error(
    emulator: Emulator, client_for: ClientFor
) -> None:
    emulator.control.add_fault("token", "status", status=503, times=1)
    client = client_for(emulator, credentials=password_of(emulator))
    assert client.list_jobs().count == 0
    assert emulator.control.counters()["token"] == {"503": 1, "201": 1}


def test_a_ready_token(emulator: Emulator, client_for: ClientFor) -> None:
    client = client_for(emulator, credentials=Token(issued_token(emulator)))
    assert client.list_jobs().count == 0
    emulator.control.advance(25 * 3600)
    emulator.control.clear_counters()
    with pytest.raises(AuthenticationError):
        client.list_jobs()
    assert emulator.control.counters() == {"list": {"401": 1}}


def test_a_ready_token_needs_its_project(emulator: Emulator, client_for: ClientFor) -> None:
    client = client_for(emulator, credentials=Token("t"), project_id=None)
    with pytest.raises(ConfigurationError, match="metastudio:projectId"):
        client.list_jobs()


def test_the_project_is_looked_up_once(emulator: Emulator, client_for: ClientFor) -> None:
    client = client_for(emulator, project_id=None)
    client.list_jobs()
    client.list_jobs()
    assert emulator.control.counters() == {"list": {"200": 2}, "projects": {"200": 1}}


def test_a_region_without_a_project(emulator: Emulator, client_for: ClientFor) -> None:
    client = client_for(emulator, project_id=None, region="mars-1")
    with pytest.raises(ConfigurationError, match=r"mars-1 has 0 projects.*metastudio:projectId"):
        client.list_jobs()


@pytest.mark.parametrize("credentials", ["key", "password"])
def test_neither_project_nor_region(
    credentials: str, emulator: Emulator, client_for: ClientFor
) -> None:
    changes: dict[str, Any] = {"project_id": None, "region": ""}
    if credentials == "password":
        changes["credentials"] = password_of(emulator)
    with pytest.raises(ConfigurationError, match="metastudio:projectId"):
        client_for(emulator, **changes).list_jobs()


def test_a_wrong_secret_is_tried_once_and_locks_nothing(
    emulator: Emulator, client: MetaStudioClient, client_for: ClientFor
) -> None:
    wrong = client_for(emulator, credentials=AccessKey(emulator.access_key, "hunter2"))
    for _ in range(5):
        with pytest.raises(AuthenticationError) as caught:
            wrong.create_job(CreateJob(name="n"))
        assert "hunter2" not in str(caught.value)
    assert emulator.control.counters()["create"] == {"401": 5}
    assert client.list_jobs().count == 0  # five failures are what a key survives


def test_a_clock_that_is_off(emulator: Emulator, client: MetaStudioClient) -> None:
    emulator.control.set_skew(20 * 60)
    with pytest.raises(AuthenticationError, match="check the local time"):
        client.list_jobs()
    assert emulator.control.counters()["list"] == {"401": 1}


@pytest.mark.parametrize("credentials", ["key", "password", "key without project"])
def test_netrc_does_not_interfere(
    credentials: str, emulator: Emulator, client_for: ClientFor
) -> None:
    netrc = Path("~/.netrc").expanduser()
    netrc.write_text("machine 127.0.0.1 login intruder password hunter2\n")
    netrc.chmod(0o600)
    assert requests.utils.get_netrc_auth(emulator.endpoint) == ("intruder", "hunter2")
    changes: dict[str, Any] = {}
    if credentials == "password":
        changes["credentials"] = password_of(emulator)
    if credentials == "key without project":
        changes["project_id"] = None
    assert client_for(emulator, **changes).list_jobs().count == 0


def test_an_iam_that_is_not_there(emulator: Emulator, client_for: ClientFor) -> None:
    client = client_for(
        emulator, credentials=password_of(emulator), iam_endpoint="http://127.0.0.1:1"
    )
    with pytest.raises(EndpointUnreachable, match=r"^log in to IAM: 127.0.0.1:1 is unreachable"):
        client.list_jobs()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"token": {}}',
        '{"token": {"expires_at": "soon", "project": {"id": "p"}}}',
        '{"token": {"expires_at": "2030-01-01T00:00:00.000000Z"}}',
    ],
)
def test_a_login_answer_that_does_not_do(
    body: str, canned: Any, emulator: Emulator, client_for: ClientFor
) -> None:
    canned.say(201, body, X_Subject_Token="tok-secret")
    client = client_for(emulator, credentials=password_of(emulator), iam_endpoint=canned.endpoint)
    with pytest.raises(AnswerUnreadable, match="no project-scoped token") as caught:
        client.list_jobs()
    assert "tok-secret" not in str(caught.value)


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"projects": [{}]}', '{"projects": null}'])
def test_a_project_answer_that_does_not_do(
    body: str, canned: Any, emulator: Emulator, client_for: ClientFor
) -> None:
    canned.say(200, body)
    client = client_for(emulator, project_id=None, iam_endpoint=canned.endpoint)
    with pytest.raises(AnswerUnreadable, match="names no projects"):
        client.list_jobs()
