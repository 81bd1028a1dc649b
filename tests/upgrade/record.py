"""Record the states that this version leaves behind, for later versions to go on from.

    python tests/upgrade/record.py

writes one checkpoint for each case into ``states/``, named by the version, and the declarations
they were made from. What a released version has recorded is never recorded again. The upload URLs
and the key in them were those of an emulator that is gone, and they are encrypted.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from metastudio_emulator import Emulator

HERE = Path(__file__).parent
PASSPHRASE = "known to the test"
NAME = "test"
PROGRAM = """
import json, pathlib
from pulumi_metastudio import TrainingJob

TrainingJob("anna", **json.loads(pathlib.Path("job.json").read_text()))
"""
#: Paths are the program's own, so that no machine's are recorded.
JOB: dict[str, Any] = {
    "name": "Anna",
    "contact": "13800138000",
    "tags": ["newsroom"],
    "training_video": "film.mp4",
    "id_card_image1": "card.png",
    "id_card_image2": "card.png",
    "grant_file": "letter.txt",
}


@dataclass
class Program:
    """A program of one job, and its stack."""

    folder: Path
    engine: str = "embedded"
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shutil.copytree(HERE / "material", self.folder)
        (self.folder / "Pulumi.yaml").write_text("name: recorded\nruntime: python\n")
        (self.folder / "__main__.py").write_text(PROGRAM)
        self.checkpoint.parent.mkdir(parents=True)
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "HOME": str(self.folder / "home"),
            "PULUMI_HOME": str(self.folder / "home" / ".pulumi"),
            "PULUMI_BACKEND_URL": f"file://{self.folder}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "METASTUDIO_CACHE_DIR": str(self.folder / "cache"),
            **self.environment,
        }

    @property
    def checkpoint(self) -> Path:
        return self.folder / ".pulumi" / "stacks" / "recorded" / f"{NAME}.json"

    def declare(self, job: dict[str, Any]) -> None:
        (self.folder / "job.json").write_text(json.dumps(job))

    def restore(self, state: Path) -> None:
        """Put a recorded state in place, and the salt that its secrets are read with."""
        shutil.copy(state, self.checkpoint)
        latest = json.loads(state.read_text())["checkpoint"]["latest"]
        salt = latest["secrets_providers"]["state"]["salt"]
        (self.folder / f"Pulumi.{NAME}.yaml").write_text(f"encryptionsalt: {salt}\n")

    def run(self, operation: str, *flags: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pulumi_metastudio.cli", operation, *flags]
        return subprocess.run(
            [*command, "--engine", self.engine, "--stack", NAME],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def service_of(emulator: Emulator) -> dict[str, str]:
    """The environment that leads to an emulator."""
    return {
        "METASTUDIO_ENDPOINT": emulator.endpoint,
        "METASTUDIO_IAM_ENDPOINT": emulator.iam_endpoint,
        "METASTUDIO_READS_PER_SECOND": "1000",
        "METASTUDIO_WRITES_PER_SECOND": "1000",
        "HUAWEICLOUD_SDK_AK": emulator.access_key,
        "HUAWEICLOUD_SDK_SK": emulator.secret_key,
        "HUAWEICLOUD_SDK_PROJECT_ID": emulator.project_id,
    }


def record(case: str, folder: Path) -> tuple[str, dict[str, Any]]:
    """The checkpoint of a case, and what was declared."""
    job = dict(JOB)
    with Emulator(folder / "service", transitions="manual") as emulator:
        control = emulator.control
        if case == "adopted":
            job["existing_job_id"] = control.add_job(
                name="Anna", contact="13800138000", tags=["newsroom"], state="TRAINING"
            )["job_id"]
        if case == "pending":
            control.add_fault("upload", "status", status=500)
        program = Program(folder / "program", environment=service_of(emulator))
        program.declare(job)
        done = program.run("up", "--yes")
        if (done.returncode != 0) != (case == "pending"):
            raise SystemExit(f"{case}: {done.stdout}{done.stderr}")
        if case == "failed":
            job_id = control.jobs()[0]["job_id"]
            control.set_state(job_id, "MANUAL_VERIFY_FAILED", reason="the light flickers")
            program.run("refresh", "--yes").check_returncode()
    return scrubbed(program.checkpoint.read_text()), job


def scrubbed(checkpoint: str) -> str:
    """Without where in this machine's files each resource was declared."""
    state = json.loads(checkpoint)
    for resource in state["checkpoint"]["latest"]["resources"]:
        resource.pop("sourcePosition", None)
        resource.pop("stackTrace", None)
    return json.dumps(state, indent=2) + "\n"


def main() -> None:
    release = version("pulumi-metastudio")
    declared = {}
    for case in ("complete", "pending", "failed", "adopted"):
        with tempfile.TemporaryDirectory() as folder:
            text, declared[case] = record(case, Path(folder))
            if folder in text or "://" in text:
                raise SystemExit(f"{case}: a path or a URL of this machine would be recorded")
        (HERE / "states" / f"{release}-{case}.json").write_text(text)
    (HERE / "states" / f"{release}.declared.json").write_text(json.dumps(declared, indent=2) + "\n")


if __name__ == "__main__":
    main()
