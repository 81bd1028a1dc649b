"""What is printed reaches every kind of pipe, and no mistake of a user's ends in a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator

NAME = "安娜 é 😀"


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1"])
def test_a_pipe_that_lacks_letters(pipe: Any, emulator: Emulator, encoding: str) -> None:
    job = emulator.control.add_job(name=NAME)["job_id"]
    for words in (["jobs", "list"], ["jobs", "show", job]):
        done = pipe(*words, PYTHONIOENCODING=encoding)
        assert done.returncode == 0, done.stderr
        assert b"\\u5b89\\u5a1c" in done.stdout
        assert b"Traceback" not in done.stderr
        parsed = json.loads(pipe(*words, "--json", PYTHONIOENCODING=encoding).stdout)
        assert NAME in str(parsed)
    done = pipe("jobs", "delete", job, stdin=b"n\n", PYTHONIOENCODING=encoding)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    # click writes UTF-8 where Python would write ASCII
    assert b"\\u5b89" in done.stderr or "安".encode() in done.stderr


@pytest.mark.parametrize("words", [["jobs", "list"], ["sweep"], ["up"], ["config", "set", "a"]])
@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("name: caf\u00e9\nruntime: python\n".encode("cp1252"), "is no UTF-8 text"),
        (b"name: [\n", "cannot be read"),
        (b"- a list\n", "names no project"),
        (b"", "names no project"),
        (b"runtime: python\n", "names no project"),
    ],
)
def test_a_project_file_that_is_none(
    pipe: Any, empty: Path, words: list[str], content: bytes, line: str
) -> None:
    (empty / "Pulumi.yaml").write_bytes(content)
    done = pipe(*words, "--engine", "embedded", "--stack", "test")
    assert done.returncode == 1
    (error,) = done.stderr.decode().splitlines()
    assert "Pulumi.yaml" in error
    assert line in error


def test_words_that_are_no_text(pipe: Any, emulator: Emulator) -> None:
    """What a shell passes on need not be text."""
    job = emulator.control.add_job(name="Anna")["job_id"]
    for words in (
        ["jobs", "list", "--name", "\udcff"],
        ["jobs", "show", "\udcff"],
        ["jobs", "show", job, "--app-user-id", "\udcff"],
        ["jobs", "reject", job, "-y", "--title", "\udcff", "-m", "m"],
        ["upload", job, "cover=\udcff.png"],
        ["adopt", "--tag", "\udcff"],
    ):
        done = pipe(*words)
        assert b"Traceback" not in done.stderr, words
        assert done.returncode in (0, 1, 2)


def test_a_value_that_is_no_text(pipe: Any, empty: Path, tmp_path: Path) -> None:
    (empty / "Pulumi.yaml").write_text("name: a\nruntime: python\n")
    (tmp_path / "state").mkdir()
    done = pipe(
        *("config", "set", "key", "--stack", "test", "--engine", "embedded"),
        stdin=b"\xff\xfe",
        PYTHONIOENCODING="utf-8:strict",
        PULUMI_BACKEND_URL=f"file://{tmp_path / 'state'}",
        PULUMI_CONFIG_PASSPHRASE="x",
    )
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"a value is text" in done.stderr


def test_a_traceback_is_asked_for(pipe: Any) -> None:
    """One line otherwise; the error still ends the command in the same way."""
    words = ["jobs", "show", "nobody"]
    plain, traced = pipe(*words), pipe(*words, METASTUDIO_DEBUG="1")
    assert plain.returncode == traced.returncode == 1
    (line,) = plain.stderr.splitlines()
    assert traced.stderr.startswith(b"Traceback (most recent call last)")
    assert traced.stderr.splitlines()[-1] == line


def test_a_log_is_asked_for(pipe: Any, tmp_path: Path, emulator: Emulator) -> None:
    file = tmp_path / "metastudio.log"
    assert pipe("jobs", "list", METASTUDIO_LOG=str(file)).returncode == 0
    assert "list training jobs: GET, HTTP 200" in file.read_text()
    assert emulator.secret_key not in file.read_text()
    shown = pipe("jobs", "list", METASTUDIO_LOG="debug")
    assert b"list training jobs: GET, HTTP 200" in shown.stderr
    (line,) = pipe("jobs", "list", METASTUDIO_LOG=str(tmp_path)).stderr.splitlines()
    assert line.startswith(b"Error: METASTUDIO_LOG: ")
