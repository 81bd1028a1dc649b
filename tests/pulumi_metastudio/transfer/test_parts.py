"""Files in parts: beside each other, checked, each repeated alone, read once from afar."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_metastudio.errors import UploadError, UploadFailure
from pulumi_metastudio.transfer import Silent, Uploader, open_source

from .storage import Request, Storage, accept, answer
from .upload_helpers import OCTETS, sha256

MakeFile = Callable[..., Path]

KIBI = 1 << 10


@pytest.fixture
def storage() -> Iterator[Storage]:
    with Storage() as served:
        yield served


def urls(storage: Storage, count: int) -> list[str]:
    return [f"{storage.url}/{number}" for number in range(1, count + 1)]


def whole(storage: Storage, count: int) -> bytes:
    return b"".join(storage.bodies(f"/{number}")[-1] for number in range(1, count + 1))


@pytest.mark.parametrize("parallel", [1, 3])
def test_parts_go_beside_each_other_within_the_bound(
    parallel: int, storage: Storage, file: MakeFile
) -> None:
    together = threading.Barrier(parallel)  # opens only when so many are there at once
    under_way = most = 0
    lock = threading.Lock()

    def count(request: Request) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        together.wait(10)
        request.read()
        with lock:
            under_way -= 1
        request.answer()

    storage.usual = count
    content = os.urandom(600 * KIBI)
    digest = Uploader(stall_timeout=20, parallel=parallel).send(
        "v", open_source(str(file(content))), urls(storage, 6), OCTETS, Silent()
    )
    assert (digest, whole(storage, 6)) == (sha256(content), content)
    assert most == parallel


def test_a_part_that_arrived_otherwise_is_sent_again(
    storage: Storage, file: MakeFile, notes: Any
) -> None:
    storage.script = [accept, answer(etag=f'"{"0" * 32}"')]
    content = os.urandom(400 * KIBI)
    digest = Uploader(parallel=1).send(
        "video", open_source(str(file(content))), urls(storage, 4), OCTETS, notes
    )
    assert (digest, whole(storage, 4)) == (sha256(content), content)
    assert [path for path, _ in storage.arrived] == ["/1", "/2", "/2", "/3", "/4"]
    (again,) = [text for text in notes.of("status") if "again in" in text]
    assert again.startswith("video part 2/4: the connection failed (the storage service received")


@pytest.mark.parametrize("etag", ["", '"not-an-md5"', f'"{"0" * 32}-2"'])
def test_an_etag_that_is_no_md5_proves_nothing(
    etag: str, storage: Storage, file: MakeFile, waits: list[float]
) -> None:
    storage.usual = answer(etag=etag)
    Uploader().send("v", open_source(str(file())), urls(storage, 2), OCTETS, Silent())
    assert (len(storage.arrived), waits) == (2, [])


def test_a_part_that_fails_for_good_lets_no_other_begin(storage: Storage, file: MakeFile) -> None:
    storage.script = [accept, answer(403)]
    with pytest.raises(UploadError) as caught:
        Uploader(parallel=1).send(
            "v", open_source(str(file(bytes(100)))), urls(storage, 20), OCTETS, Silent()
        )
    assert caught.value.failure is UploadFailure.REFUSED
    assert len(storage.arrived) < 5


def test_the_source_gone_meanwhile_ends_it(storage: Storage, file: MakeFile) -> None:
    path = file(bytes(1000))

    def remove(request: Request) -> None:
        path.unlink(missing_ok=True)
        accept(request)

    storage.usual = remove
    with pytest.raises(UploadError) as caught:
        Uploader(parallel=1).send("v", open_source(str(path)), urls(storage, 4), OCTETS, Silent())
    assert caught.value.failure is UploadFailure.SOURCE


def md5_of(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def test_what_comes_from_afar_is_fetched_once(web: Any, storage: Storage) -> None:
    web.content = os.urandom(400 * KIBI)
    source = open_source(web.url)
    web.requests.clear()
    digest = Uploader().send("v", source, urls(storage, 4), OCTETS, Silent())
    assert (digest, whole(storage, 4)) == (sha256(web.content), web.content)
    step = 100 * KIBI
    wanted = [None, *(f"bytes={number * step}-" for number in (1, 2, 3))]
    # The last request is the look whether it has changed meanwhile.
    assert [asked for _, asked in web.requests] == [*wanted, "bytes=0-"]


def test_what_comes_from_a_server_without_range_is_fetched_once(web: Any, storage: Storage) -> None:
    web.content, web.takes_ranges = os.urandom(400 * KIBI + 3), False
    source = open_source(web.url)
    web.requests.clear()
    digest = Uploader().send("v", source, urls(storage, 4), OCTETS, Silent())
    assert (digest, whole(storage, 4)) == (sha256(web.content), web.content)
    assert len(web.requests) == 2  # the second is the look whether it has changed meanwhile


def test_a_part_from_a_server_without_range_is_repeated(web: Any, storage: Storage) -> None:
    web.content, web.takes_ranges = os.urandom(3000 * KIBI), False
    storage.script = [answer(500), accept, answer(503), answer(429)]
    source = open_source(web.url)
    web.breaks_after, web.breaks_once = 2500 * KIBI, True
    digest = Uploader().send("v", source, urls(storage, 3), OCTETS, Silent())
    assert (digest, whole(storage, 3)) == (sha256(web.content), web.content)


def test_parts_that_are_there_of_a_server_without_range(web: Any, storage: Storage) -> None:
    web.content, web.takes_ranges = os.urandom(400 * KIBI), False
    md5 = {n: md5_of(web.content[(n - 1) * 100 * KIBI : n * 100 * KIBI]) for n in (3, 1)}
    source = open_source(web.url)
    done = Uploader().matching_parts("v", source, 4, md5)
    assert done == {1, 3}
    digest = Uploader().send("v", source, urls(storage, 4), OCTETS, Silent(), done)
    assert digest == sha256(web.content)
    assert [path for path, _ in storage.arrived] == ["/2", "/4"]


def test_what_the_service_holds_of_a_far_file_counts_for_the_fingerprint(
    web: Any, storage: Storage
) -> None:
    web.content = os.urandom(40 * KIBI)
    done = frozenset({1, 3})
    digest = Uploader().send("v", open_source(web.url), urls(storage, 4), OCTETS, Silent(), done)
    assert digest == sha256(web.content)
    assert [path for path, _ in storage.arrived] == ["/2", "/4"]


def test_a_repeated_part_counts_once_for_the_fingerprint(web: Any, storage: Storage) -> None:
    web.content = os.urandom(3000 * KIBI)
    storage.script = [answer(500), accept, answer(503), answer(429)]
    digest = Uploader().send("v", open_source(web.url), urls(storage, 3), OCTETS, Silent())
    assert (digest, whole(storage, 3)) == (sha256(web.content), web.content)
    assert len(storage.arrived) == 6


def test_a_far_file_that_breaks_off_goes_on_in_the_same_request(
    web: Any, storage: Storage, notes: Any
) -> None:
    web.content = os.urandom(300 * KIBI)
    source = open_source(f"{web.url}/v.mp4?Signature=secret")
    web.breaks_after, web.breaks_once = 200 * KIBI, True
    web.requests.clear()
    digest = Uploader().send("video", source, urls(storage, 1), OCTETS, notes)
    assert digest == sha256(web.content)
    assert storage.arrived == [("/1", web.content)]
    (again,) = [text for text in notes.of("status") if "again in" in text]
    assert again.startswith(f"video: from {web.url}/v.mp4: ")
    assert "secret" not in again
    begin = int(str(web.requests[1][1]).removeprefix("bytes=").rstrip("-"))
    assert 100 * KIBI < begin <= 200 * KIBI


def test_a_server_without_range_is_read_from_the_start_again(web: Any, storage: Storage) -> None:
    web.content, web.takes_ranges = os.urandom(300 * KIBI), False
    source = open_source(web.url)
    web.breaks_after, web.breaks_once = 200 * KIBI, True
    digest = Uploader().send("v", source, urls(storage, 1), OCTETS, Silent())
    assert digest == sha256(web.content)
    assert storage.arrived == [("/1", web.content)]


def test_another_file_is_not_gone_on_with(web: Any, storage: Storage) -> None:
    web.content = os.urandom(300 * KIBI)
    source = open_source(web.url)
    web.breaks_after, web.etag = 200 * KIBI, '"v2"'
    with pytest.raises(UploadError, match="changed while it was being read") as caught:
        Uploader().send("v", source, urls(storage, 1), OCTETS, Silent())
    assert caught.value.failure is UploadFailure.SOURCE
