"""The client against a real service: every operation, paging, repeats, errors."""

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
    CommandFailed,
    EndpointUnreachable,
    InvalidRequest,
    MetaStudioError,
    NotFound,
    ServerError,
    Throttled,
)

ClientFor = Callable[..., MetaStudioClient]
Count = Callable[[dict[str, dict[str, int]], str], int]


def test_create_and_show(emulator: Emulator, client: MetaStudioClient) -> None:
    job = CreateJob(name="Anna 安娜", contact="13800000000", tags=["a,b"], video_multipart_count=2)
    urls = client.create_job(job, app_user_id="user-7")
    assert len(urls.training_video_upload_url) == 2
    stored = emulator.control.job(urls.job_id)["fields"]
    assert (stored["name"], stored["contact"], stored["tags"], stored["app_user_id"]) == (
        *("Anna 安娜", "13800000000", ["a,b"]),
        "user-7",
    )
    detail = client.show_job(urls.job_id)
    assert (detail.job_id, detail.state) == (urls.job_id, "WAIT_FILE_UPLOAD")
    assert detail.app_user_id == "user-7"
    assert detail.operation_logs[0].log_type == "USER_CREATE_JOD"


def test_update(emulator: Emulator, client: MetaStudioClient) -> None:
    before = client.create_job(CreateJob(name="n"))
    after = client.update_job(
        before.job_id, UpdateJob(name="m", tags=["t"], video_multipart_count=3)
    )
    assert after.job_id == before.job_id
    assert len(after.training_video_upload_url) == 3
    stored = emulator.control.job(before.job_id)["fields"]
    assert (stored["name"], stored["tags"]) == ("m", ["t"])


def test_delete(emulator: Emulator, client: MetaStudioClient) -> None:
    job_id = client.create_job(CreateJob(name="n")).job_id
    client.delete_job(job_id)
    assert emulator.control.jobs() == []


def test_a_command_that_succeeds(emulator: Emulator, client: MetaStudioClient) -> None:
    job_id = client.create_job(CreateJob(name="n")).job_id
    answer = client.command(job_id, Command(command="GET_MULTIPART_UPLOADED"))
    assert (answer.succeeded, answer.multipart_data) == (True, [])


def test_a_command_that_fails_inside_a_success(
    emulator: Emulator, client: MetaStudioClient
) -> None:
    job_id = client.create_job(CreateJob(name="n")).job_id
    with pytest.raises(CommandFailed) as caught:
        client.command(job_id, Command(command="SUBMITVERIFYING"))
    problem = caught.value
    assert (problem.status, problem.code) == (200, "MSS.00000003")
    assert problem.request_id
    assert str(problem) == (
        f"SUBMITVERIFYING on training job {job_id}: MSS.00000003: The training video is not "
        f"confirmed (HTTP 200, request id {problem.request_id})"
    )
    assert emulator.control.counters()["SUBMITVERIFYING"] == {"200": 1}


FILTERS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"name": "x"}, {"name": "x"}, {"name": "y"}),
    ({"batch_name": "b"}, {"batch_name": "b"}, {"batch_name": "c"}),
    ({"tag": "t"}, {"tags": ["s", "t"]}, {"tags": ["s"]}),
    ({"state": "TRAINING,JOB_FINISH"}, {"state": "JOB_FINISH"}, {"state": "JOB_SUCCESS"}),
    ({"is_flexus": True}, {"is_flexus": True}, {"is_flexus": False}),
    ({"is_flexus": False}, {"is_flexus": False}, {"is_flexus": True}),
    ({"is_live_copy": True}, {"is_live_copy": True}, {"is_live_copy": False}),
    ({"is_ondemand_resource": True}, {"is_ondemand_resource": True}, {}),
    ({"model_resolution": "4K"}, {"model_resolution": "4K"}, {}),
    ({"train_location": "here"}, {"optional_training_location": ["here"]}, {}),
    (
        {"create_since": "2024-01-01T00:00:00Z"},
        {"create_time": "2024-01-01T00:00:00Z"},
        {"create_time": "2023-12-31T23:59:59Z"},
    ),
    (
        {"create_until": "2024-01-01T00:00:00Z"},
        {"create_time": "2024-01-01T00:00:00Z"},
        {"create_time": "2024-01-01T00:00:01Z"},
    ),
    (
        {"update_since": "2024-01-01T00:00:00Z"},
        {"last_update_time": "2024-01-01T00:00:00Z"},
        {"last_update_time": "2023-12-31T23:59:59Z"},
    ),
]


@pytest.mark.parametrize(("filters", "wanted", "other"), FILTERS)
def test_list_filters(
    filters: dict[str, Any],
    wanted: dict[str, Any],
    other: dict[str, Any],
    emulator: Emulator,
    client: MetaStudioClient,
) -> None:
    job_id = emulator.control.add_job(**wanted)["job_id"]
    emulator.control.add_job(**other)
    page = client.list_jobs(**filters, job_id=None)
    assert (page.count, [job.job_id for job in page.jobs]) == (1, [job_id])


def test_a_page(emulator: Emulator, client: MetaStudioClient) -> None:
    made = [emulator.control.add_job(name=str(number))["job_id"] for number in range(5)]
    page = client.list_jobs(offset=1, limit=2, sort_key="create_time", sort_dir="asc")
    assert (page.count, [job.job_id for job in page.jobs]) == (5, made[1:3])


@pytest.mark.parametrize("profile", ["tutorial", "strict"])
def test_iter_jobs_tells_each_once_oldest_first(
    profile: str, start: Callable[..., Emulator], client_for: ClientFor
) -> None:
    emulator = start(profile=profile)
    made = [emulator.control.add_job(name=str(number))["job_id"] for number in range(205)]
    found = [job.job_id for job in client_for(emulator).iter_jobs()]
    assert found == made
    assert emulator.control.counters()["list"] == {"200": 3}


def test_iter_jobs_asks_as_it_is_consumed(emulator: Emulator, client: MetaStudioClient) -> None:
    for number in range(101):
        emulator.control.add_job(name=str(number))
    jobs = client.iter_jobs()
    assert "list" not in emulator.control.counters()
    next(jobs)
    assert emulator.control.counters()["list"] == {"200": 1}


def test_a_job_that_moves_to_a_later_page_is_told_once(
    emulator: Emulator, client: MetaStudioClient
) -> None:
    old = "2024-01-01T00:00:00Z"
    made = [
        emulator.control.add_job(name=str(n), create_time="2024-01-02T00:00:00Z")["job_id"]
        for n in range(120)
    ]
    jobs: Iterator[Any] = client.iter_jobs()
    found = [next(jobs).job_id for _ in range(100)]
    newcomer = emulator.control.add_job(name="older than all", create_time=old)["job_id"]
    found += [job.job_id for job in jobs]
    assert found == [*made, newcomer]


def test_a_job_that_moves_to_an_earlier_page_is_not_missed(
    emulator: Emulator, client: MetaStudioClient
) -> None:
    made = [emulator.control.add_job(name=str(n))["job_id"] for n in range(120)]
    jobs: Iterator[Any] = client.iter_jobs()
    found = [next(jobs).job_id for _ in range(100)]
    emulator.control.delete_job(made[0])  # which takes the 101st to the page already read
    found += [job.job_id for job in jobs]
    assert sorted(found) == sorted(made)


def test_writes_are_noted(client: MetaStudioClient) -> None:
    before = client.writes
    job_id = client.create_job(CreateJob(name="n")).job_id
    created = client.writes
    client.show_job(job_id)
    assert before < created == client.writes
    with pytest.raises(CommandFailed):
        client.command(job_id, Command(command="SUBMITVERIFYING"))
    assert client.writes > created


@pytest.mark.parametrize("profile", ["tutorial", "strict"])
def test_find_job(profile: str, start: Callable[..., Emulator], client_for: ClientFor) -> None:
    emulator = start(profile=profile)
    client = client_for(emulator)
    job_id = emulator.control.add_job(name="n")["job_id"]
    found = client.find_job(job_id)
    assert found is not None
    assert found.job_id == job_id
    emulator.control.delete_job(job_id)
    assert client.find_job(job_id) is None


def test_a_refused_show_of_a_listed_job_is_not_gone(
    emulator: Emulator, client: MetaStudioClient
) -> None:
    job_id = emulator.control.add_job(name="n")["job_id"]
    emulator.control.add_fault("show", "status", status=404)
    with pytest.raises(NotFound):
        client.find_job(job_id)


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
