"""What keeps the live lane cheap: caps on jobs and bytes, and no submission unless it is asked for.

The lane's programs read their jobs from a file that only ``LiveStack.declare`` writes, so that
nothing reaches the account that was not counted there.
"""

from __future__ import annotations

import json
import secrets
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import PASSPHRASE, PROGRAM, Stack

#: What a run may do at most; METASTUDIO_LIVE_JOBS and METASTUDIO_LIVE_BYTES say otherwise.
JOBS, BYTES = 6, 64 * 1024 * 1024
#: What the commands may see of the caller's environment: who and where, and how to get there.
_PASSED_ON = ("METASTUDIO_", "HUAWEICLOUD_", "HW_", "CLOUD_SDK_", "PATH", "HOME", "PYTHONPATH")
_PASSED_ON_TOO = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "USERPROFILE")


class OverTheCap(AssertionError):
    """A test asked for more than the run may do; nothing was sent."""


@dataclass
class Lane:
    """The account of one run.

    Attributes:
        billable: whether jobs may be submitted, and so billed.
        batch: the batch name of every job of the run.
    """

    most_jobs: int = JOBS
    most_bytes: int = BYTES
    billable: bool = False
    batch: str = field(default_factory=lambda: f"metastudio-live-{secrets.token_hex(4)}")
    jobs: set[tuple[Path, str]] = field(default_factory=set)
    files: dict[tuple[Path, str, str], int] = field(default_factory=dict)

    @staticmethod
    def of(environ: Mapping[str, str]) -> Lane:
        """As the environment says; only ``METASTUDIO_LIVE_BILLABLE=1`` allows submissions."""
        return Lane(
            int(environ.get("METASTUDIO_LIVE_JOBS", JOBS)),
            int(environ.get("METASTUDIO_LIVE_BYTES", BYTES)),
            environ.get("METASTUDIO_LIVE_BILLABLE") == "1",
        )

    def spend(self, stack: Path, jobs: Mapping[str, Mapping[str, Any]]) -> None:
        """Count jobs and files that are about to be declared.

        Raises:
            OverTheCap: they are too many or too large, or would be submitted.
        """
        for name, inputs in jobs.items():
            if inputs.get("submit") is not False and not self.billable:
                raise OverTheCap(f"{name} would be submitted: METASTUDIO_LIVE_BILLABLE is not 1")
        more_jobs = self.jobs | {(stack, name) for name in jobs}
        more_files = self.files | {
            (stack, name, str(path)): path.stat().st_size
            for name, inputs in jobs.items()
            for path in inputs.values()
            if isinstance(path, Path)
        }
        if len(more_jobs) > self.most_jobs:
            raise OverTheCap(f"{len(more_jobs)} jobs, of {self.most_jobs} allowed")
        if sum(more_files.values()) > self.most_bytes:
            raise OverTheCap(f"{sum(more_files.values())} bytes, of {self.most_bytes} allowed")
        self.jobs, self.files = more_jobs, more_files


@dataclass
class LiveStack(Stack):
    """A stack whose jobs are counted before they are declared."""

    lane: Lane = field(default_factory=Lane)
    project: str = ""

    def declare(self, **jobs: dict[str, Any]) -> None:
        """Write the jobs the program declares, each in the run's batch.

        Raises:
            OverTheCap: nothing is written then.
        """
        self.lane.spend(self.folder, jobs)
        super().declare(**{name: {"batch_name": self.lane.batch} | j for name, j in jobs.items()})

    def lose_the_state(self) -> None:
        """What a machine that is thrown away does to its state."""
        for file in (self.folder.parent / "backend").rglob("test.json*"):
            file.unlink()
        self.init()

    def left(self) -> list[dict[str, Any]]:
        """The run's jobs that the service has."""
        words = ("jobs", "list", "--batch-name", self.lane.batch, "--json", "--stack", "test")
        listed: list[dict[str, Any]] = json.loads(self.type(*words).ok().stdout)
        return [job for job in listed if job.get("batch_name") == self.lane.batch]

    def clear(self) -> None:
        """Destroy, sweep, and hold that nothing is left that can be deleted."""
        self.run("destroy", "--refresh")
        self.run("sweep", "--delete", "--yes").ok()
        assert json.loads(self.run("sweep", "--json").ok().stdout) == []
        left = {job["job_id"]: job["state"] for job in self.left()}
        assert "WAIT_FILE_UPLOAD" not in left.values(), f"still at the service: {left}"
        if left:
            warnings.warn(f"submitted, and still at the service: {left}", stacklevel=1)


def live_stack(folder: Path, lane: Lane, engine: str, environ: Mapping[str, str]) -> LiveStack:
    """An empty stack in a project of its own, against the account in the environment."""
    program = folder / "program"
    for made in (program, folder / "backend"):
        made.mkdir(parents=True)
    project = f"live-{secrets.token_hex(4)}"
    (program / "Pulumi.yaml").write_text(f"name: {project}\nruntime: python\n")
    (program / "__main__.py").write_text(PROGRAM)
    environment = {
        name: value
        for name, value in environ.items()
        if name.startswith(_PASSED_ON) or name.upper() in _PASSED_ON_TOO
    }
    environment |= {
        "PULUMI_HOME": str(folder / "pulumi"),
        "PULUMI_BACKEND_URL": f"file://{folder / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "METASTUDIO_CACHE_DIR": str(folder / "cache"),
        "METASTUDIO_STATE_DIR": str(folder / "state"),
    }
    stack = LiveStack(program, engine, environment, lane=lane, project=project)
    stack.init()
    return stack
