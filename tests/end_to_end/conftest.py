"""Whole programs through a real engine, against the emulator: what a user's terminal sees."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

import pulumi_embedded
from metastudio_emulator import Emulator

PASSPHRASE = "correct horse battery staple"

# The inputs are data, so that a test edits a job as a pull request would; so are its options.
PROGRAM = """
import json, pathlib, pulumi
from pulumi_metastudio import TrainingJob

for resource, inputs in json.loads(pathlib.Path("jobs.json").read_text()).items():
    given = inputs.pop("opts", {})
    given["aliases"] = [pulumi.Alias(name=name) for name in given.pop("aliases", ())]
    job = TrainingJob(resource, **inputs, opts=pulumi.ResourceOptions(**given))
    pulumi.export(resource, {"job_id": job.job_id, "state": job.state,
                             "console_status": job.console_status, "contact": job.contact})
"""


@pytest.fixture
def emulator(tmp_path: Path, stop_meanwhile: Callable[[Emulator], None]) -> Iterator[Emulator]:
    """A service in which a job stays where it is put."""
    service = Emulator(tmp_path / "emulator", transitions="manual").start()
    yield service
    stop_meanwhile(service)


@pytest.fixture(params=["embedded", "pulumi"])
def engine(request: pytest.FixtureRequest) -> str:
    """Each test runs on both engines; the Pulumi CLI where there is one."""
    name: str = request.param
    if name == "pulumi" and shutil.which("pulumi") is None:
        pytest.skip("the Pulumi CLI is not on PATH")
    return name


@dataclass
class Result:
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout + self.stderr

    def ok(self) -> Result:
        assert self.code == 0, self.text
        return self


@dataclass
class Stack:
    """A folder with a program, a stack of it, and the commands a user types."""

    folder: Path
    engine: str
    environment: dict[str, str]
    transcript: list[str] = field(default_factory=list)

    def declare(self, **jobs: dict[str, Any]) -> None:
        """Write the jobs the program declares."""
        (self.folder / "jobs.json").write_text(json.dumps(jobs, default=str))

    def run(self, operation: str, *flags: str, preview: bool = False, **environment: str) -> Result:
        """``metastudio OPERATION`` on the stack ``test``, in a pipe as CI has it.

        Args:
            preview: whether it shows beforehand what it would do; that takes half of its time.
        """
        if operation in ("up", "refresh", "destroy"):
            flags = ("--yes", *([] if preview else ["--skip-preview"]), *flags)
        return self.type(operation, *flags, "--stack", "test", **environment)

    def command(self, *words: str) -> list[str]:
        """The command line of ``metastudio WORDS`` with this engine."""
        return [sys.executable, "-m", "pulumi_metastudio.cli", *words, "--engine", self.engine]

    def type(self, *words: str, stdin: str | None = None, **environment: str) -> Result:
        """``metastudio WORDS``, as somebody types it who names no stack."""
        return self._call(self.command(*words), stdin, **environment)

    def pulumi(self, *words: str, **environment: str) -> Result:
        """``pulumi WORDS`` on the stack ``test``, for what the command does not pass on."""
        path = os.pathsep.join([str(Path(sys.executable).parent), self.environment["PATH"]])
        command = ["pulumi", *words, "--non-interactive", "--stack", "test"]
        return self._call(command, None, PATH=path, **environment)

    def _call(self, command: list[str], stdin: str | None, **environment: str) -> Result:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            input=stdin,
            text=True,
            timeout=120,
            check=False,
        )
        self.transcript += [done.stdout, done.stderr]
        return Result(done.returncode, done.stdout, done.stderr)

    def init(self, name: str = "test") -> None:
        """Make an empty stack; for either engine, because they share the state."""
        with mock.patch.dict(os.environ, self.environment, clear=True):
            pulumi_embedded.create_stack(self.folder, name)

    def steps(self, *flags: str) -> dict[str, str]:
        """What a preview would change: operation by resource name."""
        result = self.run("preview", "--json", *flags).ok()
        listed = json.loads(result.stdout)["steps"]
        found: dict[str, str] = {}
        for step in listed:
            kind, name = step["urn"].split("::")[-2:]
            # A replacement is reported as three steps: create the new, replace, delete the old.
            op = "replace" if "replace" in step["op"] else step["op"]
            if kind.endswith("metastudio:TrainingJob") and op != "same":
                found[name] = op
        return found

    def of_a_colleague(self, folder: Path, **environment: str) -> Stack:
        """The same program, with the same names, in a backend and a home folder of its own."""
        home, backend, program = folder / "home", folder / "backend", folder / "program"
        backend.mkdir(parents=True)
        shutil.copytree(self.folder, program)
        own = {
            "HOME": str(home),
            "PULUMI_HOME": str(home / ".pulumi"),
            "PULUMI_BACKEND_URL": f"file://{backend}",
        }
        stack = Stack(program, self.engine, {**self.environment, **own, **environment})
        stack.init()
        return stack

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets hidden."""
        parsed: dict[str, Any] = json.loads(self.run("outputs", "--json").ok().stdout)
        return parsed

    def checkpoint(self) -> str:
        """The state as it lies on disk."""
        files = (self.folder.parent / "backend").rglob("test.json")
        return "".join(f.read_text() for f in files if "stacks" in f.parts)

    def recorded(self, name: str) -> dict[str, Any]:
        """The outputs of a job in the state."""
        (found,) = [r for r in self.state() if r["urn"].endswith(f"::{name}")]
        outputs: dict[str, Any] = found["outputs"]
        return outputs

    def state(self) -> list[dict[str, Any]]:
        """The training jobs in the state."""
        text = self.checkpoint()
        resources = json.loads(text)["checkpoint"]["latest"].get("resources") or []
        return [r for r in resources if r["type"].endswith("metastudio:TrainingJob")]


@pytest.fixture
def stack(tmp_path: Path, engine: str, emulator: Emulator) -> Stack:
    """An empty stack whose provider talks to the emulator."""
    return make_stack(tmp_path, engine, emulator)


def make_stack(tmp_path: Path, engine: str, emulator: Emulator) -> Stack:
    """A stack with an environment of its own, nothing of the machine's but PATH and HOME."""
    folder, backend = tmp_path / "program", tmp_path / "backend"
    folder.mkdir()
    backend.mkdir()
    (folder / "Pulumi.yaml").write_text("name: storytelling\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "HOME": str(tmp_path / "home"),
        "PULUMI_HOME": str(tmp_path / "home" / ".pulumi"),
        "PULUMI_BACKEND_URL": f"file://{backend}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "METASTUDIO_ENDPOINT": emulator.endpoint,
        "METASTUDIO_IAM_ENDPOINT": emulator.iam_endpoint,
        "METASTUDIO_CACHE_DIR": str(tmp_path / "cache"),
        "METASTUDIO_READS_PER_SECOND": "1000",
        "METASTUDIO_WRITES_PER_SECOND": "1000",
        "HUAWEICLOUD_SDK_AK": emulator.access_key,
        "HUAWEICLOUD_SDK_SK": emulator.secret_key,
        "HUAWEICLOUD_SDK_PROJECT_ID": emulator.project_id,
    }
    stack = Stack(folder, engine, environment)
    stack.init()
    return stack
