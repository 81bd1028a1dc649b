"""A storm of interrupts, kills or full disks over the embedded engine, and what it left behind.

    python -m tests.engine_storm.engine_storm --kind interrupts --runs 200 --resources 2000
    python -m tests.engine_storm.engine_storm --kind kills --runs 200 --resources 100
    python -m tests.engine_storm.engine_storm --kind full-disk --runs 20 --resources 100

Each run is an ``up`` that has to change every resource of a stack. ``interrupts`` sends it two
SIGINTs, 0 to 500 ms apart, ``kills`` a SIGKILL, and ``full-disk`` takes the last room from the
backend's file system (a small tmpfs of its own or, where none can be mounted, a limit of the size
of files), each at a random moment of the seed. Afterwards

- the run has ended, with an exit code that fits and without a traceback;
- a lock that is left is reported by the next run, and ``cancel`` removes it;
- the state can be read by this engine and, where it is on PATH, by the CLI;
- whatever was made is in the state, or is an unfinished operation there, or was named on screen;
- the next ``up`` finishes (after interrupts, the next run is that ``up``, and the last one is left
  in peace).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pulumi_embedded

from ..pulumi_embedded.conftest import Workspace

KINDS = ("interrupts", "kills", "full-disk")
# After its end was asked for; a busy machine is slow, and 2,000 resources are many.
PATIENCE_SECONDS = 180
ENGINE = """
import pathlib, signal, sys, pulumi_embedded
signal.signal(signal.SIGINT, signal.SIG_IGN)  # until there is a run to interrupt
print("begins", flush=True)
sys.exit(pulumi_embedded.run("up", directory=pathlib.Path(sys.argv[1]), stack="dev", yes=True,
                             skip_preview=True))
"""
# A module of its own: the SDK's pickler cannot take hundreds of providers from the program's file.
PROVIDER = """
import os
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

class Provider(ResourceProvider):
    def diff(self, id, olds, news):
        return DiffResult(changes=olds["number"] != news["number"])
    def create(self, props):
        with open(os.path.join(os.environ["SERVICE"], "made"), "a") as made:
            made.write(props["name"] + "\\n")
        return CreateResult("id-of-" + props["name"], dict(props))
    def update(self, id, olds, news):
        return UpdateResult(dict(news))

class Trivial(Resource):
    def __init__(self, name, number):
        super().__init__(Provider(), name, {"name": name, "number": number})
"""
PROGRAM = """
from trivial import Trivial
for i in range({resources}):
    Trivial(f"{generation}-{{i}}", {number})
"""


class EngineStorm:
    """Runs of one kind and seed in a folder of their own.

    Attributes:
        counts: what happened; ``problems`` says what must not have.
    """

    def __init__(self, folder: Path, kind: str, seed: int, resources: int, span: float) -> None:
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []
        self._kind = kind
        self._resources = resources
        self._span = span
        self._random = random.Random(seed)
        self._number = 0
        self._generation = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._workspace = Workspace(folder)
        (self._workspace.folder / "trivial.py").write_text(PROVIDER)
        os.environ.update(self._workspace.environment)
        self._cli = shutil.which("pulumi") is not None

    def blow(self, runs: int) -> None:
        """Do that many runs."""
        with self._disk():
            self._finish()
            for _ in range(runs):
                self._number += 1
                if self._kind != "interrupts" and self._random.random() < 0.5:
                    self._generation += 1  # everything goes, and as much is made
                self._write_program()
                output = self._disturbed()
                self.counts["runs"] += 1
                self._look_after_locks()
                self._read_state(output)
                if self._kind != "interrupts":
                    self._finish()
            self._finish()
            self._expect("preview", expect_no_changes=True)

    def _write_program(self) -> None:
        text = PROGRAM.format(
            resources=self._resources, generation=f"g{self._generation}", number=self._number
        )
        (self._workspace.folder / "__main__.py").write_text(text)

    def _finish(self) -> None:
        self._write_program()
        self._expect("up", skip_preview=True)
        self.counts["finished afterwards"] += 1

    def _expect(self, operation: str, **options: bool) -> None:
        result = self._workspace.run(operation, **options)
        if result.code != 0:
            self._problem(f"{operation} ended with {result.code}", result.text)

    def _problem(self, what: str, output: str = "") -> None:
        self.problems.append(f"run {self.counts['runs']}: {what}\n{output[-3000:]}")

    def _disturbed(self) -> str:
        """One run that does not get through; what it said."""
        limit = self._size_limit()
        process = subprocess.Popen(
            [sys.executable, "-c", ENGINE, str(self._workspace.folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=limit and (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit)),
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        lines: list[str] = []
        reader = threading.Thread(target=lambda: lines.extend(process.stdout or ()))
        reader.start()
        # Time that passes is what is tried here: nothing is waited for.
        time.sleep(self._random.uniform(0, self._span))
        if self._kind == "interrupts":
            process.send_signal(signal.SIGINT)
            time.sleep(self._random.uniform(0, 0.5))
            process.send_signal(signal.SIGINT)
        elif self._kind == "kills":
            process.kill()
        else:
            self._fill()
        try:
            code = process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.counts["hangs"] += 1
            self._problem("hangs")
            process.kill()
            code = process.wait()
        reader.join()
        (self._workspace.backend / "everything else").unlink(missing_ok=True)
        output = "".join(lines)
        self.counts[f"exit code {code}"] += 1
        allowed = {"interrupts": (0, 8), "kills": (0, -signal.SIGKILL), "full-disk": (0, 1)}
        if code not in allowed[self._kind] or "Traceback" in output:
            self._problem(f"ended with {code}", output)
        return output

    def _look_after_locks(self) -> None:
        locks = [
            file
            for file in (self._workspace.backend / ".pulumi" / "locks").rglob("*")
            if file.is_file()
        ]
        if not locks:
            return
        self.counts["locks left"] += 1
        result = self._workspace.run("refresh", skip_preview=True)
        if self._kind != "kills":
            self._problem(f"left {locks}")
        if any(str(lock) not in result.text for lock in locks) or result.code != 1:
            self._problem(f"{locks} are not reported", result.text)
        if pulumi_embedded.cancel(self._workspace.folder, "dev") != len(locks):
            self._problem(f"cancel does not remove {locks}")

    def _read_state(self, output: str) -> None:
        self._expect("outputs")
        if self._cli:
            text = self._workspace.cli("stack", "export", "--stack", "dev")
            self.counts["read by the CLI"] += 1
            if len(json.loads(text)["deployment"].get("resources", [])) == 0:
                self._problem("the CLI reads an empty state")
        state = self._workspace.checkpoint()
        entries = [
            *state.get("resources", []),
            *(entry["resource"] for entry in state.get("pending_operations", [])),
        ]
        known = {entry["urn"].rpartition("::")[2] for entry in entries}
        made = set((self._workspace.service / "made").read_text().split())
        gone = {name for name in made if not name.startswith(f"g{self._generation}-")}
        for name in made - known - gone:
            self.counts["made and not recorded"] += 1
            if f"::{name} (id 'id-of-{name}') was created" not in output:
                self._problem(f"it is not reported that {name} was made", output)

    @contextlib.contextmanager
    def _disk(self) -> Iterator[None]:
        """For ``full-disk``, a small file system under the backend."""
        folder = str(self._workspace.backend)
        options = ["-o", f"size={2 + self._resources // 20}m"]
        mount = ["mount", "-t", "tmpfs", *options, "tmpfs", folder]
        self._mounted = self._kind == "full-disk" and (
            subprocess.run(mount, capture_output=True, check=False).returncode == 0
        )
        if self._kind == "full-disk":
            self.counts["on a tmpfs" if self._mounted else "with RLIMIT_FSIZE"] = 1
        try:
            yield
        finally:
            if self._mounted:
                subprocess.run(["umount", "--lazy", folder], check=True)

    def _fill(self) -> None:
        if not self._mounted:
            return
        file = self._workspace.backend / "everything else"
        with file.open("wb", buffering=0) as stream:
            for size in (4096, 1):
                with contextlib.suppress(OSError):
                    while stream.write(b"x" * size):
                        pass

    def _size_limit(self) -> tuple[int, int] | None:
        if self._kind != "full-disk" or self._mounted:
            return None
        file = self._workspace.backend / ".pulumi" / "stacks" / "proj" / "dev.json"
        limit = self._random.randint(4096, 2 * file.stat().st_size)
        return limit, limit


def main() -> int:
    """Blow, print the counts, and exit with 1 when anything went wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--kind", choices=KINDS, default="interrupts")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--resources", type=int, default=2000)
    parser.add_argument("--span", type=float, default=8.0, help="seconds, of the first signal")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="engine-storm-") as folder:
        storm = EngineStorm(
            Path(folder), options.kind, options.seed, options.resources, options.span
        )
        storm.blow(options.runs)
    for problem in storm.problems:
        print(problem)
    for name, value in sorted(storm.counts.items()):
        print(f"{name:>22}  {value}")
    print("NOT CLEAN" if storm.problems else "clean")
    return 1 if storm.problems else 0


if __name__ == "__main__":
    sys.exit(main())
