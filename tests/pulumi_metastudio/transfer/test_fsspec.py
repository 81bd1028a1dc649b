"""Material that fsspec reads."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator

import pytest

from pulumi_metastudio.errors import InputError
from pulumi_metastudio.transfer import (
    Silent,
    Uploader,
    fingerprint,
    fingerprint_cache,
    open_source,
)

from .storage import Storage
from .upload_helpers import OCTETS

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def storage() -> Iterator[Storage]:
    with Storage() as served:
        yield served


@pytest.fixture
def content() -> Iterator[bytes]:
    memory = fsspec.filesystem("memory")
    content = os.urandom(300_000)
    memory.pipe("/bucket/video.mp4", content)
    memory.pipe("/bucket/empty.mp4", b"")
    yield content
    memory.rm("/bucket", recursive=True)


@pytest.mark.parametrize("parts", [1, 3])
def test_it_is_streamed_through(parts: int, content: bytes, storage: Storage) -> None:
    source = open_source("memory://bucket/video.mp4")
    assert (source.size, source.label) == (len(content), "memory://bucket/video.mp4")
    urls = [f"{storage.url}/{number}" for number in range(parts)]
    sent = Uploader().send("v", source, urls, OCTETS, Silent())
    assert sent == hashlib.sha256(content).hexdigest()
    assert b"".join(body for _, body in storage.arrived) == content


def test_its_fingerprint_is_kept_until_it_changes(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = fingerprint_cache()
    first = open_source("memory://bucket/video.mp4")
    assert first.validator
    sha256 = fingerprint(first, cache)
    assert cache.get(open_source("memory://bucket/video.mp4")) == sha256
    fsspec.filesystem("memory").pipe("/bucket/video.mp4", content[::-1])
    assert cache.get(open_source("memory://bucket/video.mp4")) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("memory://bucket/none.mp4", "'memory://bucket/none.mp4': no such file"),
        ("memory://bucket/empty.mp4", "is empty"),
        ("memory://bucket", "is a directory: give a file"),
        ("odd://bucket/x", "'odd' is not a scheme that can be read: give a path or an https URL"),
    ],
)
@pytest.mark.usefixtures("content")
def test_what_does_not_do(url: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        open_source(url)
    assert expected in str(caught.value)


def test_the_package_of_a_scheme_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(InputError, match=r"^'s3://bucket/x' cannot be read: Install s3fs"):
        open_source("s3://bucket/x")


def test_fsspec_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "fsspec"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError) as caught:
        open_source("s3://bucket/x")
    assert str(caught.value) == (
        "'s3' is not a scheme that can be read: give a path or an https URL, or install what "
        "reads others: pip install 'pulumi-metastudio[fsspec]'"
    )
