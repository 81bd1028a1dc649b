"""Kill probes at random moments, then clean: ``python -m tests.probe.kills --kills 50``.

With ``--signal INT`` or ``TERM`` the probe itself must leave nothing.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from metastudio_emulator import Emulator
from metastudio_emulator.transport.middleware import Counters

#: About as many answers as a run gets.
_ANSWERS = 65
_INTERRUPTED = 130


def environment(emulator: Emulator, folder: Path) -> dict[str, str]:
    """What the command finds the service by, and a machine's folders of its own."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "HOME": str(folder),
        "METASTUDIO_STATE_DIR": str(folder / "state"),
        "METASTUDIO_ENDPOINT": emulator.endpoint,
        "METASTUDIO_IAM_ENDPOINT": emulator.iam_endpoint,
        "METASTUDIO_REGION": emulator.region,
        "HUAWEICLOUD_SDK_AK": emulator.access_key,
        "HUAWEICLOUD_SDK_SK": emulator.secret_key,
        "HUAWEICLOUD_SDK_PROJECT_ID": emulator.project_id,
    }


def start(emulator: Emulator, folder: Path, *flags: str) -> subprocess.Popen[str]:
    """``metastudio probe --yes`` with these flags, in a folder of no project."""
    return subprocess.Popen(
        [sys.executable, "-m", "pulumi_metastudio.cli", "probe", "--yes", *flags],
        cwd=folder,
        env=environment(emulator, folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def told_after(
    answers: int, pause: float, victim: list[subprocess.Popen[str]], number: signal.Signals
) -> Iterator[None]:
    """Send the process a signal some milliseconds after the service's so manieth answer."""
    real = Counters.count
    seen = 0

    def count(counters: Counters, name: str, outcome: str) -> None:
        nonlocal seen
        real(counters, name, outcome)
        seen += 1
        if seen == answers:
            # In the service's own thread: nothing is answered meanwhile.
            time.sleep(pause)
            victim[0].send_signal(number)

    with mock.patch.object(Counters, "count", count):
        yield


def kills(count: int, seed: int, number: signal.Signals = signal.SIGKILL) -> tuple[list[str], int]:
    """What was wrong, and how many jobs the probes left for ``--clean``."""
    chance = random.Random(seed)
    wrong, left = [], 0
    for kill in range(count):
        answers, pause = chance.randint(1, _ANSWERS), chance.uniform(0, 0.02)
        found, here = _kill(answers, pause, number)
        left += here
        wrong += [f"kill {kill + 1}, after answer {answers}, {here} left: {each}" for each in found]
    return wrong, left


def _kill(answers: int, pause: float, number: signal.Signals) -> tuple[list[str], int]:
    wrong = []
    with tempfile.TemporaryDirectory() as name, Emulator(transitions="manual") as emulator:
        folder = Path(name)
        emulator.control.add_job(name="Anna", tags=["metastudio"])
        others = emulator.control.jobs()
        victim: list[subprocess.Popen[str]] = []
        with told_after(answers, pause, victim, number):
            victim.append(start(emulator, folder))
            victim[0].communicate()
        # Before its jobs exist a signal just ends it; one during the clean-up is let pass.
        ends = {-number} | (set() if number is signal.SIGKILL else {0, 1, _INTERRUPTED})
        if victim[0].returncode not in ends:
            wrong.append(f"it ended by itself with {victim[0].returncode}")
        left = len(emulator.control.jobs()) - len(others)
        if left and number is not signal.SIGKILL:
            wrong.append("it left jobs behind")
        cleaned = start(emulator, folder, "--clean")
        output = "".join(cleaned.communicate())
        if cleaned.returncode:
            wrong.append(output)
        if emulator.control.jobs() != others:
            wrong.append("jobs are left, or others' were touched")
        if list((folder / "state" / "probes").glob("*.json")):
            wrong.append("a record is left")
        if "SUBMITVERIFYING" in emulator.control.counters():
            wrong.append("a job was submitted")
        return wrong, left


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--signal", choices=["KILL", "INT", "TERM"], default="KILL")
    arguments = parser.parse_args()
    number = signal.Signals[f"SIG{arguments.signal}"]
    wrong, left = kills(arguments.kills, arguments.seed, number)
    print("\n".join(wrong))
    print(f"{arguments.kills} times {number.name}, {left} jobs left, {len(wrong)} times wrong")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
