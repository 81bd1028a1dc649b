"""Digests that stand for files: the lines of sha256sum, and pointers of Git LFS."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pulumi_metastudio.errors import InputError
from pulumi_metastudio.transfer import digest_beside, is_pointer
from pulumi_metastudio.transfer.digests import Entry, escaped, parse_sums, read_sums

A, B = "a" * 64, "b" * 64
MakeFile = Callable[..., Path]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"{A}  x.mp4\n", "x.mp4"),
        (f"{A} *x.mp4\n", "x.mp4"),
        (f"{A}  ./x.mp4", "./x.mp4"),
        (f"{A}  a name  with spaces \n", "a name  with spaces "),
        (f"{A.upper()}  x.mp4\r\n", "x.mp4"),
        (f"\ufeff# sums\n\n   \n  {A}  x.mp4\n", "x.mp4"),
        (f"\\{A}  back\\\\slash\\nline\\rreturn\n", "back\\slash\nline\rreturn"),
        (f"{A}  plain\\nbackslash\n", "plain\\nbackslash"),
        (f"SHA256 (x (1).mp4) = {A}\n", "x (1).mp4"),
        (f"\\SHA256 (x\\ny) = {A}\n", "x\ny"),
    ],
)
def test_a_line_of_sha256sum(text: str, name: str) -> None:
    assert list(parse_sums(text.encode(), "sums")) == [Entry(name, A)]


@pytest.mark.parametrize(
    "line",
    [
        "x.mp4",
        f"{A} x.mp4",
        f"{A}  ",
        f"{A[:-1]}  x.mp4",
        f"{A}a  x.mp4",
        f"{A[:-1]}g  x.mp4",
        f"\\{A}  x\\y",
        f"\\{A}  x\\",
        f"MD5 (x.mp4) = {A[:32]}",
        f"{A}  x.mp4\0{B}  y.mp4\0",
    ],
)
def test_a_line_that_is_none_is_named(line: str) -> None:
    text = f"# sums\n{A}  good.mp4\n{line}\n"
    with pytest.raises(InputError, match=r"^'m/SHA256SUMS', line 3 is no line of sha256sum"):
        list(parse_sums(text.encode(), "m/SHA256SUMS"))


NAMES = st.binary(min_size=1, max_size=40).filter(lambda name: not {0, 47} & set(name))


@given(names=st.lists(NAMES, max_size=5), digest=st.sampled_from([A, B]))
@example(names=[b"\\", b"\n", b"\r", b" ", b"*x", b"#x", b"\xff"], digest=A)
def test_what_is_written_is_read_back(names: list[bytes], digest: str) -> None:
    entries = [Entry(os.fsdecode(name), digest) for name in names]
    assert list(parse_sums(b"".join(map(escaped, entries)), "sums")) == entries


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum on this machine")
def test_the_real_sha256sum_writes_and_reads_the_same() -> None:
    names = [
        b"plain.mp4",
        b"a\\b",
        b"line\nfeed",
        b" space",
        b"*star",
        b"#hash",
        b"\xff\xfe",
        b"-x",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(names):
            (Path(folder) / os.fsdecode(name)).write_bytes(bytes([number]))
        command = [b"sha256sum", b"--", *sorted(names)]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=True)
        entries = list(parse_sums(done.stdout, "sums"))
        assert {each.name for each in entries} == {os.fsdecode(name) for name in names}
        for each in entries:
            content = (Path(folder) / each.name).read_bytes()
            assert each.sha256 == hashlib.sha256(content).hexdigest()
        assert b"".join(map(escaped, entries)) == done.stdout
        subprocess.run(
            ["sha256sum", "--check", "--strict", "-"], cwd=folder, input=done.stdout, check=True
        )


def test_the_digest_beside_a_file(file: MakeFile, tmp_path: Path) -> None:
    sums = file(f"{A}  ./video.mp4\n{B}  sub/other.mp4\n".encode(), "SHA256SUMS")
    found = digest_beside(tmp_path / "video.mp4")  # which is not there
    assert found
    assert (found.sha256, found.size, found.origin) == (A, None, f"'{sums}'")
    assert digest_beside(tmp_path / "other.mp4") is None
    assert digest_beside(tmp_path / "no such folder" / "video.mp4") is None
    # An edit counts at once.
    sums.write_text(f"{B}  video.mp4\n{B}  video.mp4\n")
    again = digest_beside(tmp_path / "video.mp4")
    assert again
    assert again.sha256 == B


def test_two_digests_of_one_file_are_refused(file: MakeFile) -> None:
    sums = file(f"{A}  x.mp4\n{B}  ./x.mp4\n".encode(), "SHA256SUMS")
    with pytest.raises(InputError, match=r"has two different digests of 'x\.mp4'"):
        read_sums(sums)


POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{A}\nsize 12345\n"


@pytest.mark.parametrize(
    "text",
    [
        POINTER,
        POINTER.replace("\n", "\r\n"),
        POINTER.replace("oid", f"ext-0-foo sha256:{B}\noid"),
        POINTER.replace("git-lfs.github", "hawser.github"),
    ],
)
def test_a_pointer_of_git_lfs(text: str, file: MakeFile, tmp_path: Path) -> None:
    path = file(text.encode())
    file(f"{B}  video.mp4\n".encode(), "SHA256SUMS")  # the pointer comes first
    found = digest_beside(path)
    assert found
    assert (found.sha256, found.size) == (A, 12345)
    assert found.origin.startswith("the Git LFS pointer '")
    assert is_pointer(path)


@pytest.mark.parametrize(
    "text",
    [
        POINTER.replace("spec/v1", "spec/v2"),
        f"\n{POINTER}",
        POINTER + "x" * 1024,
        "",
    ],
)
def test_what_is_no_pointer(text: str, file: MakeFile) -> None:
    path = file(text.encode())
    assert digest_beside(path) is None
    assert not is_pointer(path)


@pytest.mark.parametrize("part", [f"oid sha256:{A}\n", "size 12345\n", A[:5]])
def test_a_damaged_pointer(part: str, file: MakeFile) -> None:
    path = file(POINTER.replace(part, "", 1).encode())
    with pytest.raises(InputError, match="begins as a Git LFS pointer and lacks its oid or size"):
        digest_beside(path)
    assert is_pointer(path)
