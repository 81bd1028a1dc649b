"""The client when a call fails: what is repeated, what never is, and what is told."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from metastudio_emulator import Emulator
from pulumi_metastudio.api import Command, CreateJob, MetaStudioClient, UpdateJob
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
    assert len(waits) == 2
    assert waits[0] < 1.6
    assert waits[1] >= 1.0


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
    assert emulator.control.counters()["create"] == {"429": 3}
    assert len(waits) == 2


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
    reads, writes = client._reads.rate, client._writes.rate
    assert reads == pytest.approx(1000 / 4 + 1000 / 20)
    assert writes == 1000  # writes were not refused


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
