"""After a kill at any moment, all that was acknowledged is there and usable."""

from __future__ import annotations

import dataclasses
import hashlib
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from multiprocessing.context import ForkServerContext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from metastudio_emulator import Emulator

from ..clients import SUCCESS, Api, put
from ..kill_storm import KillStorm
from .self_killing_emulator import serve

# A context manager around an emulator that dies at the given change after ``begin()``.
RunUntilKilled = Callable[[int], AbstractContextManager[tuple[Any, Callable[[], None]]]]


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Starts processes with all imports done, since each test needs many."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["metastudio_emulator.routes.application", serve.__module__])
    return context


@pytest.fixture
def run_until_killed(processes: ForkServerContext, tmp_path: Path) -> RunUntilKilled:
    @contextmanager
    def run(change: int) -> Iterator[tuple[Any, Callable[[], None]]]:
        pipe, theirs = processes.Pipe()
        process = processes.Process(target=serve, args=(tmp_path, change, theirs))
        process.start()
        theirs.close()

        def begin() -> None:
            pipe.send("begin")
            assert pipe.recv() == "counting"

        try:
            yield SimpleNamespace(**pipe.recv()), begin
        finally:
            process.kill()
            process.join()
            pipe.close()

    return run


@pytest.mark.parametrize("parts", [[b"whole"], [b"one ", b"two"]])
def test_an_interrupted_confirmation_can_be_repeated(
    tmp_path: Path, run_until_killed: RunUntilKilled, parts: list[bytes]
) -> None:
    digest = hashlib.sha256(b"".join(parts)).hexdigest()
    for change in range(1, 40):
        with run_until_killed(change) as (info, begin):
            api = Api(info)
            urls = api.create(video_multipart_count=len(parts))
            for url, part in zip(urls["training_video_upload_url"], parts, strict=True):
                put(url, part)
            begin()
            try:
                survived = api.command(urls["job_id"], "CONFIRM_MULTIPART_UPLOADED") == SUCCESS
            except requests.ConnectionError:
                survived = False
        with Emulator(tmp_path) as restarted:
            api = Api(restarted)
            job_id = urls["job_id"]
            assert api.command(job_id, "CONFIRM_MULTIPART_UPLOADED") == SUCCESS, f"change {change}"
            assert restarted.control.objects(job_id)["training_video"]["sha256"] == digest
            url = api.show(job_id)["training_video_download_url"]
            assert requests.get(url, timeout=30).content == b"".join(parts)
        if survived:
            return
    pytest.fail("the emulator was killed every time")


def test_an_interrupted_replacement_leaves_the_old_part_or_the_new_one(
    tmp_path: Path, run_until_killed: RunUntilKilled
) -> None:
    for change in range(1, 40):
        with run_until_killed(change) as (info, begin):
            api = Api(info)
            urls = api.create()
            other = api.update(urls["job_id"])
            assert put(urls["training_video_upload_url"][0], b"first").status_code == 200
            begin()
            try:
                survived = put(other["training_video_upload_url"][0], b"second").status_code == 200
            except requests.ConnectionError:
                survived = False
        with Emulator(tmp_path) as restarted:
            api = Api(restarted)
            listed = api.command(urls["job_id"], "GET_MULTIPART_UPLOADED")["multipart_data"]
            assert api.command(urls["job_id"], "CONFIRM_MULTIPART_UPLOADED") == SUCCESS
            url = api.show(urls["job_id"])["training_video_download_url"]
            content = requests.get(url, timeout=30).content
            assert content == b"second" if survived else content in (b"first", b"second")
            assert listed[0]["etag"].strip('"') == hashlib.md5(content).hexdigest(), (
                f"change {change}"
            )
        if survived:
            return
    pytest.fail("the emulator was killed every time")


def test_a_start_deletes_files_that_belong_to_nothing(tmp_path: Path) -> None:
    with Emulator(tmp_path) as emulator:
        urls = Api(emulator).create()
        put(urls["cover_upload_url"], b"kept")
    stray = tmp_path / "objects" / "gone" / "stray"
    stray.parent.mkdir()
    stray.write_bytes(b"from a run that was killed")
    with Emulator(tmp_path) as emulator:
        assert [path.name for path in (tmp_path / "objects").iterdir()] == [urls["job_id"]]
        url = Api(emulator).show(urls["job_id"])["cover_download_url"]
        assert requests.get(url, timeout=30).content == b"kept"


def test_a_short_storm_of_kills_loses_nothing(tmp_path: Path) -> None:
    storm = KillStorm(tmp_path, seed=3)
    storm.run(kills=3)
    assert storm.counts.kills == 3
    assert storm.counts.confirmed > 0
    assert storm.counts.clean(), dataclasses.asdict(storm.counts)
