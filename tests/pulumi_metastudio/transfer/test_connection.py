"""Stalls, slowness and odd answers, on real sockets, plain and encrypted."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_metastudio.errors import UploadError, UploadFailure
from pulumi_metastudio.transfer import Uploader, open_source
from pulumi_metastudio.transfer.connection import WatchedAdapter

from .storage import Request, Storage, accept, answer, drip, go_quiet, stop_reading
from .upload_helpers import MEBI, OCTETS

MakeFile = Callable[..., Path]


@pytest.fixture(params=["http", "https"])
def storage(
    request: pytest.FixtureRequest, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Storage]:
    context = None
    if request.param == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with Storage(context) as served:
        yield served


@pytest.mark.parametrize(
    ("size", "stalls"),
    [(16 * MEBI, stop_reading), (16 * MEBI, go_quiet), (10, go_quiet)],
    ids=["in the middle of a body", "after a large body", "after a small body"],
)
def test_a_stall_is_noticed_named_and_repeated(
    size: int, stalls: Callable[[Request], None], storage: Storage, file: MakeFile, notes: Any
) -> None:
    content = os.urandom(size)
    storage.script = [stalls]
    Uploader(stall_timeout=0.4).send(
        "training_video", open_source(str(file(content))), [storage.url], OCTETS, notes
    )
    assert storage.arrived[-1] == ("/", content)
    # Once, or more often where other programs take the machine's time.
    reported = {text.partition("again in")[0] for text in notes.of("status") if "again in" in text}
    assert reported == {"training_video: no byte moved for too long (0.4 s); "}


def test_a_slow_connection_is_no_stall(
    storage: Storage, file: MakeFile, notes: Any, waits: list[float]
) -> None:
    # A block takes longer than the limit, and so do the bytes that the system holds at the end.
    content = os.urandom(3 * MEBI)
    storage.usual = drip(32 * 1024, 0.015)
    source = open_source(str(file(content)))
    Uploader(stall_timeout=0.4).send("cover", source, [storage.url], OCTETS, notes)
    assert storage.arrived == [("/", content)]
    assert waits == []


def test_a_stall_that_does_not_end(storage: Storage, file: MakeFile, notes: Any) -> None:
    storage.usual = go_quiet
    with pytest.raises(UploadError) as caught:
        Uploader(stall_timeout=0.1).send(
            "cover", open_source(str(file())), [storage.url], OCTETS, notes
        )
    assert caught.value.failure is UploadFailure.STALLED
    assert str(caught.value) == "cover: no byte moved for too long (0.1 s)"


def test_an_answer_before_the_end_of_the_body_is_read(
    storage: Storage, file: MakeFile, notes: Any, waits: list[float]
) -> None:
    def refuse(request: Request) -> None:
        request.read(1000)
        text = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
        request.answer(403, text=text)
        request.released.wait()  # neither reads on nor ends the connection
        raise ConnectionError

    storage.script = [refuse]
    uploader = Uploader(stall_timeout=2)
    source = open_source(str(file(bytes(16 * MEBI))))
    with pytest.raises(UploadError) as caught:
        uploader.send("cover", source, [storage.url], OCTETS, notes)
    assert (caught.value.failure, waits) == (UploadFailure.EXPIRED, [])
    # The connection, on which the rest of that body is due, is not used again.
    uploader.send("cover", source, [storage.url], OCTETS, notes)
    assert [len(body) for _, body in storage.arrived] == [1000, 16 * MEBI]


def _cut(text: bytes) -> Callable[[Request], None]:
    def behave(request: Request) -> None:
        request.read()
        request.peer.sendall(text)
        raise ConnectionError

    return behave


@pytest.mark.parametrize(
    "trouble",
    [answer(500), answer(503), answer(429), answer(408), _cut(b""), _cut(b"HTTP/1")],
    ids=["500", "503", "429", "408", "no answer", "half a status"],
)
def test_what_passes_is_repeated(
    trouble: Callable[[Request], None],
    storage: Storage,
    file: MakeFile,
    notes: Any,
    waits: list[float],
) -> None:
    content = os.urandom(1000)
    storage.script = [trouble, trouble]
    source = open_source(str(file(content)))
    Uploader(stall_timeout=5).send("cover", source, [storage.url], OCTETS, notes)
    assert storage.arrived == [("/", content)] * 3
    assert len(waits) == 2
    assert len([text for text in notes.of("status") if "again in" in text]) == 2


def test_a_cut_answer_of_success_is_success(
    storage: Storage, file: MakeFile, notes: Any, waits: list[float]
) -> None:
    # The status says that the bytes are there; to send them again would meet a used URL.
    storage.script = [_cut(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")]
    Uploader(stall_timeout=5).send("cover", open_source(str(file())), [storage.url], OCTETS, notes)
    assert (len(storage.arrived), waits) == (1, [])


def test_connections_are_used_again(storage: Storage, file: MakeFile, notes: Any) -> None:
    uploader = Uploader(stall_timeout=5)
    used = set()

    def note(request: Request) -> None:
        used.add(request.peer.getpeername())
        accept(request)

    storage.usual = note
    for _ in range(3):
        uploader.send("cover", open_source(str(file())), [storage.url], OCTETS, notes)
    assert len(used) == 1


@pytest.mark.parametrize("proxy", [None, "http://localhost:3128"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_pools_connection_is_a_class(scheme: str, proxy: str | None) -> None:
    # Since Python 3.14 a partial in a class is a method of it, and 3.13 warns of that.
    adapter = WatchedAdapter(0.5)
    manager = adapter.proxy_manager_for(proxy) if proxy else adapter.poolmanager
    connection: Any = manager.pool_classes_by_scheme[scheme].ConnectionCls
    assert connection.stall_timeout == 0.5
    assert isinstance(connection, type)
    other: Any = WatchedAdapter(7).poolmanager.pool_classes_by_scheme[scheme].ConnectionCls
    assert other.stall_timeout == 7
