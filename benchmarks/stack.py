"""A folder with a Pulumi program of many jobs, and a local service for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from metastudio_emulator import Emulator

from .processes import Watch, watched

__all__ = ["Stack", "requests_since"]

_PROGRAM = """
import json, pathlib
from pulumi_metastudio import TrainingJob

for name, inputs in json.loads(pathlib.Path("jobs.json").read_text()).items():
    TrainingJob(name, **inputs)
"""

# In a module of its own, because a class of the program itself is pickled with all its code.
_TRIVIAL = """
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class TrivialProvider(ResourceProvider):
    def create(self, props):
        return CreateResult(props["name"], props)


class Trivial(Resource, module="measured", name="Trivial"):
    def __init__(self, resource_name, **props):
        super().__init__(TrivialProvider(), resource_name, props)
"""

_TRIVIAL_PROGRAM = """
import json, pathlib
from trivial import Trivial

for name, inputs in json.loads(pathlib.Path("jobs.json").read_text()).items():
    Trivial(name, **inputs)
"""


@dataclass(frozen=True)
class Stack:
    """A program in ``folder``; state, cache and home are in it too.

    Attributes:
        engine: which one runs it, ``embedded`` or ``pulumi``.
        environment: variables that replace some of its own.
        name: the stack's name.
        last: what the last run's processes took.
    """

    folder: Path
    emulator: Emulator
    engine: str = "embedded"
    environment: Mapping[str, str] = field(default_factory=dict)
    name: str = "measured"
    last: list[Watch] = field(default_factory=list)

    def declare(self, jobs: dict[str, dict[str, Any]]) -> None:
        """Write the program and its jobs."""
        (self.folder / "backend").mkdir(parents=True)
        (self.folder / "Pulumi.yaml").write_text("name: measured\nruntime: python\n")
        (self.folder / "__main__.py").write_text(_PROGRAM)
        (self.folder / "jobs.json").write_text(json.dumps(jobs, default=str))

    def declare_trivial(self, names: list[str]) -> None:
        """Write a program of the least that dynamic resources can be."""
        self.declare({name: {"name": name} for name in names})
        (self.folder / "trivial.py").write_text(_TRIVIAL)
        (self.folder / "__main__.py").write_text(_TRIVIAL_PROGRAM)

    def run(self, operation: str, *flags: str) -> tuple[float, str]:
        """``metastudio OPERATION`` by its engine: seconds, and what it printed."""
        command = [sys.executable, "-m", "pulumi_metastudio.cli", operation, *flags]
        started = time.perf_counter()
        process = subprocess.Popen(
            [*command, "--engine", self.engine, "--stack", self.name],
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with watched(process) as watch:
            printed, errors = process.communicate()
        seconds = time.perf_counter() - started
        self.last[:] = [watch]
        if process.returncode:
            raise RuntimeError(f"{operation} failed: {printed[-2000:]}{errors[-2000:]}")
        return seconds, printed

    def unchanged(self) -> float:
        """Seconds of a preview; it must find nothing to change."""
        seconds, printed = self.run("preview", "--json")
        changes = {step["op"] for step in json.loads(printed)["steps"]} - {"same"}
        if changes:
            raise RuntimeError(f"the preview shows {changes}")
        return seconds

    @property
    def checkpoint(self) -> Path:
        """The state's file."""
        files = (self.folder / "backend").rglob(f"{self.name}.json")
        (found,) = (file for file in files if _is_state(file))
        return found

    @property
    def cache(self) -> Path:
        """The folder of fingerprints."""
        return self.folder / "cache"

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "PULUMI_HOME": str(self.folder / "home" / ".pulumi"),
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'backend'}",
            "PULUMI_CONFIG_PASSPHRASE": "measured",
            "METASTUDIO_ENDPOINT": self.emulator.endpoint,
            "METASTUDIO_IAM_ENDPOINT": self.emulator.iam_endpoint,
            "METASTUDIO_CACHE_DIR": str(self.cache),
            "METASTUDIO_READS_PER_SECOND": "1000",
            "METASTUDIO_WRITES_PER_SECOND": "1000",
            "HUAWEICLOUD_SDK_AK": self.emulator.access_key,
            "HUAWEICLOUD_SDK_SK": self.emulator.secret_key,
            "HUAWEICLOUD_SDK_PROJECT_ID": self.emulator.project_id,
            **self.environment,
        }


def _is_state(path: Path) -> bool:
    return "stacks" in path.parts


def requests_since(emulator: Emulator) -> int:
    """Requests since the last call."""
    counters = emulator.control.counters()
    emulator.control.clear_counters()
    return sum(sum(operation.values()) for operation in counters.values())
