"""A small service that a dynamic provider looks after, and programs written around it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import pulumi_embedded

PASSPHRASE = "correct horse"

# The service is a folder: one JSON file per thing. What the provider does is written to `calls`.
PROVIDER = """
import json, os, pathlib, time, uuid
import pulumi
from pulumi.dynamic import (
    CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, Resource, ResourceProvider,
    UpdateResult,
)

SERVICE = pathlib.Path(os.environ["SERVICE"])

def note(*words):
    with open(SERVICE / "calls", "a") as file:
        file.write(" ".join(map(str, words)) + "\\n")

def plain(props):
    return {k: v for k, v in props.items() if not k.startswith("__")}

def say(text, ephemeral):
    import grpc, sys
    from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc
    urn = "urn:pulumi:dev::proj::pulumi-python:dynamic/test:Thing::a"
    with grpc.insecure_channel(sys.argv[1]) as channel:
        engine = engine_pb2_grpc.EngineStub(channel)
        engine.Log(engine_pb2.LogRequest(severity=2, message=text, urn=urn, ephemeral=ephemeral))

class ThingProvider(ResourceProvider):
    def configure(self, req):
        self.token = req.config.get("token")

    def check(self, olds, news):
        if news.get("label") == "forbidden":
            return CheckResult(news, [CheckFailure("label", "it is forbidden")])
        return CheckResult(news, [])

    def diff(self, id, olds, news):
        if news.get("undecided"):
            return DiffResult()
        changed = [k for k in plain(news) if news[k] != olds.get(k)]
        changed += [k for k in olds if k not in news and not k.startswith("__") and k != "made"]
        return DiffResult(
            changes=bool(changed),
            replaces=[k for k in changed if k == "kind"],
            delete_before_replace=bool(olds.get("exclusive")),
        )

    def create(self, props):
        note("create", props["label"], "token", self.token)
        if props["label"] == "broken":
            raise Exception("the service says no")
        if props.get("status"):
            say(props["status"], ephemeral=True)
            say("done with it", ephemeral=False)
        if props.get("pause"):
            (SERVICE / "paused").write_text("now")
            (SERVICE / "resume").read_text()
        time.sleep(props.get("seconds", 0))
        id = uuid.uuid4().hex[:8]
        (SERVICE / f"{id}.json").write_text(json.dumps(plain(props)))
        return CreateResult(id, {**plain(props), "made": id})

    def update(self, id, olds, news):
        note("update", news["label"])
        (SERVICE / f"{id}.json").write_text(json.dumps(plain(news)))
        return UpdateResult({**plain(news), "made": id})

    def delete(self, id, props):
        note("delete", props["label"])
        (SERVICE / f"{id}.json").unlink()

    def read(self, id, props):
        file = SERVICE / f"{id}.json"
        if not file.exists():
            return ReadResult("", {})
        now = json.loads(file.read_text())
        return ReadResult(id, {**now, "made": id}, inputs=dict(now))

class Thing(Resource, module="test", name="Thing"):
    made: pulumi.Output[str]
    label: pulumi.Output[str]

    def __init__(self, name, opts=None, **props):
        super().__init__(ThingProvider(), name, {"made": None, "label": name, **props}, opts)
"""


@dataclass
class Result:
    """What a run said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


class Workspace:
    """A project in a folder, with its service and its backend."""

    def __init__(self, folder: Path, name: str = "proj") -> None:
        self.folder = folder / "project"
        self.service = folder / "service"
        self.backend = folder / "state"
        self.name = name
        for path in (self.folder, self.service, self.backend):
            path.mkdir()
        # Whoever opens a named pipe waits for the other end: no need to look again and again.
        os.mkfifo(self.service / "paused")
        os.mkfifo(self.service / "resume")
        self.settings(f"name: {name}\nruntime:\n  name: python\n")
        (self.folder / "thing.py").write_text(PROVIDER)
        self.environment = {
            "SERVICE": str(self.service),
            "PULUMI_BACKEND_URL": f"file://{self.backend}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_STACK": "dev",
        }

    def settings(self, text: str) -> None:
        """Write the project file; the CLI uses this very environment."""
        virtualenv = f"  options:\n    virtualenv: {sys.prefix}\n"
        text = text.replace("  name: python\n", f"  name: python\n{virtualenv}")
        (self.folder / "Pulumi.yaml").write_text(text, encoding="utf-8")

    def program(self, body: str) -> None:
        """Write the program."""
        head = (
            "import pulumi\nfrom pulumi import ResourceOptions as Opts\nfrom thing import Thing\n"
        )
        (self.folder / "__main__.py").write_text(head + textwrap.dedent(body))
        # Python tells a stale compiled file by size and whole seconds, and tests edit faster.
        shutil.rmtree(self.folder / "__pycache__", ignore_errors=True)

    def run(self, operation: str, **options: Any) -> Result:
        """Run one operation in this process."""
        out, err = io.StringIO(), io.StringIO()
        options.setdefault("yes", True)
        options.setdefault("interactive", False)
        code = pulumi_embedded.run(
            operation,  # type: ignore[arg-type]
            directory=self.folder,
            stack="dev",
            stdout=out,
            stderr=err,
            **options,
        )
        return Result(code, out.getvalue(), err.getvalue())

    def up(self, **options: Any) -> Result:
        """Bring the stack up, and insist that it works."""
        options.setdefault("skip_preview", True)
        result = self.run("up", **options)
        assert result.code == 0, result.text
        return result

    def start(
        self, operation: str, stdout: int = subprocess.PIPE, **options: Any
    ) -> subprocess.Popen[str]:
        """Run one operation in a process of its own."""
        script = (
            "import json, pathlib, sys, pulumi_embedded as e;"
            "sys.exit(e.run(sys.argv[1], directory=pathlib.Path(sys.argv[2]), stack='dev',"
            " yes=True, skip_preview=True, **json.loads(sys.argv[3])))"
        )
        return subprocess.Popen(
            [sys.executable, "-c", script, operation, str(self.folder), json.dumps(options)],
            env={**os.environ, **self.environment},
            stdout=stdout,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_until_paused(self) -> None:
        """Wait until the provider is in the middle of creating a thing with `pause`."""
        (self.service / "paused").read_text()

    def resume(self) -> None:
        """Let the provider go on."""
        (self.service / "resume").write_text("now")

    def pulumi(self, *arguments: str) -> Result:
        """Run the real CLI, however it ends."""
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color", "never"],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def cli(self, *arguments: str, code: int | None = 0) -> str:
        """Run the real CLI; its exit code must be the given one, if any is given."""
        result = self.pulumi(*arguments)
        assert code is None or result.code == code, result.text
        return result.out

    def refused(self, words: str, theirs: str | None = None, code: int = 1) -> Result:
        """A preview is refused in one line with these words; by the CLI, where it is, too.

        `theirs` are the CLI's words, if they are others.
        """
        result = self.run("preview")
        assert (result.code, result.err.count("\n"), result.out) == (code, 1, ""), result.text
        assert words in result.err
        if shutil.which("pulumi"):
            cli = self.pulumi("preview")
            assert cli.code == code, cli.text
            assert (words if theirs is None else theirs) in cli.err
        return result

    def checkpoint(self) -> dict[str, Any]:
        """The stack as it is stored."""
        text = (self.backend / ".pulumi" / "stacks" / self.name / "dev.json").read_text()
        latest: dict[str, Any] = json.loads(text)["checkpoint"]["latest"]
        return latest

    def resources(self) -> dict[str, dict[str, Any]]:
        """The stored resources by name, without those of the engine itself."""
        return {
            item["urn"].rpartition("::")[2]: item
            for item in self.checkpoint().get("resources", [])
            if not item["type"].startswith("pulumi:")
        }

    def things(self) -> dict[str, dict[str, Any]]:
        """What is in the service, by label."""
        things = [json.loads(file.read_text()) for file in self.service.glob("*.json")]
        return {thing["label"]: thing for thing in things}

    def meddle(self) -> None:
        """Change thing `b` and lose thing `c`, behind everybody's back."""
        for file in self.service.glob("*.json"):
            thing = json.loads(file.read_text())
            if thing["label"] == "b":
                file.write_text(json.dumps({**thing, "extra": 1}))
            elif thing["label"] == "c":
                file.unlink()

    def calls(self) -> list[str]:
        """What the provider did since the last time."""
        file = self.service / "calls"
        if not file.exists():
            return []
        lines = file.read_text().splitlines()
        file.unlink()
        return lines


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty project."""
    made = Workspace(tmp_path)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE_FILE", raising=False)
    return made


@pytest.fixture
def cli(workspace: Workspace) -> Workspace:
    """An empty project on a machine that has the Pulumi CLI."""
    if shutil.which("pulumi") is None:
        pytest.skip("the Pulumi CLI is not on PATH")
    return workspace
