"""A stack in folders of its own, and either engine at work on it."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi_embedded
from pulumi_embedded.project.passphrase import Crypter

from .programs import KNOWN, PROJECT, STACK
from .sequences import Turn

HERE = Path(__file__).parent
ENGINES = ("pulumi", "embedded")
PASSPHRASE = "correct horse"
#: Made once by the CLI for this passphrase, so that no sequence has to.
SALT = "v1:mzluGF0yx5k=:v1:sTU0CVU1tHILjSZT:BBdSOCQ+jWBL3qfW7U2/ZLCn9yIWcQ=="
PLAIN_CONFIG = {"plain": "here"}
#: What an engine that got SIGKILL ends with.
KILLED = -9
_PATIENCE = 300  # seconds; an engine that takes longer hangs

_EMBEDDED = """
import json, os, pathlib, sys
pathlib.Path(os.environ["JUDGE_SERVICE"], "engine").write_text(str(os.getpid()))
import pulumi_embedded
options = json.loads(sys.argv[2])
sys.exit(pulumi_embedded.run(sys.argv[1], directory=pathlib.Path("."), **options))
"""
_PULUMI = 'echo $$ > "$JUDGE_SERVICE/engine"; exec pulumi "$@"'


@dataclass
class Outcome:
    """What one operation left behind; nothing in it is normalized.

    Attributes:
        calls: of the provider, each ``[moment, call, key, given]``, in order.
        checkpoint: the stack as it is stored, secrets opened.
    """

    code: int
    text: str
    calls: list[list[Any]] = field(default_factory=list)
    checkpoint: dict[str, Any] = field(default_factory=dict)
    preview: dict[str, Any] | None = None


class Workspace:
    """A project, its service and its backend, in an empty folder."""

    def __init__(self, folder: Path, parallel: int) -> None:
        self.folder = folder / "project"
        self.service = folder / "service"
        self.backend = folder / "state"
        self.parallel = parallel
        for path in (self.folder, self.service, self.backend):
            path.mkdir(parents=True)
        settings = f"name: {PROJECT}\nruntime:\n  name: python\n  options:\n"
        (self.folder / "Pulumi.yaml").write_text(f"{settings}    virtualenv: {sys.prefix}\n")
        shutil.copy(HERE / "service.py", self.folder)
        for known in KNOWN:
            thing = {"key": known.rpartition("-")[0], "text": "was here"}
            (self.service / f"{known}.json").write_text(json.dumps(thing))
        self.environment = {
            "JUDGE_SERVICE": str(self.service),
            "PULUMI_BACKEND_URL": f"file://{self.backend}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            # Shared: what the CLI looks up there once it need not look up again.
            "PULUMI_HOME": str(folder.parent / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_STACK": STACK,
        }
        self._configure("t0")
        with self._environment():
            pulumi_embedded.create_stack(self.folder, STACK)

    def take(self, turn: Turn, engine: str) -> Outcome:
        """Do what a turn says; a lock that a killed engine leaves is removed."""
        self._prepare(turn)
        options: dict[str, Any] = {
            "refresh": turn.refresh,
            "clear_pending_creates": turn.clear,
            "json_output": turn.operation == "preview",
        }
        code, text, out = self._run(engine, turn.operation, options, apart=turn.kills)
        outcome = Outcome(code, text, self._calls(), self.checkpoint())
        if turn.operation == "preview":
            outcome.preview = _json(out)
        if code == KILLED:
            shutil.rmtree(self.backend / ".pulumi" / "locks")
        return outcome

    def changes(self, turn: Turn, engine: str) -> str:
        """What an engine says that it would change now; empty if nothing."""
        (self.service / "plan.json").write_text("{}")
        before = self.checkpoint()
        code, text, _ = self._run(engine, "preview", {"expect_no_changes": True}, apart=False)
        (self.service / "calls").unlink(missing_ok=True)
        if code == 0 and before != self.checkpoint():
            return "a preview has changed the state"
        return text if code else ""

    def _prepare(self, turn: Turn) -> None:
        (self.folder / "__main__.py").write_text(turn.program)
        # Python tells a stale compiled file by size and whole seconds, and turns follow faster.
        shutil.rmtree(self.folder / "__pycache__", ignore_errors=True)
        self._configure(turn.token)
        (self.service / "plan.json").write_text(json.dumps(turn.plan))
        for what, key in turn.meddling:
            # The newest of its key; there may be older ones that are still to be deleted.
            files = sorted(self.service.glob(f"{key}-*.json"), key=lambda f: (len(f.name), f.name))
            for file in files[-1:]:
                if what == "lose":
                    file.unlink()
                else:
                    thing = json.loads(file.read_text())
                    file.write_text(json.dumps({**thing, "text": "altered", "extra": 1}))

    def _configure(self, token: str) -> None:
        values = dict(PLAIN_CONFIG)
        lines = [f"  {PROJECT}:{key}: {value}" for key, value in values.items()]
        lines += [f"  {PROJECT}:token:", f"    secure: {_sealed(token)}"]
        text = "\n".join([f"encryptionsalt: {SALT}", "config:", *lines, ""])
        (self.folder / f"Pulumi.{STACK}.yaml").write_text(text)

    def _run(
        self, engine: str, operation: str, options: dict[str, Any], *, apart: bool
    ) -> tuple[int, str, str]:
        """Exit code, all output, standard output; an engine to be killed has a process apart."""
        if engine == "pulumi":
            command = ["sh", "-c", _PULUMI, "pulumi", operation, f"--parallel={self.parallel}"]
            command += ["--non-interactive", "--color=never"]
            if operation != "preview":
                command += ["--yes", "--skip-preview"]
            words = {
                "refresh": "--refresh",
                "clear_pending_creates": "--clear-pending-creates",
                "json_output": "--json",
                "expect_no_changes": "--expect-no-changes",
            }
            command += [words[name] for name, value in options.items() if value]
            return self._run_apart(command, {"PYTHONPATH": str(HERE.parent / "no_packages")})
        options = {
            **options,
            "stack": STACK,
            "yes": True,
            "skip_preview": True,
            "interactive": False,
            "parallel": self.parallel,
        }
        if apart:
            command = [sys.executable, "-c", _EMBEDDED, operation, json.dumps(options)]
            return self._run_apart(command, {})
        out, err = io.StringIO(), io.StringIO()
        with self._environment():
            code = pulumi_embedded.run(
                operation,  # type: ignore[arg-type]
                directory=self.folder,
                stdout=out,
                stderr=err,
                **options,
            )
        return code, out.getvalue() + err.getvalue(), out.getvalue()

    def _run_apart(self, command: list[str], environment: dict[str, str]) -> tuple[int, str, str]:
        # Into files: a pipe would be held open by what outlives a killed engine.
        outputs = [self.folder.parent / name for name in ("stdout", "stderr")]
        with outputs[0].open("w") as out, outputs[1].open("w") as err:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env={**os.environ, **self.environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                timeout=_PATIENCE,
                check=False,
            )
        texts = [file.read_text(errors="replace") for file in outputs]
        return done.returncode, "".join(texts), texts[0]

    @contextlib.contextmanager
    def _environment(self) -> Iterator[None]:
        before = dict(os.environ)
        os.environ.update(self.environment)
        os.environ.pop("PULUMI_CONFIG_PASSPHRASE_FILE", None)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)

    def _calls(self) -> list[list[Any]]:
        file = self.service / "calls"
        if not file.exists():
            return []
        lines = file.read_text().splitlines()
        file.unlink()
        return [json.loads(line) for line in lines]

    def checkpoint(self) -> dict[str, Any]:
        """The stack as it is stored, secrets opened."""
        file = self.backend / ".pulumi" / "stacks" / PROJECT / f"{STACK}.json"
        opened: dict[str, Any] = json.loads(file.read_text(), object_hook=_open)
        return opened


def cli_version() -> str | None:
    """The version of the CLI on PATH, if there is one."""
    if shutil.which("pulumi") is None:
        return None
    done = subprocess.run(["pulumi", "version"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def summary(text: str) -> dict[str, int]:
    """The counts under ``Resources:`` of what an engine printed."""
    _, _, lines = text.partition("\nResources:")
    found = re.findall(r"(\d+) ([a-z]+)\b", lines.split("\n\n")[0])
    # Their sum is shown as well, and the CLI does not say that there was nothing.
    return {what: int(count) for count, what in found if what != "changes" and count != "0"}


def _json(text: str) -> dict[str, Any]:
    """The JSON in what was printed; empty where an engine failed before it had any."""
    try:
        found: dict[str, Any] = json.loads(text)
    except json.JSONDecodeError:
        return {"unreadable": text}
    return found


@functools.cache
def _crypter() -> Crypter:
    return Crypter.open(PASSPHRASE, SALT)


def _sealed(value: str) -> str:
    return _crypter().encrypt(value)


def _open(items: dict[str, Any]) -> Any:
    """A stored secret as what it holds; nothing else is touched."""
    if "ciphertext" not in items:
        return items
    text = items["ciphertext"]
    if text.startswith("v1:"):
        text = _crypter().decrypt(text)
    return {"secret": json.loads(text, object_hook=_open)}
