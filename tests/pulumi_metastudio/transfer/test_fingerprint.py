"""Fingerprints, and the memory of them."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pulumi_metastudio.errors import InputError
from pulumi_metastudio.transfer import (
    Source,
    SourceCache,
    fingerprint,
    fingerprint_cache,
    open_source,
)
from pulumi_metastudio.transfer.sources import OnRetry, Readable

MakeFile = Callable[..., Path]


@dataclass
class Counted:
    """A source that counts how often it is read."""

    source: Source
    reads: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.source, name)

    def reader(
        self, start: int = 0, on_retry: OnRetry | None = None
    ) -> AbstractContextManager[Readable]:
        self.reads += 1
        return self.source.reader(start)


@pytest.fixture
def cache(tmp_path: Path) -> SourceCache:
    return SourceCache(tmp_path / "memory" / "fingerprints.db")


def counted(path: Path) -> Any:
    return Counted(open_source(str(path)))


def test_it_is_the_sha256(file: MakeFile, cache: SourceCache) -> None:
    content = os.urandom(3 * 1024 * 1024 + 7)
    path = file(content)
    assert fingerprint(open_source(str(path)), cache) == hashlib.sha256(content).hexdigest()


def test_an_unchanged_file_is_read_once(file: MakeFile, cache: SourceCache) -> None:
    path = file()
    first, second = counted(path), counted(path)
    assert fingerprint(first, cache) == fingerprint(second, cache)
    assert (first.reads, second.reads) == (1, 0)


def test_the_memory_outlives_the_process(file: MakeFile, tmp_path: Path) -> None:
    path = file()
    fingerprint(open_source(str(path)), SourceCache(tmp_path / "db"))
    again = counted(path)
    fingerprint(again, SourceCache(tmp_path / "db"))
    assert again.reads == 0


def test_one_file_by_two_names_is_read_once(
    file: MakeFile, cache: SourceCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file()
    fingerprint(open_source(str(path)), cache)
    monkeypatch.chdir(path.parent)
    relative = Counted(open_source(f"./{path.name}"))
    fingerprint(relative, cache)
    assert relative.reads == 0


def test_a_touched_file_is_read_again_and_is_the_same(file: MakeFile, cache: SourceCache) -> None:
    path = file()
    before = fingerprint(open_source(str(path)), cache)
    os.utime(path, (1, 1))
    touched = counted(path)
    assert fingerprint(touched, cache) == before
    assert touched.reads == 1


def test_a_changed_file(file: MakeFile, cache: SourceCache) -> None:
    path = file(b"one")
    before = fingerprint(open_source(str(path)), cache)
    file(b"other")
    after = fingerprint(open_source(str(path)), cache)
    assert after != before
    assert after == hashlib.sha256(b"other").hexdigest()


SIGNATURES = [
    "Signature={}",
    "AWSAccessKeyId=a&Expires={}&Signature={}",
    "OSSAccessKeyId=a&Expires={}&Signature={}&security-token={}",
    "AccessKeyId=a&Expires={}&Signature={}&x-obs-security-token={}",
    "X-Amz-Algorithm=a&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Signature={}",
    "x-oss-signature-version=OSS4&x-oss-date={}&x-oss-signature={}",
    "X-Goog-Algorithm=a&X-Goog-Date={}&X-Goog-Signature={}",
    "X-Obs-Date={}&X-Obs-Signature={}",
    "sv=2024&st={}&se={}&sr=b&sp=r&sig={}",
    "Policy={}&Key-Pair-Id=a&Signature={}",
]


@pytest.mark.parametrize("signature", SIGNATURES)
def test_another_signature_of_an_object_is_the_same_object(
    web: Any, cache: SourceCache, signature: str
) -> None:
    def url(mark: str) -> str:
        return f"{web.url}/v?id=1&{signature.replace('{}', mark)}&versionId=2#{mark}"

    first = fingerprint(open_source(url("1")), cache)
    again: Any = Counted(open_source(url("2").replace("://", "://user:pw@")))
    assert fingerprint(again, cache) == first
    assert again.reads == 0


@pytest.mark.parametrize(
    "queries",
    [
        ("id=1", "id=2"),
        ("sp=1", "sp=2"),  # a part of a signature only beside a signature
        ("id=1&Signature=x", "id=2&Signature=x"),
        ("x-oss-process=a&x-oss-signature=s", "x-oss-process=b&x-oss-signature=s"),
        ("id=", "id"),
    ],
)
def test_a_query_may_name_the_object(
    web: Any, cache: SourceCache, queries: tuple[str, str]
) -> None:
    # A weak validator: both have the same size, and the same time of change.
    first, second = (f"{web.url}/v?{query}" for query in queries)
    fingerprint(open_source(first), cache)
    web.content = b"9876543210"
    assert fingerprint(open_source(second), cache) == hashlib.sha256(web.content).hexdigest()


def test_the_memory_holds_no_query(web: Any, tmp_path: Path) -> None:
    location = f"{web.url}/v?id=1&token=secret".replace("://", "://user:secret@")
    fingerprint(open_source(location), SourceCache(tmp_path / "db"))
    with sqlite3.connect(tmp_path / "db") as db:
        (row,) = db.execute("SELECT * FROM known").fetchall()
    assert "secret" not in str(row)
    assert b"secret" not in (tmp_path / "db").read_bytes()


def test_a_url_without_a_validator_is_read_each_time(web: Any, cache: SourceCache) -> None:
    web.etag = None
    fingerprint(open_source(web.url), cache)
    web.content = b"9876543210"
    assert fingerprint(open_source(web.url), cache) == hashlib.sha256(b"9876543210").hexdigest()


@pytest.mark.parametrize("damage", ["no database", "another table", "a folder", "cut short"])
def test_a_damaged_memory_is_survived(damage: str, file: MakeFile, tmp_path: Path) -> None:
    db = tmp_path / "db"
    path = file()
    expected = fingerprint(open_source(str(path)), SourceCache(db))
    if damage == "no database":
        db.write_bytes(b"certainly not a database " * 100)
    elif damage == "cut short":
        db.write_bytes(db.read_bytes()[:5000])
    elif damage == "another table":
        db.unlink()
        with sqlite3.connect(db) as connection:
            connection.execute("CREATE TABLE fingerprint (x)")
    else:
        db.unlink()
        db.mkdir()
    assert fingerprint(open_source(str(path)), SourceCache(db)) == expected


def test_a_damaged_memory_is_begun_anew(file: MakeFile, tmp_path: Path) -> None:
    db = tmp_path / "db"
    db.write_bytes(b"certainly not a database " * 100)
    path = file()
    fingerprint(open_source(str(path)), SourceCache(db))
    again = counted(path)
    fingerprint(again, SourceCache(db))
    assert again.reads == 0


def test_a_folder_that_cannot_be_made_is_survived(file: MakeFile, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    cache = SourceCache(tmp_path / "taken" / "deeper" / "db")
    expected = hashlib.sha256(b"0123456789").hexdigest()
    assert fingerprint(open_source(str(file())), cache) == expected


def test_only_its_owner_may_look_into_the_memory(file: MakeFile, tmp_path: Path) -> None:
    cache = SourceCache(tmp_path / "memory" / "db")
    fingerprint(open_source(str(file())), cache)
    assert (tmp_path / "memory").stat().st_mode & 0o077 == 0


def test_a_source_that_cannot_be_read(web: Any, cache: SourceCache) -> None:
    source = open_source(f"{web.url}/v?Signature=secret")
    web.breaks_after = 0
    with pytest.raises(InputError, match="cannot be read") as caught:
        fingerprint(source, cache)
    assert "secret" not in str(caught.value)
    web.breaks_after = None
    assert fingerprint(source, cache) == hashlib.sha256(web.content).hexdigest()


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"METASTUDIO_CACHE_DIR": "{}/own"}, "own/fingerprints.db"),
        ({"XDG_CACHE_HOME": "{}/xdg"}, "xdg/pulumi-metastudio/fingerprints.db"),
        ({"HOME": "{}"}, ".cache/pulumi-metastudio/fingerprints.db"),
    ],
)
def test_where_the_memory_is(
    variables: dict[str, str],
    expected: str,
    file: MakeFile,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("METASTUDIO_CACHE_DIR")
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(tmp_path))
    fingerprint(open_source(str(file())), fingerprint_cache())
    assert (tmp_path / expected).is_file()
