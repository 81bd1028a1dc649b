"""The uploader against the service's one-time URLs, when all goes well."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.api import Command, CreateJob, MetaStudioClient, UploadUrls
from pulumi_metastudio.transfer import Silent, Uploader, open_source, progress

from .upload_helpers import MEBI, OCTETS, confirmed, send_cover, sha256

MakeFile = Callable[..., Path]


@pytest.mark.parametrize("size", [1, 262144, 3 * MEBI + 1])
def test_a_whole_file(
    size: int, file: MakeFile, urls: UploadUrls, uploader: Uploader, emulator: Emulator
) -> None:
    content = os.urandom(size)
    assert send_cover(uploader, file(content), urls) == sha256(content)
    stored = emulator.control.objects(urls.job_id)["cover"]
    assert stored["sha256"] == sha256(content)
    assert (stored["size"], stored["content_type"], stored["uploads"]) == (size, OCTETS, 1)


def test_the_content_type_is_the_one_asked_for(
    file: MakeFile, urls: UploadUrls, uploader: Uploader, emulator: Emulator
) -> None:
    assert urls.audio_upload_url
    source = open_source(str(file()))
    uploader.send("audio", source, [urls.audio_upload_url], "application/zip", Silent())
    assert emulator.control.objects(urls.job_id)["audio"]["content_type"] == "application/zip"


class Slots(threading.Semaphore):
    """Notes how many were taken at once, and how often one was."""

    now = most = taken = 0

    def __enter__(self, *_: object) -> bool:
        got = super().__enter__()
        self.now, self.taken = self.now + 1, self.taken + 1
        self.most = max(self.most, self.now)
        return got

    def __exit__(self, *_: object) -> None:
        self.now -= 1
        super().__exit__(None, None, None)


def test_files_and_parts_share_the_connections(
    file: MakeFile, urls: UploadUrls, uploader: Uploader
) -> None:
    slots = Slots(1)

    def send(name: str, addresses: list[str]) -> str:
        source = open_source(str(file(name=name)))
        return uploader.send(name, source, addresses, OCTETS, Silent(), slots=slots)

    assert urls.cover_upload_url
    with ThreadPoolExecutor(2) as pool:
        sending = [
            pool.submit(send, "training_video", urls.training_video_upload_url),
            pool.submit(send, "cover", [urls.cover_upload_url]),
        ]
        assert {each.result() for each in sending} == {sha256(b"0123456789")}
    assert (slots.most, slots.taken) == (1, len(urls.training_video_upload_url) + 1)


@pytest.mark.parametrize("size", [4, 5, 7, 1000003])
def test_a_file_in_parts(
    size: int,
    file: MakeFile,
    urls: UploadUrls,
    uploader: Uploader,
    client: MetaStudioClient,
    emulator: Emulator,
) -> None:
    content = os.urandom(size)
    source = open_source(str(file(content)))
    digest = uploader.send(
        "training_video", source, urls.training_video_upload_url, OCTETS, Silent()
    )
    confirmed(client, urls)
    stored = emulator.control.objects(urls.job_id)["training_video"]
    assert digest == stored["sha256"] == sha256(content)
    assert emulator.control.job(urls.job_id)["part_uploads"]["training_video"] == {
        "1": 1,
        "2": 1,
        "3": 1,
        "4": 1,
    }


@pytest.mark.parametrize("there", [{2, 3}, {1, 2, 3, 4}])
def test_parts_that_are_there_are_not_sent(
    there: set[int],
    file: MakeFile,
    urls: UploadUrls,
    uploader: Uploader,
    client: MetaStudioClient,
    emulator: Emulator,
) -> None:
    content = os.urandom(100_000)
    source = open_source(str(file(content)))
    video = urls.training_video_upload_url
    missing = frozenset({1, 2, 3, 4} - there)
    uploader.send("training_video", source, video, OCTETS, Silent(), done=missing)
    listed = client.command(urls.job_id, Command(command="GET_MULTIPART_UPLOADED"))
    etags = {part.part_number: str(part.etag) for part in listed.multipart_data}
    done = uploader.matching_parts("training_video", source, 4, etags)
    assert done == there
    emulator.control.clear_counters()
    digest = uploader.send("training_video", source, video, OCTETS, Silent(), done=done)
    confirmed(client, urls)
    stored = emulator.control.objects(urls.job_id)["training_video"]
    assert digest == stored["sha256"] == sha256(content)
    assert emulator.control.counters().get("upload", {}) == (
        {"200": len(missing)} if missing else {}
    )


def test_only_parts_with_the_same_bytes_match(file: MakeFile, uploader: Uploader) -> None:
    content = b"aabbccdd"
    source = open_source(str(file(content)))
    md5 = [hashlib.md5(content[i : i + 2]).hexdigest() for i in (0, 2, 4, 6)]
    etags = {
        1: md5[0],
        2: f'"{md5[1].upper()}"',
        3: md5[0],  # of another part
        4: "not an md5-2",
        5: md5[0],  # beyond the end
        0: md5[0],
    }
    assert uploader.matching_parts("v", source, 4, etags) == {1, 2}


def test_a_slow_upload_is_no_stall(file: MakeFile, urls: UploadUrls, emulator: Emulator) -> None:
    # Longer than the timeout as a whole, with far more bytes than connections hold back.
    content = bytes(32 * MEBI)
    emulator.control.add_fault("upload", "delay", bytes_per_second=24 * MEBI)
    uploader = Uploader(stall_timeout=0.9)
    assert send_cover(uploader, file(content), urls) == sha256(content)
    assert emulator.control.counters()["upload"] == {"200": 1}


def test_a_url_is_streamed_through(
    web: Any, urls: UploadUrls, uploader: Uploader, emulator: Emulator
) -> None:
    web.content = os.urandom(MEBI)
    assert send_cover(uploader, f"{web.url}/c.png", urls) == sha256(web.content)
    assert emulator.control.objects(urls.job_id)["cover"]["sha256"] == sha256(web.content)


def test_a_url_in_parts(
    web: Any, urls: UploadUrls, uploader: Uploader, client: MetaStudioClient, emulator: Emulator
) -> None:
    web.content = os.urandom(MEBI)
    source = open_source(f"{web.url}/v.mp4")
    video = urls.training_video_upload_url
    digest = uploader.send("training_video", source, video, OCTETS, Silent())
    confirmed(client, urls)
    stored = emulator.control.objects(urls.job_id)["training_video"]
    assert digest == stored["sha256"] == sha256(web.content)
    asked = {wanted for _, wanted in web.requests if wanted}
    assert asked == {f"bytes={n * MEBI // 4}-" for n in (0, 1, 2, 3)}


def test_netrc_does_not_interfere(file: MakeFile, urls: UploadUrls, uploader: Uploader) -> None:
    netrc = Path("~/.netrc").expanduser()
    netrc.write_text("machine 127.0.0.1 login intruder password hunter2\n")
    netrc.chmod(0o600)
    assert send_cover(uploader, file(), urls) == sha256(b"0123456789")


def test_progress_is_told(
    file: MakeFile,
    urls: UploadUrls,
    uploader: Uploader,
    notes: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Clock:
        now = 0.0

        def monotonic(self) -> float:
            self.now += 1.0
            return self.now

    monkeypatch.setattr(progress, "time", Clock())
    send_cover(uploader, file(bytes(4 * MEBI)), urls, notes)
    texts = notes.of("status")
    assert texts[0] == "25 %, 0:03 left, cover of 4.0 MiB, 1.0 MiB/s"
    assert texts[-1].startswith("100 %, 0:00 left, cover of 4.0 MiB")
    assert len(texts) == 4


_SEND = """
import json, pathlib, sys
from pulumi_metastudio.transfer import Silent, Uploader, open_source

def peak():  # getrusage would begin with the peak of the parent process
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])

path, urls = json.load(sys.stdin)
source = open_source(path)
before = peak()
digest = Uploader().send("training_video", source, urls, "application/octet-stream", Silent())
after = peak()
print(json.dumps([digest, (after - before) * 1024]))
"""


@pytest.mark.parametrize("parts", [1, 4])
@pytest.mark.skipif(sys.platform != "linux", reason="sizes are counted in another unit")
def test_memory_stays_bounded(
    parts: int, tmp_path: Path, client: MetaStudioClient, emulator: Emulator
) -> None:
    size = 256 * MEBI
    path = tmp_path / "sparse.mp4"
    with path.open("wb") as stream:
        stream.truncate(size)
    urls = client.create_job(CreateJob(name="n", video_multipart_count=parts))
    run = subprocess.run(
        [sys.executable, "-c", _SEND],
        input=json.dumps([str(path), urls.training_video_upload_url]),
        capture_output=True,
        text=True,
        check=True,
    )
    digest, grown = json.loads(run.stdout)
    confirmed(client, urls)
    stored = emulator.control.objects(urls.job_id)["training_video"]
    assert (stored["size"], stored["sha256"]) == (size, digest)
    assert grown < 24 * MEBI
