"""A storm of kills and faults, and the count of what it left behind.

    python tests/storm/storm.py --runs 100 --seed 1 [--engine embedded|pulumi]

Each run is an ``up`` of a stack of five jobs with five files each. At a random moment a random
victim (the provider process, the engine, the program, or all of them) gets SIGKILL, while the
service answers with errors, cuts connections and answers, throttles, and lets URLs expire. An
engine takes seconds before it asks the service for anything, so most moments count from the
run's first write there: only then is there something to lose. An
episode starts with an empty stack; after one to five killed runs an undisturbed ``up`` follows,
and then the service and the state must agree: every job once, every file equal by SHA-256,
nothing submitted twice, no part accepted twice.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil

from metastudio_emulator import Emulator
from metastudio_emulator.samples import make_samples

JOBS = 5
FILES = ("training_video", "id_card_image1", "id_card_image2", "grant_file", "cover")
PROGRAM = """
import json, pathlib
from pulumi_metastudio import TrainingJob

for resource, inputs in json.loads(pathlib.Path("jobs.json").read_text()).items():
    TrainingJob(resource, **inputs)
"""
#: The share of moments that count from a run's first write, how long after it they come at most,
#: and how often it is looked for, in seconds.
_AT_WORK = 0.75
_WORK = 3.0
_LOOK = 0.02
_WRITES = ("create", "update", "upload", "command")
#: How a victim is known among the run's processes, by a word of its command line.
VICTIMS = {
    "provider": ("_runner.py provider", "pulumi.dynamic"),
    "program": ("_runner.py program", "pulumi-language-python-exec"),
    "engine": ("pulumi_metastudio.cli", "pulumi up"),
    "everything": ("",),
}


@dataclasses.dataclass
class Counts:
    """What a storm left behind; all but the first four must be as :meth:`clean` says."""

    runs: int = 0
    killed: int = 0
    killed_at_work: int = 0
    episodes: int = 0
    jobs: int = 0
    jobs_in_state: int = 0
    files_equal: int = 0
    files_different: int = 0
    submitted_twice: int = 0
    not_submitted: int = 0
    parts_twice: int = 0
    failed_ups: int = 0

    def clean(self) -> bool:
        """Whether nothing was lost, doubled or mixed up."""
        wanted = JOBS * self.episodes
        return (
            self.jobs == self.jobs_in_state == wanted
            and self.files_equal == wanted * len(FILES)
            and not self.files_different + self.submitted_twice + self.not_submitted
            and not self.parts_twice + self.failed_ups
        )


class Storm:
    """Runs of one seed in a folder of its own.

    Args:
        folder: everything is in here.
        engine: ``embedded`` or ``pulumi``.
        seed: decides victims, moments and faults.
    """

    def __init__(self, folder: Path, engine: str, seed: int):
        self.counts = Counts()
        self.victims: Counter[str] = Counter()
        self._folder = folder
        self._engine = engine
        self._random = random.Random(seed)
        self._jobs = _declare(folder / "material", self._random)
        self._duration = 6.0  # of an undisturbed up, measured by each episode's last run

    def blow(self, runs: int) -> None:
        """Do at least ``runs`` killed runs, in whole episodes."""
        while self.counts.killed < runs:
            episode = self._folder / f"episode-{self.counts.episodes}"
            self._episode(episode, self._random.randint(1, 5))
            shutil.rmtree(episode)

    def _episode(self, folder: Path, runs: int) -> None:
        program = folder / "program"
        program.mkdir(parents=True)
        (folder / "backend").mkdir()
        (program / "Pulumi.yaml").write_text("name: storm\nruntime: python\n")
        (program / "__main__.py").write_text(PROGRAM)
        (program / "jobs.json").write_text(json.dumps(self._jobs))
        with Emulator(folder / "emulator", transitions="manual") as service:
            environment = _environment(folder, service)
            for _ in range(runs):
                self._faults(service)
                self._killed_run(program, environment, service)
            service.control.clear_faults()
            self._command("cancel", program, environment)
            started = time.monotonic()
            last = self._command("up", program, environment)
            self._duration = min(10.0, time.monotonic() - started)
            self._count(service, folder, last)

    def _faults(self, service: Emulator) -> None:
        """Every kind of trouble, now and then; another pattern for each run."""
        control, seed = service.control, self._random.randrange(2**31)
        control.clear_faults()
        some = {"probability": 0.04, "seed": seed}
        control.add_fault("*", "status", status=500, **some)
        control.add_fault("*", "status", status=429, **some)
        control.add_fault("*", "truncate", **some)
        control.add_fault("*", "reset", after=True, **some)
        control.add_fault("upload", "reset", after_bytes=65536, **some)
        if self._random.random() < 0.2:
            control.expire_upload_urls()

    def _killed_run(self, program: Path, environment: dict[str, str], service: Emulator) -> None:
        self.counts.runs += 1
        self._command("cancel", program, environment)
        victim, home = self._random.choice(list(VICTIMS)), environment["HOME"]
        before = _writes(service)
        # Nobody reads what a killed run says, so it must not fill a pipe.
        with self._start("up", program, environment, subprocess.DEVNULL) as run:
            if self._until_the_moment(run, service, before):
                if not _kill(home, VICTIMS[victim]):  # not started yet, or ended already
                    victim = "everything"
                    _kill(home, VICTIMS[victim])
                self.counts.killed += 1
                self.counts.killed_at_work += _writes(service) > before
                self.victims[victim] += 1
            if not _ended(run, within=60):
                _kill(home, VICTIMS["everything"])
            _kill_all(home)

    def _until_the_moment(self, run: subprocess.Popen[str], service: Emulator, before: int) -> bool:
        """Let a run go on; whether it is still there when its moment has come."""
        if self._random.random() < _AT_WORK:
            while _writes(service) == before:
                if _ended(run, within=_LOOK):
                    return False
            moment = self._random.uniform(0.0, _WORK)
        else:
            moment = self._random.uniform(0.3, self._duration)
        return not _ended(run, within=moment)

    def _command(
        self, operation: str, program: Path, environment: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        with self._start(operation, program, environment, subprocess.PIPE) as run:
            output, _ = run.communicate(timeout=180)
        return subprocess.CompletedProcess(run.args, run.returncode, output, "")

    def _start(
        self, operation: str, program: Path, environment: dict[str, str], output: int
    ) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "pulumi_metastudio.cli", operation]
        command += ["--engine", self._engine, "--stack", "storm"]
        return subprocess.Popen(
            [*command, *(["--yes"] if operation == "up" else [])],
            cwd=program,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _count(
        self, service: Emulator, folder: Path, last: subprocess.CompletedProcess[str]
    ) -> None:
        counts, control = self.counts, service.control
        counts.episodes += 1
        if last.returncode != 0:
            counts.failed_ups += 1
            print(last.stdout)
        in_state = _job_ids(folder / "backend")
        submitted = _submissions(service)
        for record in control.jobs():
            job_id = record["job_id"]
            counts.jobs += 1
            counts.jobs_in_state += job_id in in_state
            counts.submitted_twice += submitted[job_id] > 1
            counts.not_submitted += submitted[job_id] < 1
            for parts in record["part_uploads"].values():
                counts.parts_twice += sum(times > 1 for times in parts.values())
            declared = next(
                (j for j in self._jobs.values() if j["name"] == record["fields"]["name"]), None
            )
            stored = control.objects(job_id)
            for name in FILES:
                found = stored.get(name, {}).get("sha256")
                equal = bool(declared) and found == _sha256(Path(declared[name]))
                counts.files_equal += equal
                counts.files_different += not equal


def _declare(folder: Path, chance: random.Random) -> dict[str, Any]:
    """Five jobs, each with real media of its own: bytes after the end change no picture."""
    common = make_samples(folder / "common", seconds=185)
    jobs: dict[str, Any] = {}
    for number in range(JOBS):
        job: dict[str, Any] = {"name": f"Avatar {number}"}
        for name in FILES:
            own = folder / f"{number}-{common[name].name}"
            padding = chance.randbytes(64)
            # An MP4 ends with boxes: a "free" one may hold anything.
            box = (8 + len(padding)).to_bytes(4, "big") + b"free" + padding
            own.write_bytes(common[name].read_bytes() + box)
            job[name] = str(own)
        jobs[f"avatar-{number}"] = job
    return jobs


def _environment(folder: Path, service: Emulator) -> dict[str, str]:
    home = folder / "home"
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PULUMI_HOME": str(home / ".pulumi"),
        "PULUMI_BACKEND_URL": f"file://{folder / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE": "storm",
        "METASTUDIO_ENDPOINT": service.endpoint,
        "METASTUDIO_IAM_ENDPOINT": service.iam_endpoint,
        "METASTUDIO_READS_PER_SECOND": "1000",
        "METASTUDIO_WRITES_PER_SECOND": "1000",
        "METASTUDIO_PART_SIZE": str(512 * 1024),
        "METASTUDIO_STALL_TIMEOUT": "5",
        "HUAWEICLOUD_SDK_AK": service.access_key,
        "HUAWEICLOUD_SDK_SK": service.secret_key,
        "HUAWEICLOUD_SDK_PROJECT_ID": service.project_id,
    }


def _writes(service: Emulator) -> int:
    """How many requests that change something the service has answered, or cut short."""
    counted = service.control.counters()
    return sum(sum(counted.get(name, {}).values()) for name in _WRITES)


def _ended(run: subprocess.Popen[str], within: float) -> bool:
    try:
        run.wait(timeout=within)
    except subprocess.TimeoutExpired:
        return False
    return True


def _kill(home: str, words: tuple[str, ...]) -> bool:
    """SIGKILL to the processes of a run whose command line has one of the words."""
    hit = False
    for process in _processes(home):
        try:
            line = " ".join(process.cmdline())
            if any(word in line for word in words):
                process.send_signal(signal.SIGKILL)
                hit = True
        except psutil.NoSuchProcess:
            continue
    return hit


def _kill_all(home: str) -> None:
    """Whatever a killed engine left running: the next run is to find a quiet machine."""
    while _kill(home, ("",)):
        psutil.wait_procs(_processes(home), timeout=5)


def _processes(home: str) -> list[psutil.Process]:
    """A run's processes, wherever they stand in the tree: known by the home folder they have."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("HOME") == home:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


def _job_ids(backend: Path) -> set[str]:
    (checkpoint,) = [f for f in backend.rglob("storm.json") if "stacks" in f.parts]
    latest = json.loads(checkpoint.read_text())["checkpoint"]["latest"]
    resources = latest.get("resources") or []
    return {r["id"] for r in resources if r["type"].endswith("TrainingJob") and r.get("id")}


def _submissions(service: Emulator) -> Counter[str]:
    """How often each job was submitted, by its own operation log."""
    from pulumi_metastudio.api import AccessKey, MetaStudioClient, Settings

    client = MetaStudioClient(
        Settings(
            endpoint=service.endpoint,
            iam_endpoint=service.iam_endpoint,
            region="",
            project_id=service.project_id,
            credentials=AccessKey(service.access_key, service.secret_key),
            reads_per_second=1000,
        )
    )
    counted: Counter[str] = Counter()
    for job in client.iter_jobs():
        logs = client.show_job(job.job_id).operation_logs
        counted[job.job_id] = sum(log.log_type == "USER_VERIFYING_SUBMITTED" for log in logs)
    return counted


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def main() -> int:
    """Blow, print the counts, and exit with 1 when anything was lost, doubled or mixed up."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=["embedded", "pulumi"], default="embedded")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="storm-") as folder:
        storm = Storm(Path(folder), options.engine, options.seed)
        storm.blow(options.runs)
    for name, value in dataclasses.asdict(storm.counts).items():
        print(f"{name:>16}  {value}")
    print(f"{'victims':>16}  {dict(storm.victims)}")
    print("clean" if storm.counts.clean() else "NOT CLEAN")
    return 0 if storm.counts.clean() else 1


if __name__ == "__main__":
    sys.exit(main())
