"""The uploader against the service's one-time URLs."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metastudio_emulator import Emulator
from pulumi_metastudio.api import Command, CreateJob, MetaStudioClient, UploadUrls
from pulumi_metastudio.errors import UploadError, UploadFailure
from pulumi_metastudio.transfer import Silent, Uploader, open_source, part_count, progress
from pulumi_metastudio.transfer.answers import refusal
from pulumi_metastudio.transfer.parts import part_ranges, parts_fit

MakeFile = Callable[..., Path]

OCTETS = "application/octet-stream"
MEBI = 1 << 20


@given(st.integers(1, 10**6), st.integers(1, 1000))
def test_ranges_cover_the_file_exactly(size: int, count: int) -> None:
    count = min(count, size)
    ranges = part_ranges(size, count)
    assert len(ranges) == count
    reached = 0
    for start, length in ranges:
        assert start == reached
        assert length > 0
        reached += length
    assert reached == size
    lengths = [length for _, length in ranges]
    assert max(lengths) - min(lengths) <= 1
    assert part_ranges(size, count) == ranges


@given(st.integers(1, 4 * 10**12), st.integers(1, 10**10))
def test_the_number_of_parts_is_in_its_limits(size: int, part_size: int) -> None:
    count = part_count(size, part_size)
    assert 1 <= count <= min(1000, size)
    largest = part_ranges(size, count)[0][1]
    assert largest <= 5 * 1000**3
    if count < 1000:
        assert largest <= part_size


@pytest.mark.parametrize(
    ("size", "part_size", "count"),
    [
        (1, 64 * MEBI, 1),
        (64 * MEBI, 64 * MEBI, 1),
        (64 * MEBI + 1, 64 * MEBI, 2),
        (10**12, 64 * MEBI, 1000),
        (6 * 10**9, 10**10, 2),  # one part would be more than the storage takes
    ],
)
def test_part_count(size: int, part_size: int, count: int) -> None:
    assert part_count(size, part_size) == count


@pytest.mark.parametrize(
    ("size", "count", "fits"),
    [
        (5, 1, True),
        (5, 7, False),
        (200 * 1024, 2, True),
        (200 * 1024 - 1, 2, False),
        (5 * 10**9, 1, True),
        (5 * 10**9 + 1, 1, False),
    ],
)
def test_parts_fit(size: int, count: int, fits: bool) -> None:
    assert parts_fit(size, count) is fits


@pytest.fixture
def urls(client: MetaStudioClient) -> UploadUrls:
    """A new job's URLs, four for its video."""
    return client.create_job(CreateJob(name="n", video_multipart_count=4))


@pytest.fixture
def uploader() -> Uploader:
    return Uploader(stall_timeout=20, parallel=3)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def send_cover(uploader: Uploader, path: Path | str, urls: UploadUrls, notes: Any = None) -> str:
    assert urls.cover_upload_url
    return uploader.send(
        "cover", open_source(str(path)), [urls.cover_upload_url], OCTETS, notes or Silent()
    )


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


def confirmed(client: MetaStudioClient, urls: UploadUrls) -> None:
    client.command(urls.job_id, Command(command="CONFIRM_MULTIPART_UPLOADED"))


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
    told = uploader.send("training_video", source, urls.training_video_upload_url, OCTETS, Silent())
    confirmed(client, urls)
    stored = emulator.control.objects(urls.job_id)["training_video"]
    assert told == stored["sha256"] == sha256(content)
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
    told = uploader.send("training_video", source, video, OCTETS, Silent(), done=done)
    confirmed(client, urls)
    stored = emulator.control.objects(urls.job_id)["training_video"]
    assert told == stored["sha256"] == sha256(content)
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


def test_a_source_that_cannot_be_compared(web: Any, uploader: Uploader) -> None:
    source = open_source(web.url)
    web.status = 404
    with pytest.raises(UploadError) as caught:
        uploader.matching_parts("training_video", source, 1, {1: "0" * 32})
    assert caught.value.failure is UploadFailure.SOURCE


@pytest.mark.parametrize("size", [10, 20 * MEBI])
def test_a_used_url(
    size: int,
    file: MakeFile,
    urls: UploadUrls,
    uploader: Uploader,
    emulator: Emulator,
    waits: list[float],
) -> None:
    path = file(bytes(size))
    send_cover(uploader, path, urls)
    with pytest.raises(UploadError) as caught:
        send_cover(uploader, path, urls)
    assert caught.value.failure is UploadFailure.USED
    assert emulator.control.objects(urls.job_id)["cover"]["uploads"] == 1
    assert waits == []


def test_an_expired_url(
    file: MakeFile, urls: UploadUrls, uploader: Uploader, emulator: Emulator, waits: list[float]
) -> None:
    emulator.control.advance(25 * 3600)
    with pytest.raises(UploadError) as caught:
        send_cover(uploader, file(), urls)
    assert (caught.value.failure, waits) == (UploadFailure.EXPIRED, [])


def test_a_url_signed_for_another_content_type(
    file: MakeFile, urls: UploadUrls, uploader: Uploader, waits: list[float]
) -> None:
    assert urls.audio_upload_url
    with pytest.raises(UploadError) as caught:
        uploader.send("audio", open_source(str(file())), [urls.audio_upload_url], OCTETS, Silent())
    assert (caught.value.failure, waits) == (UploadFailure.SIGNATURE, [])
    assert str(caught.value).startswith("audio: the URL was signed for another request (HTTP 403")
    assert "Signature=" not in str(caught.value)


def test_a_url_of_an_upload_that_is_over(
    file: MakeFile, urls: UploadUrls, uploader: Uploader, client: MetaStudioClient
) -> None:
    source = open_source(str(file()))
    video = urls.training_video_upload_url
    uploader.send("training_video", source, video, OCTETS, Silent())
    confirmed(client, urls)
    fresh = client.create_job(CreateJob(name="m")).training_video_upload_url
    spent = fresh[0].partition("?")[0] + "?" + video[0].partition("?")[2]
    with pytest.raises(UploadError) as caught:
        uploader.send("training_video", source, [spent], OCTETS, Silent())
    assert caught.value.failure is UploadFailure.SIGNATURE
    with pytest.raises(UploadError) as caught:
        uploader.send("training_video", source, [video[0]], OCTETS, Silent())
    assert caught.value.failure is UploadFailure.USED


# What object storages answer, and what it means.
REFUSALS = [
    (403, "AccessDenied", "Request has expired", UploadFailure.EXPIRED),
    (403, "AccessDenied", "The URL was already used", UploadFailure.USED),
    (403, "AccessDenied", "Request refused because of the policy", UploadFailure.REFUSED),
    (403, "SignatureDoesNotMatch", "no match", UploadFailure.SIGNATURE),
    (404, "NoSuchUpload", "no such upload", UploadFailure.USED),
    (404, "NoSuchBucket", "no such bucket", UploadFailure.REFUSED),
    (400, "EntityTooLarge", "too large", UploadFailure.REFUSED),
]


@pytest.mark.parametrize(("status", "code", "message", "failure"), REFUSALS)
def test_what_a_refusal_means(status: int, code: str, message: str, failure: Any) -> None:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    problem = refusal("cover", status, body)
    assert problem.failure is failure
    assert str(problem) == f"cover: {failure.value} (HTTP {status} {code}: {message})"


@pytest.mark.parametrize("mode", ["whole", "parts"])
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"action": "status", "status": 500}, "the storage service is busy"),
        ({"action": "status", "status": 503}, "the storage service is busy"),
        ({"action": "reset"}, "the connection failed"),
        ({"action": "reset", "after_bytes": 100_000}, "the connection failed"),
    ],
)
def test_a_failure_that_passes_is_repeated(
    fault: dict[str, Any],
    told: str,
    mode: str,
    file: MakeFile,
    urls: UploadUrls,
    uploader: Uploader,
    client: MetaStudioClient,
    emulator: Emulator,
    notes: Any,
    waits: list[float],
) -> None:
    content = os.urandom(2 * MEBI)
    path = file(content)
    emulator.control.add_fault("upload", **fault, times=2)
    if mode == "whole":
        result, kind = send_cover(uploader, path, urls, notes), "cover"
    else:
        kind = "training_video"
        source = open_source(str(path))
        result = uploader.send(kind, source, urls.training_video_upload_url, OCTETS, notes)
        confirmed(client, urls)
    stored = emulator.control.objects(urls.job_id)[kind]
    assert result == stored["sha256"] == sha256(content)
    assert stored["uploads"] == (1 if mode == "whole" else 4)
    assert len(waits) == 2
    texts = [text for text in notes.of("status") if "again in" in text]
    assert len(texts) == 2
    named = r"cover" if mode == "whole" else r"training_video part [1-4]/4"
    assert all(re.match(f"{named}: {told}", text) for text in texts)
    assert not any("Signature=" in text for text in texts)


def test_a_storage_that_stays_busy(
    file: MakeFile, urls: UploadUrls, uploader: Uploader, emulator: Emulator, waits: list[float]
) -> None:
    emulator.control.add_fault("upload", "status", status=503)
    with pytest.raises(UploadError) as caught:
        send_cover(uploader, file(), urls)
    assert caught.value.failure is UploadFailure.BUSY
    assert emulator.control.counters()["upload"] == {"503": 5}
    assert len(waits) == 4


@pytest.mark.parametrize("size", [10 * MEBI, 10], ids=["while sending", "while waiting"])
def test_a_stall_is_noticed_and_repeated(
    size: int, file: MakeFile, urls: UploadUrls, emulator: Emulator, notes: Any
) -> None:
    after = {"after_bytes": MEBI} if size > MEBI else {}
    emulator.control.add_fault("upload", "stall", seconds=0.8, times=1, **after)
    content = os.urandom(size)
    uploader = Uploader(stall_timeout=0.25)
    assert send_cover(uploader, file(content), urls, notes) == sha256(content)
    assert any(t.startswith("cover: no byte moved for too long") for t in notes.of("status"))


def test_a_slow_upload_is_no_stall(file: MakeFile, urls: UploadUrls, emulator: Emulator) -> None:
    # Longer than the timeout as a whole, with far more bytes than connections hold back.
    content = bytes(32 * MEBI)
    emulator.control.add_fault("upload", "delay", bytes_per_second=24 * MEBI)
    uploader = Uploader(stall_timeout=0.9)
    assert send_cover(uploader, file(content), urls) == sha256(content)
    assert emulator.control.counters()["upload"] == {"200": 1}


class Meddler:
    """A reporter that does something to the file the first time it hears of a retry."""

    def __init__(self, deed: Callable[[], object]) -> None:
        self._deed = deed

    def status(self, text: str) -> None:
        self._deed()

    info = warning = error = status


@pytest.mark.parametrize(
    ("deed", "expected"),
    [
        (lambda path: path.write_bytes(b"9876543210"), "changed while it was being uploaded"),
        (lambda path: path.write_bytes(b"98"), "ended 8 bytes early"),
        (lambda path: path.unlink(), "No such file"),
    ],
    ids=["rewritten", "cut short", "removed"],
)
def test_a_file_that_changes_meanwhile_is_refused(
    deed: Callable[[Path], object],
    expected: str,
    file: MakeFile,
    urls: UploadUrls,
    uploader: Uploader,
    emulator: Emulator,
) -> None:
    path = file(b"0123456789")
    emulator.control.add_fault("upload", "status", status=503, times=1)
    with pytest.raises(UploadError) as caught:
        send_cover(uploader, path, urls, Meddler(lambda: deed(path)))
    assert caught.value.failure is UploadFailure.SOURCE
    assert expected in str(caught.value)


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
    told = uploader.send("training_video", source, video, OCTETS, Silent())
    confirmed(client, urls)
    stored = emulator.control.objects(urls.job_id)["training_video"]
    assert told == stored["sha256"] == sha256(web.content)
    asked = {wanted for _, wanted in web.requests if wanted}
    assert asked == {f"bytes={n * MEBI // 4}-" for n in (1, 2, 3)}


def test_a_url_that_breaks_off_once(
    web: Any, urls: UploadUrls, uploader: Uploader, emulator: Emulator, notes: Any
) -> None:
    source = open_source(f"{web.url}/c.png?Signature=secret")
    assert urls.cover_upload_url
    web.breaks_after, web.breaks_once = 3, True
    told = uploader.send("cover", source, [urls.cover_upload_url], OCTETS, notes)
    stored = emulator.control.objects(urls.job_id)["cover"]
    assert told == stored["sha256"] == sha256(web.content)
    assert any(f"from {web.url}/c.png: " in text for text in notes.of("status"))
    assert not any("secret" in text for text in notes.of("status"))


def test_a_url_that_is_gone(web: Any, urls: UploadUrls, uploader: Uploader) -> None:
    source = open_source(web.url)
    web.status = 404
    assert urls.cover_upload_url
    with pytest.raises(UploadError, match="answered HTTP 404") as caught:
        uploader.send("cover", source, [urls.cover_upload_url], OCTETS, Silent())
    assert caught.value.failure is UploadFailure.SOURCE


def test_a_url_whose_object_is_replaced_meanwhile(
    web: Any, urls: UploadUrls, uploader: Uploader
) -> None:
    source = open_source(web.url)
    web.etag = '"v2"'
    assert urls.cover_upload_url
    with pytest.raises(UploadError, match="changed while it was being uploaded"):
        uploader.send("cover", source, [urls.cover_upload_url], OCTETS, Silent())


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
    assert texts[0] == "uploading cover 25 % of 4.0 MiB, 1.0 MiB/s, 0:03 left"
    assert texts[-1].startswith("uploading cover 100 % of 4.0 MiB")
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
told = Uploader().send("training_video", source, urls, "application/octet-stream", Silent())
after = peak()
print(json.dumps([told, (after - before) * 1024]))
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
    told, grown = json.loads(run.stdout)
    confirmed(client, urls)
    stored = emulator.control.objects(urls.job_id)["training_video"]
    assert (stored["size"], stored["sha256"]) == (size, told)
    assert grown < 24 * MEBI
