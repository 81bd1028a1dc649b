"""Filters, order and pages of the list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from metastudio_emulator import Emulator

from ..clients import Api, StartEmulator, error_of

T = "2024-03-0{}T10:00:00Z"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One emulator for all tests here, which only read its jobs."""
    with Emulator(tmp_path_factory.mktemp("data")) as shared:
        yield shared


@pytest.fixture(scope="module")
def jobs(emulator: Emulator) -> list[str]:
    """The ids of five jobs with known fields; the first to be created was updated last."""
    return [
        emulator.control.add_job(
            name=f"avatar {n}",
            state=state,
            create_time=T.format(n),
            last_update_time=T.format(10 - n),
            **more,
        )["job_id"]
        for n, state, more in (
            (1, "TRAINING", {"batch_name": "spring", "tags": ["a", "ab"]}),
            (2, "WAIT_FILE_UPLOAD", {"batch_name": "springtime", "is_flexus": True}),
            (3, "JOB_SUCCESS", {"asset_id": "b", "model_resolution": "4K"}),
            (4, "JOB_FINISH", {"asset_id": "a", "is_live_copy": True, "tags": ["ab"]}),
            (5, "JOB_BRAND_NEW", {"is_ondemand_resource": True}),
        )
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"state": "TRAINING,JOB_FINISH"}, [1, 4]),
        ({"state": "JOB_BRAND_NEW"}, [5]),
        ({"name": "avatar 3"}, [3]),
        ({"name": "avatar"}, []),
        ({"batch_name": "spring"}, [1]),
        ({"tag": "ab"}, [1, 4]),
        ({"tag": "a"}, [1]),
        ({"model_resolution": "4K"}, [3]),
        ({"is_flexus": "true"}, [2]),
        ({"is_flexus": "false"}, [1, 3, 4, 5]),
        ({"is_live_copy": "true"}, [4]),
        ({"is_ondemand_resource": "true"}, [5]),
        ({"create_since": T.format(4)}, [4, 5]),
        ({"create_until": T.format(2)}, [1, 2]),
        ({"create_since": T.format(2), "create_until": T.format(3)}, [2, 3]),
        ({"update_since": T.format(8)}, [1, 2]),
        ({"update_until": T.format(6)}, [4, 5]),
        ({"train_location": "nowhere"}, []),
        ({"query_project_id": "f" * 32}, []),
        ({"sort_dir": "asc"}, [5, 4, 3, 2, 1]),
        ({"sort_dir": "desc"}, [1, 2, 3, 4, 5]),
        ({"sort_key": "create_time"}, [1, 2, 3, 4, 5]),
        ({"sort_key": "create_time", "sort_dir": "desc"}, [5, 4, 3, 2, 1]),
        ({"sort_key": "update_time", "sort_dir": "asc"}, [5, 4, 3, 2, 1]),
        ({"sort_key": "asset_order", "state": "JOB_SUCCESS,JOB_FINISH"}, [4, 3]),
        ({"unheard_of": "1"}, [1, 2, 3, 4, 5]),
    ],
)
def test_filters_and_order(
    api: Api, jobs: list[str], query: dict[str, str], expected: list[int]
) -> None:
    answer = api.list(**query)
    assert [jobs.index(job["job_id"]) + 1 for job in answer["jobs"]] == expected
    assert answer["count"] == len(expected)


def test_filter_by_job_id(api: Api, jobs: list[str]) -> None:
    answer = api.list(job_id=jobs[2], query_project_id=api.emulator.project_id)
    assert [job["job_id"] for job in answer["jobs"]] == [jobs[2]]


def test_pages_contain_each_job_once_and_the_total(api: Api, jobs: list[str]) -> None:
    pages = [
        api.list(offset=offset, limit=2, sort_key="create_time", sort_dir="asc")
        for offset in (0, 2, 4, 6)
    ]
    assert [page["count"] for page in pages] == [5, 5, 5, 5]
    assert [job["job_id"] for page in pages for job in page["jobs"]] == jobs


def test_a_page_has_ten_jobs_by_default(start_emulator: StartEmulator) -> None:
    api = Api(start_emulator())
    for n in range(11):
        api.emulator.control.add_job(name=str(n))
    answer = api.list()
    assert (answer["count"], len(answer["jobs"])) == (11, 10)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 101},
        {"offset": -1},
        {"limit": "many"},
        {"sort_key": "name"},
        {"sort_dir": "up"},
        {"state": "x" * 1025},
        {"name": "x" * 257},
        {"is_flexus": "maybe"},
        {"update_since": "2024-03-01"},
    ],
)
def test_a_query_out_of_range_is_refused(api: Api, query: dict[str, Any]) -> None:
    answer = api.call("GET", params=query)
    assert error_of(answer) == (400, "MSS.00000003")


def test_listed_jobs_have_only_the_basic_fields(api: Api, jobs: list[str]) -> None:
    item = api.list(job_id=jobs[0])["jobs"][0]
    assert "operation_logs" not in item
    assert {"job_id", "name", "state", "project_id", "create_time"} <= item.keys()
