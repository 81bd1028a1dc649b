"""A run that is to have a program, or to have none, fails instead of skipping its tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("need", "there", "problem"),
    [
        ("pulumi", False, "METASTUDIO_TESTS_NEED=pulumi: pulumi is not on PATH"),
        ("!pulumi", True, "METASTUDIO_TESTS_NEED=!pulumi: pulumi is on PATH"),
        ("pulumi", True, ""),
    ],
)
def test_a_run_needs_what_it_is_told_to(
    need: str, there: bool, problem: str, tmp_path: Path
) -> None:
    program = tmp_path / ("pulumi" if os.name != "nt" else "pulumi.exe")
    if there:
        program.touch(mode=0o755)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", __file__],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "PATH": str(tmp_path), "METASTUDIO_TESTS_NEED": need},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == (problem == "")
    assert problem in done.stderr
