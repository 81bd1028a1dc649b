"""A run of a pipeline: a folder, the platform it runs on, and the scripts as they stand."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from .served import Desk, Dialect, GitHub, GitLab, serving

SCRIPTS = Path(__file__).parents[2] / "examples" / "ci" / "scripts"
COMMIT = "1" * 40


@dataclass
class Run:
    """One checkout in which jobs of a pipeline run, one after the other."""

    folder: Path
    platform: Dialect
    desk: Desk
    address: str
    environment: dict[str, str]

    def reviewed(self, review: str, verdict: str = "clear") -> None:
        """What ``review.sh`` leaves behind."""
        self._write("review", "review.md", review, verdict)

    def looked(self, report: str, verdict: str) -> None:
        """What ``drift.sh`` leaves behind."""
        self._write("drift", "drift.md", report, verdict)

    def _write(self, folder: str, name: str, text: str, verdict: str) -> None:
        place = self.folder / folder
        place.mkdir(exist_ok=True)
        (place / name).write_text(text)
        (place / "verdict").write_text(f"{verdict}\n")

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()

    def script(self, name: str, commit: str = COMMIT, code: int = 0, **environment: str) -> str:
        """Run a script as the YAML calls it; what it said.

        Args:
            code: the exit code it must have.
        """
        runner = "sh" if name.endswith(".sh") else sys.executable
        done = subprocess.run(
            [runner, SCRIPTS / name],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONDONTWRITEBYTECODE": "1",  # beside the scripts, which people copy
                **self.platform.environment(self.address, self.folder, commit),
                **self.environment,
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert "Traceback" not in said
        return said


@pytest.fixture(params=[GitHub, GitLab])
def platform(request: pytest.FixtureRequest) -> Dialect:
    """Each test runs on both platforms."""
    dialect: Dialect = request.param()
    return dialect


@pytest.fixture
def run(platform: Dialect, tmp_path: Path) -> Iterator[Run]:
    """A pipeline on a platform that knows nothing yet."""
    folder, desk = tmp_path / "checkout", Desk()
    folder.mkdir()
    with serving(platform, desk) as address:
        yield Run(folder, platform, desk, address, {"PULUMI_STACK": "test"})
