"""Readers that go away, stand still, or lack a character: a run goes on, and so does its state."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pulumi_embedded.display.outlet import Outlet

from .conftest import Workspace

# Fills the output with more than a pipe holds.
TALKATIVE = """
    for i in range(3000):
        print("line", i, "." * 100)
    Thing("a")
"""


def run(
    workspace: Workspace, *command: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run ``up`` from a shell."""
    script = (
        "import pathlib, sys, pulumi_embedded as e;"
        "sys.exit(e.run('up', directory=pathlib.Path(sys.argv[1]), stack='dev', yes=True))"
    )
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", *command, sys.executable, script, str(workspace.folder)],
        env={**os.environ, **workspace.environment, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "command",
    [
        '"$0" -c "$1" "$2" | head -1',
        '"$0" -c "$1" "$2" 2>&1 | true',
        '"$0" -c "$1" "$2" >&-',
        '"$0" -c "$1" "$2" <&- >&- 2>&-',
    ],
    ids=["a reader of one line", "no reader at all", "a closed output", "nothing open at all"],
)
def test_a_run_whose_reader_is_gone_finishes(workspace: Workspace, command: str) -> None:
    workspace.program(TALKATIVE)
    done = run(workspace, command)
    assert done.returncode == 0
    assert done.stderr == ""
    assert workspace.things().keys() == workspace.resources().keys() == {"a"}
    assert not list((workspace.backend / ".pulumi" / "locks").rglob("*.json"))


@pytest.mark.timeout(60)
def test_characters_that_the_output_lacks_are_replaced(workspace: Workspace) -> None:
    workspace.program('pulumi.log.info("gr\xfcn \u4e2d")\npulumi.export("name", "Zoë")\nThing("a")')
    done = run(workspace, '"$0" -c "$1" "$2"', PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "gr?n ?" in done.stdout
    assert 'name: "Zo?"' in done.stdout


@pytest.mark.timeout(60)
def test_two_interrupts_end_a_run_whose_output_nobody_reads(workspace: Workspace) -> None:
    workspace.program(TALKATIVE + '    Thing("slow", pause=True)\n')
    reader, writer = os.pipe()
    process = workspace.start("up", stdout=writer)
    os.close(writer)
    workspace.wait_until_paused()
    process.send_signal(signal.SIGINT)
    # The message cannot be seen; two signals at once would be taken for one.
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=1)
    process.send_signal(signal.SIGINT)
    process.wait()
    os.close(reader)
    assert process.returncode == 8
    assert [op["type"] for op in workspace.checkpoint()["pending_operations"]] == ["creating"]


def test_texts_keep_their_order_when_both_streams_lead_to_one_file(tmp_path: Path) -> None:
    with (tmp_path / "both").open("w") as one, (tmp_path / "both").open("a") as two:
        out = Outlet(one)
        err = Outlet(two, beside=out)
        for number in range(100):
            (err if number % 3 else out).write(f"{number}\n")
        out.close()
        err.close()
    assert (tmp_path / "both").read_text().split() == list(map(str, range(100)))


def test_a_full_pipe_holds_up_nobody() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream:
        outlet = Outlet(stream)
        outlet.write("x" * 1_000_000)
        outlet.close(patient=False)
        os.close(reader)


def test_what_is_read_late_is_complete() -> None:
    reader, writer = os.pipe()
    read: list[bytes] = []
    with os.fdopen(reader, "rb") as source, os.fdopen(writer, "w") as stream:
        outlet = Outlet(stream)
        outlet.write("x" * 1_000_000)
        thread = threading.Thread(target=lambda: read.append(source.read(1_000_000)))
        thread.start()
        outlet.close()
        thread.join()
    assert read == [b"x" * 1_000_000]


def test_a_stream_of_python_that_is_closed_is_no_error() -> None:
    stream = io.StringIO()
    stream.close()
    Outlet(stream).write("lost")
