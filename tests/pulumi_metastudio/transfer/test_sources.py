"""Paths and URLs as sources of bytes."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pulumi_metastudio.errors import InputError
from pulumi_metastudio.transfer import open_source
from pulumi_metastudio.transfer.sources import READ_ERRORS, Source, is_url

MakeFile = Callable[..., Path]


def read(source: Source, start: int = 0) -> bytes:
    blocks = []
    with source.reader(start) as stream:
        while block := stream.read(4):
            blocks.append(block)
    return b"".join(blocks)


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("https://e/x", True),
        ("file:///x", True),
        ("s3://bucket/x", True),
        ("x.mp4", False),
        ("/x", False),
        ("C://x", False),
        ("://x", False),
        ("", False),
    ],
)
def test_is_url(location: str, expected: bool) -> None:
    assert is_url(location) is expected


def test_a_file(file: MakeFile) -> None:
    path = file(b"0123456789")
    source = open_source(str(path))
    assert (source.size, source.label, source.location) == (10, str(path), str(path))
    assert (read(source), read(source, 4)) == (b"0123456789", b"456789")


@pytest.mark.parametrize("way", ["home", "relative", "a file URL", "a file URL with escapes"])
def test_ways_to_name_a_file(
    way: str, file: MakeFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file(b"abc", "my video.mp4")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    location = {
        "home": "~/my video.mp4",
        "relative": "my video.mp4",
        "a file URL": f"file://{path}",
        "a file URL with escapes": path.as_uri(),
    }[way]
    source = open_source(location)
    assert read(source) == b"abc"
    # What a later look at the same source is made from.
    assert open_source(source.location).validator == source.validator


def _fifo(path: Path) -> str:
    os.mkfifo(path / "fifo")
    return str(path / "fifo")


def _empty(path: Path) -> str:
    (path / "empty").touch()
    return str(path / "empty")


BAD_FILES: dict[str, tuple[Callable[[Path], str], str]] = {
    "missing": (lambda path: str(path / "none"), "no such file"),
    "a folder": (str, "is a directory: give a file"),
    "empty": (_empty, "is empty"),
    "a pipe": (_fifo, "is not a regular file"),
    "no text": (lambda _: "", "is a directory"),
    "a folder in the place of a file": (lambda path: f"{path}/x/y", "no such file"),
    "a name too long": (lambda _: "x" * 5000, "File name too long"),
    "a zero byte": (lambda _: "a\0b", "is not a path"),
    "half a surrogate": (lambda _: "a\ud800b", "is not a path"),
    "a user who does not exist": (lambda _: "~nobody-of-that-name/x", "is not a path"),
    "a scheme nobody reads": (lambda _: "odd://e/x", "'odd' is not a scheme that can be read"),
    "an odd address": (lambda _: "http://[::1/x", "is not a URL"),
    "a URL without a host": (lambda _: "http:///x", "is not a URL"),
    "a URL with one slash": (lambda _: "https:/u:secret@e/x?secret", "is not a URL that can be"),
    "a URL with an odd port": (lambda _: "http://e:port/x", "is not a URL"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_file_that_does_not_do(case: str, tmp_path: Path) -> None:
    make, expected = BAD_FILES[case]
    with pytest.raises(InputError) as caught:
        open_source(make(tmp_path))
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_unreadable_file(file: MakeFile, monkeypatch: pytest.MonkeyPatch) -> None:
    path = file()
    path.chmod(0)
    if os.access(path, os.R_OK):  # an administrator may read anything
        real = os.access
        monkeypatch.setattr(os, "access", lambda p, mode: Path(p) != path and real(p, mode))
    with pytest.raises(InputError, match="cannot be read: check its permissions"):
        open_source(str(path))


def test_the_validator_changes_with_the_content(file: MakeFile, tmp_path: Path) -> None:
    path = file(b"one")
    first = open_source(str(path)).validator
    assert open_source(str(path)).validator == first
    replaced = file(b"two", "other")
    os.utime(replaced, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    replaced.replace(path)  # same size, same time, another file
    assert open_source(str(path)).validator != first


def test_a_url(web: Any) -> None:
    source = open_source(f"{web.url}/v.mp4?Signature=secret")
    assert (source.size, source.label) == (10, f"{web.url}/v.mp4")
    assert (read(source), read(source, 4)) == (b"0123456789", b"456789")
    assert web.requests[-1] == ("/v.mp4?Signature=secret", "bytes=4-")
    assert "secret" not in repr(source)


def test_user_information_is_kept_out_of_the_label(web: Any) -> None:
    location = web.url.replace("://", "://user:secret@") + "/v.mp4#part"
    assert open_source(location).label == f"{web.url}/v.mp4"


def test_the_etag_validates(web: Any) -> None:
    first = open_source(web.url).validator
    assert open_source(web.url).validator == first
    web.etag = '"v2"'
    assert open_source(web.url).validator != first


def test_last_modified_validates_where_there_is_no_etag(web: Any) -> None:
    web.etag, web.last_modified = None, "Mon, 01 Jan 2024 00:00:00 GMT"
    first = open_source(web.url).validator
    web.last_modified = "Mon, 01 Jan 2024 00:00:01 GMT"
    assert first
    assert open_source(web.url).validator != first


def test_without_either_nothing_validates(web: Any) -> None:
    web.etag = None
    assert open_source(web.url).validator == ""


@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        ({"status": 404}, "answered HTTP 404"),
        ({"status": 403}, "answered HTTP 403"),
        ({"tells_length": False}, "does not tell its Content-Length"),
        ({"content": b""}, "is empty"),
    ],
)
def test_a_url_that_does_not_do(switches: dict[str, Any], expected: str, web: Any) -> None:
    for name, value in switches.items():
        setattr(web, name, value)
    with pytest.raises(InputError) as caught:
        open_source(f"{web.url}/v.mp4?Signature=secret")
    assert expected in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_url_nobody_answers() -> None:
    with pytest.raises(InputError, match="cannot be reached") as caught:
        open_source("http://127.0.0.1:1/v?Signature=secret")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("takes_ranges", [True, False])
def test_it_tells_whether_it_can_be_read_from_anywhere(web: Any, takes_ranges: bool) -> None:
    web.takes_ranges = takes_ranges
    source = open_source(web.url)
    assert (source.size, source.seekable) == (10, takes_ranges)
    assert (read(source), read(source, 4)) == (b"0123456789", b"456789")


def test_a_server_without_ranges_is_asked_once_for_what_is_read_in_order(web: Any) -> None:
    web.takes_ranges, web.content = False, os.urandom(300_000)
    source = open_source(web.url)
    web.requests.clear()
    taken = b""
    while len(taken) < len(web.content):
        with source.reader(len(taken)) as stream:
            taken += stream.read(50_000) or b""
    assert taken == web.content
    assert len(web.requests) == 1
    with source.reader(7) as stream:  # not where the last one ended
        assert stream.read(3) == web.content[7:10]
    with source.reader(8) as stream:
        assert stream.read(3) == web.content[8:11]
    assert len(web.requests) == 3


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, GZIP", "odd"])
def test_a_compressed_url_is_refused(web: Any, encoding: str) -> None:
    web.encoding = encoding
    with pytest.raises(InputError) as caught:
        open_source(f"{web.url}/v.mp4?Signature=secret")
    assert str(caught.value) == (
        f"'{web.url}/v.mp4' comes with Content-Encoding {encoding}: store the file without it"
    )


@pytest.mark.parametrize("encoding", ["identity", "aws-chunked", ""])
def test_an_encoding_that_changes_no_byte(web: Any, encoding: str) -> None:
    web.encoding = encoding
    assert read(open_source(web.url)) == b"0123456789"


def test_a_url_that_is_compressed_when_it_is_read(web: Any) -> None:
    source = open_source(web.url)
    web.encoding = "gzip"
    with pytest.raises(READ_ERRORS, match="comes with Content-Encoding gzip"):
        read(source)


@pytest.fixture
def netrc(tmp_path: Path) -> None:
    """Somebody's credentials for both names of this machine."""
    machines = [f"machine {name} login lent password x\n" for name in ("127.0.0.1", "localhost")]
    file = tmp_path / "home" / ".netrc"
    file.write_text("".join(machines))
    file.chmod(0o600)


OWN = "Basic b3duOnB3"  # own:pw


@pytest.mark.usefixtures("netrc")
def test_credentials_for_other_programs_are_not_sent(web: Any) -> None:
    assert read(open_source(web.url), 4) == b"456789"
    web.moved_to = web.url.replace("127.0.0.1", "localhost")
    assert read(open_source(web.url), 4) == b"456789"
    assert set(web.authorizations) == {None}


@pytest.mark.usefixtures("netrc")
def test_credentials_in_the_url_are_sent_to_its_host_only(web: Any) -> None:
    location = web.url.replace("://", "://own:pw@")
    assert read(open_source(location), 4) == b"456789"
    assert set(web.authorizations) == {OWN}
    web.authorizations.clear()
    web.moved_to = web.url.replace("127.0.0.1", "localhost")
    assert read(open_source(location)) == b"0123456789"
    assert web.authorizations == [OWN, None] * 2


def test_a_proxy_of_the_environment_is_used(web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", web.url)
    assert read(open_source("http://files.invalid/v.mp4")) == b"0123456789"
    assert {path for path, _ in web.requests} == {"http://files.invalid/v.mp4"}


def test_certificates_of_the_environment_are_used(
    web: Any, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    web.server.socket = context.wrap_socket(web.server.socket, server_side=True)
    location = web.url.replace("http://127.0.0.1", "https://localhost")
    with pytest.raises(InputError, match=r"cannot be reached: .*SSLCert"):
        open_source(location)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    assert read(open_source(location), 4) == b"456789"


def test_a_url_that_is_gone_when_it_is_read(web: Any) -> None:
    source = open_source(web.url)
    web.status = 404
    with pytest.raises(READ_ERRORS, match="answered HTTP 404"):
        read(source)


def test_a_url_that_breaks_off(web: Any) -> None:
    source = open_source(web.url)
    web.breaks_after = 0
    with pytest.raises(READ_ERRORS):
        read(source)
