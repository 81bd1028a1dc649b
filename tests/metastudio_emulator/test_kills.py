"""A process that is killed leaves nothing half-done: what was acknowledged is there and usable."""

from __future__ import annotations

import dataclasses
import hashlib
import multiprocessing
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from metastudio_emulator import Emulator

sys.path.insert(0, str(Path(__file__).parent))

from kill_storm import KillStorm
from killed_at import serve

DONE = {"commond_result": "EXCUTE_SUCCESS"}


@pytest.fixture(scope="module")
def context():
    """Makes processes that have imported everything: each of these tests needs many."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(["metastudio_emulator.routes.application", "killed_at"])
    return made


@pytest.fixture
def killed_at(context, tmp_path):
    """Run an emulator that is killed at the given step after `begin` was called."""

    @contextmanager
    def run(step):
        line, theirs = context.Pipe()
        process = context.Process(target=serve, args=(tmp_path, step, theirs))
        process.start()
        theirs.close()

        def begin():
            line.send("begin")
            assert line.recv() == "counting"

        try:
            yield SimpleNamespace(**line.recv()), begin
        finally:
            process.kill()
            process.join()
            line.close()

    return run


@pytest.mark.parametrize("parts", [[b"whole"], [b"one ", b"two"]])
def test_a_confirmation_cut_off_anywhere_can_be_repeated(tmp_path, killed_at, api_for, put, parts):
    digest = hashlib.sha256(b"".join(parts)).hexdigest()
    for step in range(1, 40):
        with killed_at(step) as (info, begin):
            api = api_for(info)
            urls = api.create(video_multipart_count=len(parts))
            for url, part in zip(urls["training_video_upload_url"], parts, strict=True):
                put(url, part)
            begin()
            try:
                survived = api.command(urls["job_id"], "CONFIRM_MULTIPART_UPLOADED") == DONE
            except requests.ConnectionError:
                survived = False
        with Emulator(tmp_path) as again:
            api = api_for(again)
            job_id = urls["job_id"]
            assert api.command(job_id, "CONFIRM_MULTIPART_UPLOADED") == DONE, f"step {step}"
            assert again.control.objects(job_id)["training_video"]["sha256"] == digest
            url = api.show(job_id)["training_video_download_url"]
            assert requests.get(url, timeout=30).content == b"".join(parts)
        if survived:
            return
    pytest.fail("it never came through")


def test_a_part_replaced_by_another_is_the_one_or_the_other(tmp_path, killed_at, api_for, put):
    for step in range(1, 40):
        with killed_at(step) as (info, begin):
            api = api_for(info)
            urls = api.create()
            other = api.call("PUT", f"/{urls['job_id']}", json={}).json()
            assert put(urls["training_video_upload_url"][0], b"first").status_code == 200
            begin()
            try:
                survived = put(other["training_video_upload_url"][0], b"second").status_code == 200
            except requests.ConnectionError:
                survived = False
        with Emulator(tmp_path) as again:
            api = api_for(again)
            listed = api.command(urls["job_id"], "GET_MULTIPART_UPLOADED")["multipart_data"]
            assert api.command(urls["job_id"], "CONFIRM_MULTIPART_UPLOADED") == DONE
            url = api.show(urls["job_id"])["training_video_download_url"]
            content = requests.get(url, timeout=30).content
            assert content == b"second" if survived else content in (b"first", b"second")
            assert listed[0]["etag"].strip('"') == hashlib.md5(content).hexdigest(), f"step {step}"
        if survived:
            return
    pytest.fail("it never came through")


def test_what_nobody_refers_to_is_swept_at_the_start(tmp_path, api_for, put):
    with Emulator(tmp_path) as emulator:
        urls = api_for(emulator).create()
        put(urls["cover_upload_url"], b"kept")
    stray = tmp_path / "objects" / "gone" / "stray"
    stray.parent.mkdir()
    stray.write_bytes(b"from a run that was killed")
    with Emulator(tmp_path) as emulator:
        assert [path.name for path in (tmp_path / "objects").iterdir()] == [urls["job_id"]]
        url = api_for(emulator).show(urls["job_id"])["cover_download_url"]
        assert requests.get(url, timeout=30).content == b"kept"


def test_a_short_storm_of_kills_loses_nothing(tmp_path):
    storm = KillStorm(tmp_path, seed=3)
    storm.blow(kills=3)
    assert storm.counts.kills == 3
    assert storm.counts.confirmed > 0
    assert storm.counts.clean(), dataclasses.asdict(storm.counts)
