"""Record what both engines print for the cases, and the reviews of that.

    python -m tests.review.record                # the previews of both engines
    python -m tests.review.record --reviews      # the reviews of what is recorded

The previews are those of real engines over real HTTP. What differs from run to run or names the
machine is taken out: job ids get numbers, times and where in the program a resource is declared go.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from tests.upgrade.record import NAME, Program, service_of

import pulumi_embedded
from metastudio_emulator import Emulator
from pulumi_metastudio.review import markdown, read_preview, review_of

from .cases import ADOPTED, CASES, Case, Jobs

HERE = Path(__file__).parent
ENGINES = ("pulumi", "embedded")
PROGRAM = """
import json, pathlib
from pulumi_metastudio import TrainingJob

for resource, inputs in json.loads(pathlib.Path("jobs.json").read_text()).items():
    TrainingJob(resource, **inputs)
"""
#: Where in this machine's files something is declared, and what is the same in each step.
_LEFT_OUT = (
    "sourcePosition",
    "stackTrace",
    "provider",
    "propertyDependencies",
    "parent",
    "__provider",
    "additionalSecretOutputs",
)
_VOLATILE = (
    "create_time",
    "last_update_time",
    "operate_time",
    "created",
    "modified",
    "__journal",
    "project_id",
)


@dataclass
class Reviewed(Program):
    """A program of many jobs, and its stack."""

    def __post_init__(self) -> None:
        super().__post_init__()
        (self.folder / "__main__.py").write_text(PROGRAM)
        # Other contents, of files that are none the less what they are meant to be.
        for name, more in (("film.mp4", b"\0\0\0\x08free"), ("card.png", b"\0")):
            other = self.folder / name.replace(".", "2.")
            other.write_bytes((self.folder / name).read_bytes() + more)

    def write(self, jobs: Jobs) -> None:
        """Declare the jobs."""
        (self.folder / "jobs.json").write_text(json.dumps(jobs))

    def make_stack(self) -> None:
        """Make the stack, which is the same for both engines."""
        with mock.patch.dict(os.environ, self.environment, clear=True):
            pulumi_embedded.create_stack(self.folder, NAME)

    def must(self, operation: str, *flags: str, fails: bool = False) -> str:
        """Run an operation; what it printed."""
        done = self.run(operation, *flags)
        if (done.returncode != 0) != fails:
            raise AssertionError(f"{operation}: {done.stdout}{done.stderr}")
        return done.stdout


def previewed(case: Case, engine: str, folder: Path) -> str:
    """What an engine prints for a case."""
    with Emulator(folder / "service", transitions="manual") as emulator:
        program = Reviewed(folder / "program", engine, service_of(emulator))
        if case.broken:
            case.broken(emulator.control)
        if case.before:
            program.write(case.before)
            program.must("up", "--yes", "--skip-preview", fails=case.broken is not None)
        else:
            program.make_stack()
        case.meanwhile(emulator.control)
        if case.before and case.refresh:
            program.must("refresh", "--yes", "--skip-preview")
        program.write(case.after)
        done = program.run("preview", "--json", *case.flags)
        assert done.stdout, done.stderr
        return done.stdout


def scrubbed(printed: str, folder: Path) -> str:
    """What an engine printed, the same whenever and wherever it ran; one step in a line."""
    digest = json.loads(printed.replace(str(folder / "program"), "/program"))
    digest["duration"] = 0
    steps = sorted(digest.get("steps") or [], key=lambda step: str(step["urn"]))
    ids: dict[str, str] = {ADOPTED: ADOPTED}
    for step in steps:
        known = step.get("oldState", {}).get("id")
        if known and "TrainingJob" in step["urn"]:
            ids.setdefault(known, f"{len(ids):032x}")
    text = "\n".join(_line(each) for each in steps)
    notes = sorted(map(_line, digest.get("diagnostics") or []))
    rest = {n: v for n, v in digest.items() if n not in ("steps", "diagnostics")}
    whole = (
        f'{{"steps": [\n{text.replace(chr(10), "," + chr(10))}\n],\n'
        f'"diagnostics": [\n{("," + chr(10)).join(notes)}\n],\n{json.dumps(rest)[1:]}\n'
    )
    for known, number in ids.items():
        whole = whole.replace(known, number)
    return whole


def _line(value: Any) -> str:
    return json.dumps(_kept(value), ensure_ascii=False, sort_keys=True)


def _kept(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: "" if name in _VOLATILE else _kept(each)
            for name, each in value.items()
            if name not in _LEFT_OUT
        }
    return [_kept(each) for each in value] if isinstance(value, list) else value


def recorded(case: str, engine: str) -> Path:
    """Where a case's preview is recorded."""
    return HERE / "recorded" / f"{case}.{engine}.json"


def golden(case: str) -> Path:
    """Where a case's review is recorded."""
    return HERE / "golden" / f"{case}.md"


def reviewed(case: str, engine: str) -> str:
    """The review of a recorded preview."""
    return markdown(review_of(read_preview(recorded(case, engine).read_text())))


def cli_version() -> str:
    """The version of the Pulumi CLI on PATH."""
    done = subprocess.run(["pulumi", "version"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--reviews", action="store_true", help="only the reviews")
    parser.add_argument("cases", nargs="*", help="by default all")
    options = parser.parse_args()
    for name in options.cases or CASES:
        for engine in () if options.reviews else ENGINES:
            with tempfile.TemporaryDirectory() as folder:
                text = scrubbed(previewed(CASES[name], engine, Path(folder)), Path(folder))
                recorded(name, engine).write_text(text)
        golden(name).write_text(reviewed(name, "pulumi"))
        print(name, flush=True)
    if not options.reviews:
        (HERE / "recorded" / "cli-version.txt").write_text(f"{cli_version()}\n")


if __name__ == "__main__":
    main()
