"""Uploads that fail: what is repeated, what is refused, and what is reported."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.api import CreateJob, MetaStudioClient, UploadUrls
from pulumi_metastudio.errors import UploadError, UploadFailure
from pulumi_metastudio.transfer import Silent, Uploader, open_source
from pulumi_metastudio.transfer.storage_errors import storage_error

from .upload_helpers import MEBI, OCTETS, confirmed, send_cover, sha256

MakeFile = Callable[..., Path]


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
    problem = storage_error("cover", status, body)
    assert problem.failure is failure
    assert str(problem) == f"cover: {failure.value} (HTTP {status} {code}: {message})"


@pytest.mark.parametrize("mode", ["whole", "parts"])
@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ({"action": "status", "status": 500}, "the storage service is busy"),
        ({"action": "status", "status": 503}, "the storage service is busy"),
        ({"action": "reset"}, "the connection failed"),
        ({"action": "reset", "after_bytes": 100_000}, "the connection failed"),
    ],
)
def test_a_failure_that_passes_is_repeated(
    fault: dict[str, Any],
    line: str,
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
    assert all(re.match(f"{named}: {line}", text) for text in texts)
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
    after = MEBI if size > MEBI else None
    emulator.control.add_fault("upload", "stall", seconds=0.8, times=1, after_bytes=after)
    content = os.urandom(size)
    uploader = Uploader(stall_timeout=0.25)
    assert send_cover(uploader, file(content), urls, notes) == sha256(content)
    assert any(t.startswith("cover: no byte moved for too long") for t in notes.of("status"))


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


def test_a_source_that_cannot_be_compared(web: Any, uploader: Uploader) -> None:
    source = open_source(web.url)
    web.status = 404
    with pytest.raises(UploadError) as caught:
        uploader.matching_parts("training_video", source, 1, {1: "0" * 32})
    assert caught.value.failure is UploadFailure.SOURCE


def test_a_url_that_breaks_off_once(
    web: Any, urls: UploadUrls, uploader: Uploader, emulator: Emulator, notes: Any
) -> None:
    source = open_source(f"{web.url}/c.png?Signature=secret")
    assert urls.cover_upload_url
    web.breaks_after, web.breaks_once = 3, True
    fingerprint = uploader.send("cover", source, [urls.cover_upload_url], OCTETS, notes)
    stored = emulator.control.objects(urls.job_id)["cover"]
    assert fingerprint == stored["sha256"] == sha256(web.content)
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
