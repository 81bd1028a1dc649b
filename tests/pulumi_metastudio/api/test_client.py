"""The client against a real service: every operation, and paging."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.api import Command, CreateJob, MetaStudioClient, UpdateJob
from pulumi_metastudio.errors import CommandFailed, NotFound

from ..filters import FILTERS

ClientFor = Callable[..., MetaStudioClient]


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
