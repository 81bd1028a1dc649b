"""Jobs looked up and listed in a program, in the forms that ask at once."""

from __future__ import annotations

import inspect
import itertools
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pulumi
import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio import (
    functions,
    get_training_job,
    list_training_jobs,
    process_state,
)
from pulumi_metastudio.api import Job, JobDetail
from pulumi_metastudio.typed.job_output import private_fields

from .filters import FILTERS


@pytest.fixture(autouse=True)
def _own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection of another test's."""
    monkeypatch.setattr(process_state, "_CONTEXTS", {})


@pytest.fixture
def environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The emulator in the environment of the program."""
    for name, value in {
        "METASTUDIO_ENDPOINT": emulator.endpoint,
        "METASTUDIO_IAM_ENDPOINT": emulator.iam_endpoint,
        "METASTUDIO_READS_PER_SECOND": "1000",
        "HUAWEICLOUD_SDK_AK": emulator.access_key,
        "HUAWEICLOUD_SDK_SK": emulator.secret_key,
        "HUAWEICLOUD_SDK_PROJECT_ID": emulator.project_id,
    }.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def service(emulator: Emulator, environment: pytest.MonkeyPatch) -> Emulator:
    """The emulator, which the program is set up for."""
    return emulator


@pytest.fixture
def asked(canned: Any, environment: pytest.MonkeyPatch) -> Any:
    """A service without jobs that remembers what it was asked."""
    canned.say(200, '{"count": 0, "jobs": []}')
    environment.setenv("METASTUDIO_ENDPOINT", canned.endpoint)
    return canned


def add(service: Emulator, count: int) -> list[str]:
    return [service.control.add_job(name=str(number))["job_id"] for number in range(count)]


def requests(service: Emulator) -> int:
    """List requests that were answered."""
    return sum(service.control.counters().get("list", {}).values())


def one_line(caught: pytest.ExceptionInfo[pulumi.RunError]) -> str:
    text = str(caught.value)
    assert "\n" not in text
    return text


# ---------------------------------------------------------------------------- one job


def test_a_job_as_it_is_now(service: Emulator) -> None:
    job_id = service.control.add_job(name="Anna", contact="13800000000", app_user_id="u")["job_id"]
    found = get_training_job(job_id)
    assert isinstance(found, JobDetail)
    assert (found.job_id, found.name, found.state) == (job_id, "Anna", "WAIT_FILE_UPLOAD")
    service.control.set_state(job_id, "TRAINING")
    assert get_training_job(job_id, opts=pulumi.InvokeOptions()).state == "TRAINING"


def test_a_job_of_a_sub_user(asked: Any) -> None:
    asked.answers[0] = (200, {}, b'{"job_id": "j", "name": "n", "state": "TRAINING"}')
    assert get_training_job("j", app_user_id="user-7").job_id == "j"
    ((method, path, headers),) = asked.requests
    assert (method, path.rpartition("/")[2]) == ("GET", "j")
    assert headers["X-App-UserId"] == "user-7"


def test_a_job_that_does_not_exist(service: Emulator) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        get_training_job("nobody")
    text = one_line(caught)
    assert "the service has no training job nobody in this project" in text
    assert "`metastudio jobs list`" in text


@pytest.mark.parametrize("job_id", ["", None, "J?x", "J#x", "../x", "a\nb", "安娜", "j" * 65])
def test_what_is_no_jobs_id(job_id: Any, service: Emulator) -> None:
    with pytest.raises(pulumi.RunError, match="it must be a job's id") as caught:
        get_training_job(job_id)
    one_line(caught)
    assert service.control.counters() == {}


@pytest.mark.parametrize("app_user_id", ["安娜", "a\nb", "a b"])
def test_what_is_no_sub_users_id(app_user_id: str, service: Emulator) -> None:
    with pytest.raises(pulumi.RunError, match="visible ASCII characters only") as caught:
        get_training_job("j", app_user_id=app_user_id)
    one_line(caught)
    assert service.control.counters() == {}


@pytest.mark.parametrize("state", [5, [5], {"JOB_SUCCESS"}])
def test_what_is_no_state(state: Any, service: Emulator) -> None:
    with pytest.raises(pulumi.RunError, match="give a state, or a list of states") as caught:
        list_training_jobs(state=state)
    one_line(caught)


def test_a_job_that_cannot_be_read(service: Emulator) -> None:
    job_id = service.control.add_job(name="n")["job_id"]
    service.control.add_fault("show", "status", status=500)
    with pytest.raises(pulumi.RunError) as caught:
        get_training_job(job_id)
    assert f"show training job {job_id}: MSS.00000004" in one_line(caught)


# -------------------------------------------------------------------------- many jobs


@pytest.mark.parametrize(("filters", "wanted", "other"), FILTERS)
def test_every_filter_filters(
    filters: dict[str, Any], wanted: dict[str, Any], other: dict[str, Any], service: Emulator
) -> None:
    job_id = service.control.add_job(**wanted)["job_id"]
    service.control.add_job(**other)
    assert [job.job_id for job in list_training_jobs(**filters)] == [job_id]
    assert [job.job_id for job in list_training_jobs(**filters, job_id=job_id)] == [job_id]


def test_no_filter_is_left_out() -> None:
    beside = {"job_id", "sort_key", "sort_dir", "limit", "app_user_id", "account"}
    tried = {name for filters, _, _ in FILTERS for name in filters}
    assert tried | beside == set(inspect.signature(list_training_jobs).parameters)


def test_every_filter_reaches_the_service_by_its_wire_name(asked: Any) -> None:
    filters: dict[str, Any] = {}
    for each, _, _ in FILTERS:
        filters |= each
    filters |= {"job_id": "j", "sort_key": "asset_order", "sort_dir": "desc", "name": "a&b=c d"}
    assert list(list_training_jobs(**filters, app_user_id="user-7")) == []
    ((_, path, headers),) = asked.requests
    expected = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in filters.items()
    }
    query = {name: value for name, (value,) in parse_qs(urlsplit(path).query).items()}
    assert query == {**expected, "offset": "0", "limit": "100"}
    assert headers["X-App-UserId"] == "user-7"


@pytest.mark.parametrize(
    ("sorting", "expected"),
    [
        ({}, "abc"),
        ({"sort_dir": "desc"}, "cba"),
        ({"sort_key": "update_time"}, "bca"),
        ({"sort_key": "update_time", "sort_dir": "desc"}, "acb"),
        ({"sort_key": "asset_order"}, "cab"),
    ],
)
def test_the_order(sorting: dict[str, Any], expected: str, service: Emulator) -> None:
    for number, name in enumerate("abc"):
        service.control.add_job(
            name=name,
            create_time=f"2026-01-01T00:00:0{number}Z",
            last_update_time=f"2026-01-02T00:00:0{(number + 2) % 3}Z",
            asset_id=str((number + 1) % 3),
        )
    assert "".join(job.name for job in list_training_jobs(**sorting)) == expected


STATES = ("TRAINING", "JOB_FINISH", "JOB_SUCCESS")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("TRAINING", {"TRAINING"}),
        ("TRAINING,JOB_FINISH", {"TRAINING", "JOB_FINISH"}),
        (" TRAINING , JOB_FINISH,", {"TRAINING", "JOB_FINISH"}),
        (["TRAINING", "JOB_FINISH"], {"TRAINING", "JOB_FINISH"}),
        (("JOB_SUCCESS",), {"JOB_SUCCESS"}),
        (["A_STATE_OF_NEXT_YEAR"], set()),
        (None, {*STATES}),
        ("", {*STATES}),
        ([], {*STATES}),
        ([" "], {*STATES}),
        # Longer than the service takes: applied here.
        ([f"STATE_{number:04}" for number in range(200)] + ["TRAINING"], {"TRAINING"}),
    ],
)
def test_states(state: Any, expected: set[str], service: Emulator) -> None:
    for each in STATES:
        service.control.add_job(state=each)
    assert {job.state for job in list_training_jobs(state=state)} == expected
    assert service.control.counters()["list"] == {"200": 1}


@pytest.mark.parametrize(("length", "sent"), [(1024, True), (1025, False)])
def test_the_longest_filter_by_states(length: int, sent: bool, asked: Any) -> None:
    assert list(list_training_jobs(state="S" * length)) == []
    ((_, path, _),) = asked.requests
    assert ("state" in parse_qs(urlsplit(path).query)) is sent


def test_pages_are_fetched_as_they_are_consumed(service: Emulator) -> None:
    made = add(service, 201)
    jobs = list_training_jobs()
    assert requests(service) == 0
    found: list[Job] = []
    for count, pages in ((1, 1), (100, 1), (101, 2), (200, 2), (201, 3)):
        found += itertools.islice(jobs, count - len(found))
        assert (len(found), requests(service)) == (count, pages)
    assert next(jobs, None) is None
    assert [job.job_id for job in found] == made
    assert requests(service) == 3


@pytest.mark.parametrize(
    ("limit", "count", "pages"), [(0, 0, 0), (1, 1, 1), (100, 100, 1), (101, 101, 2), (999, 120, 2)]
)
def test_a_limit(limit: int, count: int, pages: int, service: Emulator) -> None:
    made = add(service, 120)
    found = [job.job_id for job in list_training_jobs(limit=limit)]
    assert found == made[:count]
    assert requests(service) == pages


def test_a_limit_counts_what_is_left_of_long_lists_of_states(service: Emulator) -> None:
    for state in ("JOB_FINISH", "TRAINING", "JOB_FINISH", "TRAINING", "TRAINING"):
        service.control.add_job(state=state)
    long = [*(f"STATE_{number:04}" for number in range(200)), "TRAINING"]
    found = [job.state for job in list_training_jobs(state=long, limit=2)]
    assert found == ["TRAINING", "TRAINING"]


def test_a_job_that_moves_between_pages_is_given_once(service: Emulator) -> None:
    made = add(service, 120)
    jobs = list_training_jobs()
    found = [job.job_id for job in itertools.islice(jobs, 100)]
    service.control.add_job(name="older", create_time="2020-01-01T00:00:00Z")
    found += [job.job_id for job in jobs]
    assert len(found) == len(set(found)) == 121
    assert set(made) < set(found)


# ----------------------------------------------------------------- errors and settings


@pytest.mark.parametrize("limit", [-1, -100, 2.5, "3", True])
def test_a_limit_that_is_none(limit: Any, service: Emulator) -> None:
    with pytest.raises(pulumi.RunError, match=f"limit is {limit!r}: give 0 or more") as caught:
        list_training_jobs(limit=limit)
    one_line(caught)
    assert requests(service) == 0


@pytest.mark.parametrize(
    ("wrong", "named"), [({"sort_key": "size"}, "sort_key"), ({"sort_dir": "up"}, "sort_dir")]
)
def test_what_the_service_refuses(wrong: Any, named: str, service: Emulator) -> None:
    jobs = list_training_jobs(**wrong)
    with pytest.raises(pulumi.RunError) as caught:
        next(jobs)
    text = one_line(caught)
    assert text.startswith("list training jobs: MSS.00000003: ")
    assert named in text


def test_a_later_page_that_cannot_be_read(service: Emulator) -> None:
    add(service, 101)
    jobs = list_training_jobs()
    assert len(list(itertools.islice(jobs, 100))) == 100
    service.control.add_fault("list", "status", status=500)
    with pytest.raises(pulumi.RunError) as caught:
        next(jobs)
    assert one_line(caught).startswith("list training jobs: MSS.00000004")


ASK = {
    "get": lambda: get_training_job("j"),
    "list": lambda: list_training_jobs(),  # at the call, not at the first job
}


@pytest.mark.parametrize("ask", ASK.values(), ids=ASK)
def test_settings_that_are_missing(ask: Any, environment: pytest.MonkeyPatch) -> None:
    environment.delenv("HUAWEICLOUD_SDK_SK")
    with pytest.raises(pulumi.RunError) as caught:
        ask()
    assert "HUAWEICLOUD_SDK_AK without HUAWEICLOUD_SDK_SK" in one_line(caught)


def test_a_key_that_is_refused(environment: pytest.MonkeyPatch, emulator: Emulator) -> None:
    environment.setenv("HUAWEICLOUD_SDK_SK", "wrong-secret")
    with pytest.raises(pulumi.RunError) as caught:
        list(list_training_jobs())
    assert "wrong-secret" not in one_line(caught)
    with pytest.raises(pulumi.RunError):
        get_training_job("j")


def test_settings_of_the_stack_come_first(
    environment: pytest.MonkeyPatch, emulator: Emulator
) -> None:
    job_id = emulator.control.add_job(name="n")["job_id"]
    environment.setenv("METASTUDIO_ENDPOINT", "http://127.0.0.1:9")
    environment.setenv("HUAWEICLOUD_SDK_SK", "wrong")
    stack = {
        "metastudio:endpoint": emulator.endpoint,
        "metastudio:accessKey": emulator.access_key,
        "metastudio:secretKey": emulator.secret_key,
    }
    environment.setenv("PULUMI_CONFIG", json.dumps(stack))
    environment.setenv("PULUMI_CONFIG_SECRET_KEYS", json.dumps(["metastudio:secretKey"]))
    assert get_training_job(job_id).name == "n"
    assert [job.job_id for job in list_training_jobs()] == [job_id]


def test_all_calls_share_one_context(service: Emulator) -> None:
    first, again = functions.context(), functions.context()
    assert (again.client, again.run) == (first.client, first.run)


def test_which_fields_are_private() -> None:
    urls = {name for name in JobDetail.model_fields if name.endswith("_url")}
    assert private_fields(JobDetail) == urls | {"contact", "comment_logs", "samples"}
    assert private_fields(Job) == {"contact", "cover_download_url"}
