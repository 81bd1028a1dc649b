"""``metastudio fingerprint``: SHA256SUMS is written, kept up and checked."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pulumi_metastudio.cli.main import main
from pulumi_metastudio.transfer import digest_beside

Command = Callable[..., Result]
A = "a" * 64


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command in an empty folder."""
    folder = tmp_path / "material"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(main, ["fingerprint", *words])

    return invoke


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_it_writes_what_a_preview_reads(command: Command) -> None:
    Path("sub").mkdir()
    for name in ("b.mp4", "a.mp4", "sub/c.mp4"):
        Path(name).write_text(name)
    done = command("b.mp4", "sub/c.mp4", "a.mp4")
    assert done.exit_code == 0, done.output
    assert done.output == "2 files in SHA256SUMS\n1 file in sub/SHA256SUMS\n"
    assert Path("SHA256SUMS").read_text() == (
        f"{sha256('a.mp4')}  a.mp4\n{sha256('b.mp4')}  b.mp4\n"
    )
    found = digest_beside(Path("sub/c.mp4"))
    assert found
    assert found.sha256 == sha256("sub/c.mp4")
    assert command("--check", "SHA256SUMS", "sub/c.mp4").exit_code == 0


def test_lines_of_other_files_stay(command: Command) -> None:
    sums = Path("SHA256SUMS")
    sums.write_text(f"# by hand\n{A} *./z.mp4\n{A}  b.mp4\n{A}  b.mp4\n")
    sums.chmod(0o640)
    Path("b.mp4").write_text("b")
    assert command("b.mp4", "SHA256SUMS").exit_code == 0  # as `*` names it
    assert sums.read_text() == f"# by hand\n{sha256('b')}  b.mp4\n{A}  z.mp4\n"
    assert stat.S_IMODE(sums.stat().st_mode) == 0o640
    assert sorted(os.listdir()) == ["SHA256SUMS", "b.mp4"]


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum on this machine")
def test_sha256sum_takes_it(command: Command) -> None:
    names = ["plain.mp4", "a\\b", "line\nfeed", " space", "*star", "#hash", os.fsdecode(b"\xff")]
    for name in names:
        Path(name).write_text(ascii(name))
    assert command("--", *names).exit_code == 0
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], check=True)
    by_hand = subprocess.run(["sha256sum", "--", *sorted(names)], capture_output=True, check=True)
    assert Path("SHA256SUMS").read_bytes() == by_hand.stdout


def test_a_check_has_a_line_for_each_fault(command: Command) -> None:
    for name in ("good", "wrong", "missing", "line\nfeed"):
        Path(name).write_text(name)
    assert command("good", "wrong", "missing", "line\nfeed").exit_code == 0
    assert command("--check").output == ""
    Path("wrong").write_text("changed")
    Path("missing").unlink()
    Path("line\nfeed").write_text("")
    Path("new").write_text("new")
    done = command("--check", "SHA256SUMS", "new")
    assert done.exit_code == 1
    assert sorted(done.output.splitlines()) == sorted(
        [
            f"'line\\nfeed': '{Path.cwd()}/line feed' is empty",
            "missing: missing",
            "new: not in SHA256SUMS; 'metastudio fingerprint' writes it",
            f"wrong: wrong: it has {sha256('changed')[:12]}…, and SHA256SUMS says "
            f"{sha256('wrong')[:12]}…",
        ]
    )


def test_a_pointer_is_checked_by_what_it_says(command: Command) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{A}\nsize 5\n"
    Path("video.mp4").write_text(pointer)
    assert "is a Git LFS pointer, which has the digest" in command("video.mp4").output
    assert not Path("SHA256SUMS").exists()
    Path("SHA256SUMS").write_text(f"{A}  video.mp4\n")
    assert command("--check").exit_code == 0


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((), "name the files"),
        (("nowhere",), "no such file"),
        (("folder",), "is a directory: give a file"),
        (("good", "nowhere"), "no such file"),
        (("--check",), "'SHA256SUMS': no such file; 'metastudio fingerprint FILES' writes it"),
        (("--check", "good"), "good: not in SHA256SUMS"),
    ],
)
def test_what_cannot_be_done(command: Command, words: tuple[str, ...], text: str) -> None:
    Path("folder").mkdir()
    Path("good").write_text("good")
    done = command(*words)
    assert done.exit_code != 0
    assert text in done.output
    assert not Path("SHA256SUMS").exists()  # nothing was written of the good one either


def test_a_damaged_file_is_not_written_over(command: Command) -> None:
    Path("good").write_text("good")
    Path("SHA256SUMS").write_text("nonsense\n")
    done = command("good")
    assert done.exit_code == 1
    assert "'SHA256SUMS', line 1 is no line of sha256sum" in done.output
    Path("SHA256SUMS").write_text(f"{A}  x\n{'b' * 64}  ./x\n")
    assert "two different digests of 'x'" in command("good").output
    assert Path("SHA256SUMS").read_text().startswith(A)
