"""The scripts as they stand, on the embedded engine against the service: from a change to drift."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from metastudio_emulator import Emulator

from ..end_to_end.conftest import Stack, make_stack
from .conftest import Run
from .served import GitHub


@pytest.fixture
def metastudio(tmp_path: Path) -> Path:
    """A folder for PATH with the command, on the embedded engine wherever there is a CLI too."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "metastudio").write_text(
        f"""#!/bin/sh
command=$1; shift
exec {sys.executable} -m pulumi_metastudio.cli "$command" --engine embedded "$@"
"""
    )
    (folder / "metastudio").chmod(0o755)
    return folder


@pytest.fixture
def platform() -> GitHub:
    """One platform: which of them it is matters to the scripts that post, not to the engine."""
    return GitHub()


@pytest.fixture
def stack(run: Run, metastudio: Path, tmp_path: Path, emulator: Emulator) -> Stack:
    """The program that the checkout has in a folder of its own."""
    stack = make_stack(run.folder, "embedded", emulator)
    run.environment |= {
        **stack.environment,
        "PATH": f"{metastudio}:{stack.environment['PATH']}",
        "PULUMI_STACK": "test",
        "PROJECT_FOLDER": "program",
    }
    return stack


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    """A service in which a job stays where it is put."""
    with Emulator(tmp_path / "emulator", transitions="manual") as service:
        yield service


def test_from_a_change_to_drift(run: Run, stack: Stack, emulator: Emulator) -> None:
    stack.declare(anna={"name": "Anna", "submit": False}, ben={"name": "Ben", "submit": False})
    run.script("up.sh")

    # Somebody changes a job by hand, then changes it back.
    anna = stack.recorded("anna")["job_id"]
    emulator.control.set_fields(anna, name="Hannah")
    run.script("drift.sh")
    run.script("drift_issue.py")
    assert "Mended in place: <code>anna</code>" in run.desk.issues[0].body
    assert "Mended in place: <code>anna</code>" in run.read("summary.md")
    emulator.control.set_fields(anna, name="Anna")
    run.script("drift.sh")
    run.script("drift_issue.py")
    assert not run.desk.issues[0].is_open

    # A change of a tag needs nobody, one that deletes a job does.
    stack.declare(
        anna={"name": "Anna", "submit": False, "tags": ["news"]},
        ben={"name": "Ben", "submit": False},
    )
    run.script("review.sh")
    run.script("comment.py")
    run.script("gate.py")
    stack.declare(anna={"name": "Anna", "submit": False, "tags": ["news"]})
    run.script("review.sh")
    run.script("comment.py")
    run.script("gate.py", code=1)
    (comment,) = run.desk.comments
    assert "**Deleted for good**: <code>ben</code>" in comment.body
    assert len(emulator.control.jobs()) == 2, "a review changes nothing"

    # What the engine says of a failed preview is in the log.
    stack.declare(anna={"name": ""})
    said = run.script("review.sh", code=1)
    assert "\nerror: " in said
    assert "name has 0 characters" in said
    assert "error: error: " not in said
