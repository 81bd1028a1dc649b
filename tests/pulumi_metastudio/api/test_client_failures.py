"""The client when a call fails: what is repeated, what never is, and what is reported."""

from __future__ import annotations

import itertools
import json
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any, get_args

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from metastudio_emulator import Emulator
from pulumi_metastudio.api import Command, CreateJob, JobDetail, MetaStudioClient, UpdateJob
from pulumi_metastudio.errors import (
    AnswerLost,
    AnswerUnreadable,
    EndpointUnreachable,
    InvalidRequest,
    MetaStudioError,
    NotFound,
    ServerError,
    Throttled,
)

ClientFor = Callable[..., MetaStudioClient]
Count = Callable[[dict[str, dict[str, int]], str], int]


def ask(client: MetaStudioClient, operation: str, job_id: str = "j") -> Any:
    """One call of any operation."""
    if operation == "create":
        return client.create_job(CreateJob(name="new"))
    if operation == "list":
        return client.list_jobs()
    if operation == "show":
        return client.show_job(job_id)
    if operation == "update":
        return client.update_job(job_id, UpdateJob(name="changed"))
    if operation == "delete":
        return client.delete_job(job_id)
    return client.command(job_id, Command(command=operation))


SAFE = ["list", "show", "update", "delete", "GET_MULTIPART_UPLOADED"]
ONCE = ["create", "SUBMITVERIFYING"]


@pytest.fixture
def one_job(emulator: Emulator, client: MetaStudioClient) -> str:
    """A job that can be submitted."""
    urls = client.create_job(CreateJob(name="n"))
    requests.put(
        urls.training_video_upload_url[0],
        data=b"video",
        headers={"Content-Type": "application/octet-stream"},
        timeout=10,
    ).raise_for_status()
    client.command(urls.job_id, Command(command="CONFIRM_MULTIPART_UPLOADED"))
    emulator.control.clear_counters()
    return urls.job_id


@pytest.mark.parametrize("operation", [*SAFE, *ONCE])
def test_throttling_is_waited_out(
    operation: str, one_job: str, emulator: Emulator, client: MetaStudioClient, waits: list[float]
) -> None:
    emulator.control.add_fault(operation, "status", status=429, times=2)
    ask(client, operation, one_job)
    assert emulator.control.counters()[operation] == {"429": 2, "200": 1}
    assert waits == []  # it waits for its turn, at a lower rate, and no longer


FAULTS: dict[str, dict[str, Any]] = {
    "a server error": {"action": "status", "status": 500},
    "a reset": {"action": "reset"},
    "half an answer": {"action": "truncate"},
    "silence": {"action": "stall", "seconds": 1.5},
    "a lost success": {"action": "reset", "after": True},
}


@pytest.mark.parametrize(
    ("operation", "fault"),
    # The answer to a delete has no body that could be cut in half.
    [case for case in itertools.product(SAFE, FAULTS) if case != ("delete", "half an answer")],
)
def test_safe_calls_are_repeated(
    operation: str,
    fault: str,
    one_job: str,
    emulator: Emulator,
    client_for: ClientFor,
    answers: Count,
    waits: list[float],
) -> None:
    client = client_for(emulator, read_timeout=1.0)
    emulator.control.add_fault(operation, **FAULTS[fault], times=1)
    if (operation, fault) == ("delete", "a lost success"):
        with pytest.raises(NotFound):  # it is gone: whoever deletes looks, see the life cycle
            ask(client, operation, one_job)
    else:
        ask(client, operation, one_job)
    assert len(waits) == 1
    if fault != "silence":  # that one is counted when it ends
        assert answers(emulator.control.counters(), operation) == 2


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("operation", ONCE)
def test_unsafe_calls_are_never_repeated(
    operation: str,
    fault: str,
    one_job: str,
    emulator: Emulator,
    client_for: ClientFor,
    answers: Count,
    waits: list[float],
) -> None:
    client = client_for(emulator, read_timeout=1.0)
    emulator.control.add_fault(operation, **FAULTS[fault], times=1)
    expected = ServerError if fault == "a server error" else AnswerLost
    with pytest.raises(expected) as caught:
        ask(client, operation, one_job)
    assert "\n" not in str(caught.value)
    assert waits == []
    if fault != "silence":
        assert answers(emulator.control.counters(), operation) == 1
        made = len(emulator.control.jobs()) - 1
        carried_out = fault in ("half an answer", "a lost success")
        assert made == (1 if operation == "create" and carried_out else 0)


def test_a_throttled_create_gives_up(
    emulator: Emulator, client: MetaStudioClient, waits: list[float]
) -> None:
    emulator.control.add_fault("create", "status", status=429)
    with pytest.raises(Throttled) as caught:
        client.create_job(CreateJob(name="n"))
    assert caught.value.code == "APIGW.0308"
    assert emulator.control.counters()["create"] == {"429": 12}
    assert waits == []


def test_a_read_gives_up(emulator: Emulator, client: MetaStudioClient, waits: list[float]) -> None:
    emulator.control.add_fault("list", "status", status=500)
    with pytest.raises(ServerError) as caught:
        client.list_jobs()
    assert emulator.control.counters()["list"] == {"500": 6}
    # Doubled each time, and never the same for two clients: half a second to 20 and up to one.
    assert [0.5 <= waits[0] <= 1.5, 8 <= waits[4] <= 9, len(waits)] == [True, True, 5]
    assert caught.value.code == "MSS.00000004"


def test_a_bad_request_is_not_repeated(emulator: Emulator, client: MetaStudioClient) -> None:
    with pytest.raises(InvalidRequest) as caught:
        client.create_job(CreateJob(name="n" * 300))
    problem = caught.value
    assert emulator.control.counters()["create"] == {"400": 1}
    assert str(problem).startswith("create training job: MSS.00000003: Invalid parameter: name")
    assert str(problem).endswith(f"(HTTP 400, request id {problem.request_id})")
    assert problem.request_id


def test_refusals_slow_the_client_down(emulator: Emulator, client: MetaStudioClient) -> None:
    emulator.control.add_fault("list", "status", status=429, times=2)
    client.list_jobs()
    listing, showing = client._throttles.of("GET", ""), client._throttles.of("GET", "id")
    assert listing.rate < 500
    assert showing.rate == 1000  # it was not refused


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is bound and not listened on, so that nobody else can have it."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.mark.parametrize("operation", ["create", "list"])
def test_nobody_listens(
    operation: str,
    closed_port: int,
    emulator: Emulator,
    client_for: ClientFor,
    waits: list[float],
) -> None:
    client = client_for(emulator, endpoint=f"http://127.0.0.1:{closed_port}")
    with pytest.raises(EndpointUnreachable) as caught:
        ask(client, operation)
    text = str(caught.value)
    assert "\n" not in text
    assert f"127.0.0.1:{closed_port} is unreachable" in text
    assert "refused" in text
    assert "metastudio:endpoint" in text
    # Certainly not carried out, so even a create may be tried again.
    assert len(waits) == {"create": 2, "list": 5}[operation]


def test_a_host_that_does_not_exist(emulator: Emulator, client_for: ClientFor) -> None:
    client = client_for(emulator, endpoint="http://metastudio.invalid")
    with pytest.raises(EndpointUnreachable, match=r"metastudio\.invalid is unreachable"):
        client.list_jobs()


def test_tls_to_a_server_that_has_none(emulator: Emulator, client_for: ClientFor) -> None:
    client = client_for(emulator, endpoint=emulator.endpoint.replace("http:", "https:"))
    with pytest.raises(MetaStudioError) as caught:
        client.list_jobs()
    text = str(caught.value)
    assert "SSL" in text
    assert "Max retries" not in text
    assert "/v1/" not in text


UNREADABLE = {
    "not json": ("<html>welcome</html>", AnswerLost, "not JSON"),
    "empty": ("", AnswerLost, "not JSON"),
    "cut short": ('{"count": 1, "jobs": [{"jo', AnswerLost, "not JSON"),
    "a list": ("[]", AnswerUnreadable, "the answer's the body"),
    "null": ("null", AnswerUnreadable, "the body"),
    "a wrong type": ('{"count": "many"}', AnswerUnreadable, "count"),
    "a job without an id": (
        '{"jobs": [{"name": "13800000000", "state": "TRAINING"}]}',
        AnswerUnreadable,
        "jobs.0.job_id",
    ),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_an_unreadable_answer(
    case: str, canned: Any, emulator: Emulator, client_for: ClientFor
) -> None:
    body, kind, expected = UNREADABLE[case]
    canned.say(200, body)
    with pytest.raises(kind) as caught:
        client_for(emulator, endpoint=canned.endpoint).list_jobs()
    text = str(caught.value)
    assert text.startswith("list training jobs: ")
    assert expected in text
    assert "13800000000" not in text
    assert "\n" not in text


def test_a_redirect_is_not_followed(canned: Any, emulator: Emulator, client_for: ClientFor) -> None:
    canned.say(302, "", Location=f"{emulator.endpoint}/elsewhere?token=secret")
    with pytest.raises(MetaStudioError, match="HTTP 302") as caught:
        client_for(emulator, endpoint=canned.endpoint).list_jobs()
    assert "secret" not in str(caught.value)
    assert len(canned.requests) == 1


@pytest.mark.parametrize("times", [1, 2])
def test_an_answer_of_the_wrong_length(
    times: int, canned: Any, emulator: Emulator, client_for: ClientFor
) -> None:
    """Half a body: a read is repeated, a create, which took effect, is not."""
    for _ in range(times):
        canned.say(200, '{"count": 0, "jobs": []', Content_Length="1000")
    canned.say(200, '{"count": 0, "jobs": []}')
    client = client_for(emulator, endpoint=canned.endpoint)
    assert client.list_jobs().jobs == []
    assert len(canned.requests) == times + 1


def test_a_create_whose_answer_has_the_wrong_length(
    canned: Any, emulator: Emulator, client_for: ClientFor
) -> None:
    canned.say(200, '{"job_id": "j"', Content_Length="1000")
    with pytest.raises(AnswerLost):
        client_for(emulator, endpoint=canned.endpoint).create_job(CreateJob(name="n"))
    assert len(canned.requests) == 1


def test_query_strings_do_not_reach_messages(
    closed_port: int, emulator: Emulator, client_for: ClientFor
) -> None:
    client = client_for(emulator, endpoint=f"http://127.0.0.1:{closed_port}")
    with pytest.raises(EndpointUnreachable) as caught:
        client.list_jobs(name="13800000000")
    assert "13800000000" not in str(caught.value)


LOST = [(503, "APIGW.0801"), (503, "APIG.0802"), (502, "APIGW.0701")]


@pytest.mark.parametrize(("status", "code"), LOST)
@pytest.mark.parametrize("operation", [*SAFE, *ONCE])
def test_what_the_gateway_did_not_pass_on_is_repeated(
    operation: str,
    status: int,
    code: str,
    canned: Any,
    emulator: Emulator,
    client_for: ClientFor,
    waits: list[float],
) -> None:
    for _ in range(2):
        canned.say(status, json.dumps({"error_code": code, "error_msg": "unavailable"}))
    canned.say(200, '{"job_id": "j", "state": "TRAINING", "commond_result": "EXCUTE_SUCCESS"}')
    ask(client_for(emulator, endpoint=canned.endpoint), operation)
    assert (len(canned.requests), len(waits)) == (3, 2)


def test_a_command_that_the_gateway_never_passes_on(
    canned: Any, emulator: Emulator, client_for: ClientFor, waits: list[float]
) -> None:
    canned.say(503, '{"error_code": "APIGW.0801", "error_msg": "unavailable"}')
    with pytest.raises(ServerError, match=r"APIGW\.0801"):
        ask(client_for(emulator, endpoint=canned.endpoint), "SUBMITVERIFYING")
    assert (len(canned.requests), len(waits)) == (3, 2)


@pytest.mark.parametrize(
    ("status", "code"),
    [(503, "MSS.00000004"), (503, ""), (504, "APIGW.0802"), (503, "APIGW.0601")],
)
@pytest.mark.parametrize("operation", ONCE)
def test_what_the_backend_may_have_seen_is_not_repeated(
    operation: str, status: int, code: str, canned: Any, emulator: Emulator, client_for: ClientFor
) -> None:
    canned.say(status, json.dumps({"error_code": code, "error_msg": "unavailable"}))
    with pytest.raises(ServerError):
        ask(client_for(emulator, endpoint=canned.endpoint), operation)
    assert len(canned.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"commond_result": "EXCUTE_FAILED", "excute_failed_msg": "{}"},
        {"commond_result": "EXCUTE_FAILED", "error_info": {"error_code": "{}", "error_msg": "{}"}},
        {"commond_result": "{}"},
        {"error_code": "{}", "error_msg": "{}"},
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_is_told_without_its_secrets(
    answer: Any, status: int, canned: Any, emulator: Emulator, client_for: ClientFor
) -> None:
    url = "https://u:secret@e/x?Signature=(secret)'secret"
    canned.say(status, json.dumps(answer).replace("{}", f"no\\n {url} {'y' * 999}"))
    with pytest.raises(MetaStudioError) as caught:
        ask(client_for(emulator, endpoint=canned.endpoint), "SUBMITVERIFYING")
    text = str(caught.value)
    assert "secret" not in text
    assert len(text.splitlines()) == 1
    assert len(text) < 800


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["null", "", "2", "https://e/x"])
    | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def _near(kind: Any) -> st.SearchStrategy[Any]:
    """What is nearly right for a field: objects of its own fields, and lists of them."""
    inner = [each for each in _kinds(kind) if issubclass(each, BaseModel)]
    objects = [st.dictionaries(st.sampled_from([*each.model_fields]), JSON) for each in inner]
    return st.one_of(*objects, *(st.lists(each | JSON, max_size=3) for each in objects), JSON)


def _kinds(kind: Any) -> Iterator[type]:
    if isinstance(kind, type) and not get_args(kind):
        yield kind
    for argument in get_args(kind):
        yield from _kinds(argument)


ANY_DETAIL = st.fixed_dictionaries(
    {"job_id": st.just("j"), "state": st.just("TRAINING")},
    optional={
        **{
            name: _near(field.annotation)
            for name, field in JobDetail.model_fields.items()
            if name not in ("job_id", "state")
        },
        "a_field_of_next_year": JSON,
    },
)


@pytest.fixture
def detail_client(canned: Any, emulator: Emulator, client_for: ClientFor) -> MetaStudioClient:
    return client_for(emulator, endpoint=canned.endpoint)


@settings(
    max_examples=int(os.environ.get("METASTUDIO_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=ANY_DETAIL)
def test_no_field_of_a_job_makes_it_unreadable(
    body: dict[str, Any], canned: Any, detail_client: MetaStudioClient
) -> None:
    canned.answers.clear()
    canned.say(200, json.dumps(body))
    found = detail_client.show_job("j")
    assert (found.job_id, found.state) == ("j", "TRAINING")
    found.model_dump(mode="json")
