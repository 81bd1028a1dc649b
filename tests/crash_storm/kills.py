"""Which of a run's processes gets SIGKILL, and when."""

from __future__ import annotations

import random
import signal
import subprocess
from dataclasses import dataclass

import psutil

#: The environment variable whose value all processes of one party's runs share.
MARK = "STORM_PARTY"
#: How a victim is known among the run's processes, by a word of its command line.
VICTIMS = {
    "provider": ("_runner.py provider", "pulumi.dynamic"),
    "program": ("_runner.py program", "pulumi-language-python-exec"),
    "engine": ("pulumi_metastudio.cli", "pulumi up", "pulumi destroy"),
    "everything": ("",),
}
#: The share of moments that count from a run's first write, and how long after it they come at
#: most, in seconds.
_AT_WORK = 0.75
_WORK = 3.0


@dataclass(frozen=True)
class Kill:
    """What is to happen to one run.

    Attributes:
        victim: one of ``VICTIMS``.
        at_work: whether the moment counts from the run's first write, or from its start.
        moment: seconds.
    """

    victim: str
    at_work: bool
    moment: float

    @classmethod
    def drawn(cls, chance: random.Random, duration: float) -> Kill:
        """A random one, for runs that take ``duration`` seconds when nobody disturbs them."""
        victim = chance.choice(list(VICTIMS))
        if chance.random() < _AT_WORK:
            return cls(victim, True, chance.uniform(0.0, _WORK))
        return cls(victim, False, chance.uniform(0.3, duration))

    def strike(self, mark: str) -> str:
        """Kill the victim, or everything where it is not there (yet); which it was."""
        if _kill(mark, VICTIMS[self.victim]):
            return self.victim
        _kill(mark, VICTIMS["everything"])
        return "everything"


def kill_all(mark: str) -> None:
    """Whatever a killed engine left running: the next run is to find a quiet machine."""
    while _kill(mark, VICTIMS["everything"]):
        psutil.wait_procs(_processes(mark), timeout=5)


def ended(run: subprocess.Popen[str], within: float) -> bool:
    """Whether a run is over after at most that many seconds."""
    try:
        run.wait(timeout=within)
    except subprocess.TimeoutExpired:
        return False
    return True


def _kill(mark: str, words: tuple[str, ...]) -> bool:
    """SIGKILL to the processes of a run whose command line has one of the words."""
    hit = False
    for process in _processes(mark):
        try:
            line = " ".join(process.cmdline())
            if any(word in line for word in words):
                process.send_signal(signal.SIGKILL)
                hit = True
        except psutil.NoSuchProcess:
            continue
    return hit


def _processes(mark: str) -> list[psutil.Process]:
    """A run's processes, wherever they stand in the tree: known by their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found
