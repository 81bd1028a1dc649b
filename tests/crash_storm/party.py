"""One person with a stack: the jobs they declare, their folders, and the runs of their engine."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from metastudio_emulator import Emulator

from .kills import MARK, Kill, ended, kill_all

JOBS = 5
FILES = ("training_video", "id_card_image1", "id_card_image2", "grant_file", "cover")
_PROGRAM = """
import json, pathlib
from pulumi_metastudio import TrainingJob

for resource, inputs in json.loads(pathlib.Path("jobs.json").read_text()).items():
    TrainingJob(resource, **inputs)
"""
#: How often the first write is looked for, how long a run may go on when its victim is dead, and
#: how long an undisturbed one may take on a busy machine, in seconds.
_LOOK = 0.02
_DYING = 120.0
_PATIENCE = 900.0


@dataclass
class Party:
    """A stack named ``storm`` in a backend of its own.

    Attributes:
        name: who; no other party has it.
        folder: program and backend are in here.
        engine: ``embedded`` or ``pulumi``.
        jobs: the declared inputs by resource name.
        home: may be another party's, too.
        endpoint: the service, as this party reaches it.
        writes: counts the requests so far that change something.
        killed_at_work: how many runs were killed after their first write.
        failure: what the last operation that nobody killed said, if it failed.
    """

    name: str
    folder: Path
    engine: str
    jobs: dict[str, Any]
    home: Path
    endpoint: str
    service: Emulator
    writes: Callable[[], int]
    killed_at_work: int = field(default=0, init=False)
    failure: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self._program = self.folder / "program"
        self._log = self.folder / "runs.log"
        self._program.mkdir(parents=True)
        (self.folder / "backend").mkdir()
        (self._program / "Pulumi.yaml").write_text("name: storm\nruntime: python\n")
        (self._program / "__main__.py").write_text(_PROGRAM)
        (self._program / "jobs.json").write_text(json.dumps(self.jobs))

    def killed(self, kill: Kill, operation: str = "up") -> str | None:
        """Start an operation and kill it; the victim, or None when it was over before."""
        self._run("cancel")
        victim, before = None, self.writes()
        with self._start(operation) as run:
            if self._until(kill, run, before):
                victim = kill.strike(str(self.folder))
                self.killed_at_work += self.writes() > before
            ended(run, within=_DYING)
            kill_all(str(self.folder))
        return victim

    def undisturbed(self, operation: str) -> bool:
        """Whether an operation that nobody kills succeeds."""
        self._run("cancel")
        before = len(self.said())
        succeeded = self._run(operation) == 0
        self.failure = "" if succeeded else self.said()[before:]
        return succeeded

    def said(self) -> str:
        """What all runs so far have printed."""
        return self._log.read_text() if self._log.exists() else ""

    def recorded(self) -> dict[str, str]:
        """The job ids that the state records, by resource name; none without a stack."""
        stacks = (self.folder / "backend").glob(".pulumi/stacks/**/storm.json")
        checkpoint: dict[str, Any] = next(
            (json.loads(file.read_text())["checkpoint"] for file in stacks), {}
        )
        latest = checkpoint.get("latest") or {}
        return {
            r["urn"].rpartition("::")[2]: r["id"]
            for r in latest.get("resources") or []
            if r["type"].endswith("TrainingJob") and r.get("id") and not r.get("delete")
        }

    def declared(self, job_name: str) -> dict[str, Any] | None:
        """The inputs of the job with this name; None when it is not this party's."""
        return next((job for job in self.jobs.values() if job["name"] == job_name), None)

    def _until(self, kill: Kill, run: subprocess.Popen[str], before: int) -> bool:
        """Let a run go on; whether it is still there when its moment has come."""
        while kill.at_work and self.writes() == before:
            if ended(run, within=_LOOK):
                return False
        return not ended(run, within=kill.moment)

    def _run(self, operation: str) -> int:
        with self._start(operation) as run:
            return run.wait(timeout=_PATIENCE)

    def _start(self, operation: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "pulumi_metastudio.cli", operation]
        command += ["--engine", self.engine, "--stack", "storm"]
        with self._log.open("a") as log:
            return subprocess.Popen(
                [*command, *([] if operation == "cancel" else ["--yes"])],
                cwd=self._program,
                env=self._environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def _environment(self) -> dict[str, str]:
        return {
            MARK: str(self.folder),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "HOME": str(self.home),
            "PULUMI_HOME": str(self.home / ".pulumi"),
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'backend'}",
            "PULUMI_CONFIG_PASSPHRASE": "storm",
            "METASTUDIO_ENDPOINT": self.endpoint,
            "METASTUDIO_IAM_ENDPOINT": self.endpoint,
            "METASTUDIO_READS_PER_SECOND": "1000",
            "METASTUDIO_WRITES_PER_SECOND": "1000",
            "METASTUDIO_PART_SIZE": str(512 * 1024),
            "METASTUDIO_STALL_TIMEOUT": "5",
            "HUAWEICLOUD_SDK_AK": self.service.access_key,
            "HUAWEICLOUD_SDK_SK": self.service.secret_key,
            "HUAWEICLOUD_SDK_PROJECT_ID": self.service.project_id,
        }


def declare(
    samples: Mapping[str, Path], folder: Path, chance: random.Random, whose: str
) -> dict[str, Any]:
    """Five jobs, each with real media of its own: bytes after the end change no picture."""
    jobs: dict[str, Any] = {}
    for number in range(JOBS):
        job: dict[str, Any] = {"name": f"{whose} {number}"}
        for name in FILES:
            own = folder / f"{whose}-{number}-{samples[name].name}"
            padding = chance.randbytes(64)
            # An MP4 ends with boxes: a "free" one may hold anything.
            box = (8 + len(padding)).to_bytes(4, "big") + b"free" + padding
            own.write_bytes(samples[name].read_bytes() + box)
            job[name] = str(own)
        jobs[f"avatar-{number}"] = job
    return jobs
