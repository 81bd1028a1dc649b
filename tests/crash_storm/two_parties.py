"""The storm over two stacks of the same names, in two backends, against one service."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from metastudio_emulator import Emulator

from .counts import TwoPartyCounts, count_jobs
from .kills import Kill
from .one_party import Storm
from .party import Party
from .witness import Touch, Witness

NAMES = ("Ana", "Bao")
#: The shares of episodes with one home folder, with the strict profile, and with a destroy.
_ONE_HOME = 0.5
_STRICT = 0.2
_DESTROY = 0.35
#: How often both parties run at all, and how often they do at the same time.
_BOTH = 0.6
_TOGETHER = 0.5


@dataclass(frozen=True)
class Weather:
    """What an episode is like.

    Attributes:
        rounds: how often one party or both have a run killed.
        strict: the service reads its documents strictly.
        one_home: both parties have one home folder, so one journal and one cache.
        destroyer: who destroys everything in between; empty for nobody.
        destroyed_in: in which round; that after the last is not disturbed.
    """

    rounds: int
    strict: bool
    one_home: bool
    destroyer: str
    destroyed_in: int

    @classmethod
    def drawn(cls, chance: random.Random) -> Weather:
        """A random one."""
        rounds = chance.randint(1, 5)
        return cls(
            rounds,
            chance.random() < _STRICT,
            chance.random() < _ONE_HOME,
            chance.choice(NAMES) if chance.random() < _DESTROY else "",
            chance.randint(1, rounds),
        )


class TwoPartyStorm(Storm):
    """Like the other one, with two people who do not know of each other.

    Project, stack and resources are named alike; the jobs' names and every file are a party's
    own, so that the service itself says whose a job is.
    """

    names = NAMES
    counts: TwoPartyCounts

    def __init__(self, folder: Path, engine: str, seed: int):
        super().__init__(folder, engine, seed)
        self.counts = TwoPartyCounts()

    def _episode(self, folder: Path) -> None:
        weather = Weather.drawn(self._random)
        self.counts.strict += weather.strict
        self.counts.one_home += weather.one_home
        self._let_go: set[str] = set()
        profile = "strict" if weather.strict else "tutorial"
        with (
            Emulator(folder / "emulator", transitions="manual", profile=profile) as service,
            Witness(service) as witness,
        ):
            parties = [
                self._party(
                    name,
                    folder,
                    "home" if weather.one_home else f"home-{name}",
                    service,
                    partial(witness.writes.__getitem__, name),
                    witness.address(name),
                )
                for name in self.names
            ]
            for number in range(weather.rounds):
                self._faults(service)
                self._round(service, parties, weather.destroyer * (weather.destroyed_in == number))
            service.control.clear_faults()
            if weather.destroyed_in == weather.rounds:
                for party in self._destroyers(service, parties, weather.destroyer):
                    self._succeeds(party, party.undisturbed("destroy"))
            self._last_ups(parties, weather.strict)
            self._count(service, parties, witness.touches, weather.strict)

    def _round(self, service: Emulator, parties: list[Party], destroyer: str) -> None:
        """A killed run of one party, or of both."""
        acting = self._random.sample(parties, 2 if self._random.random() < _BOTH else 1)
        destroying = self._destroyers(service, parties, destroyer)
        acting += [party for party in destroying if party not in acting]
        runs = [
            (p, Kill.drawn(self._random, self._duration), "destroy" if p in destroying else "up")
            for p in acting
        ]
        self._counted(self._all(Party.killed, runs))

    def _last_ups(self, parties: list[Party], strict: bool) -> None:
        self._random.shuffle(parties)
        started = time.monotonic()
        fine = self._all(Party.undisturbed, [(party, "up") for party in parties])
        self._duration = min(10.0, time.monotonic() - started)
        for party, well in zip(parties, fine, strict=True):
            if strict and not well:  # spent URLs: the next run makes the job anew
                self.counts.ups_again += 1
                well = party.undisturbed("up")
            self._succeeds(party, well)

    def _destroyers(self, service: Emulator, parties: list[Party], name: str) -> list[Party]:
        """The party that destroys now, made ready for it.

        It has an ``up`` that nobody kills, so that there is something to lose, and the review of
        what was submitted ends, because a job that is in review cannot be deleted.
        """
        destroying = [party for party in parties if party.name == name]
        for party in destroying:
            party.undisturbed("up")
            self.counts.destroys += 1
            self._let_go.update(party.recorded().values())
            for job in service.control.jobs():
                if job["state"] == "AUTO_VERIFYING" and party.declared(job["fields"]["name"]):
                    state = self._random.choice(["MANUAL_VERIFY_FAILED", "JOB_SUCCESS"])
                    service.control.set_state(job["job_id"], state)
        return destroying

    def _all(self, what: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> list[Any]:
        """The results of the same for each party, at the same time or in turn."""
        if self._random.random() >= _TOGETHER:
            return [what(*arguments) for arguments in calls]
        with ThreadPoolExecutor() as pool:
            return [future.result() for future in [pool.submit(what, *call) for call in calls]]

    def _count(
        self, service: Emulator, parties: list[Party], touches: list[Touch], strict: bool
    ) -> None:
        counts = self.counts
        counts.killed_at_work += sum(party.killed_at_work for party in parties)
        counts.touches += len(touches)
        for touch in touches:
            owners = [party.name for party in parties if party.declared(touch.name)]
            if touch.name and owners != [touch.party]:
                counts.foreign_touches += 1
                print(f"touched by the other party: {touch}")
            if touch.state not in ("", "WAIT_FILE_UPLOAD") and touch.job_id not in self._let_go:
                counts.submitted_deleted += 1
                print(f"deleted although it was submitted: {touch}")
        beside = count_jobs(counts, service, parties, self._let_go)
        counts.kept += len(beside.kept)
        counts.left_over += len(beside.left_over)
        counts.left_over_strict += len(beside.left_over) * strict
        for job in beside.left_over:
            print(f"left over: {_story(job, parties, touches, strict)}")


def _story(job: dict[str, Any], parties: list[Party], touches: list[Touch], strict: bool) -> str:
    """Whose a left-over is, what was done to it, and what the runs said of it."""
    job_id = job["job_id"]
    done = [f"{touch.party} {touch.method}" for touch in touches if touch.job_id == job_id]
    said = [line.strip() for p in parties for line in p.said().splitlines() if job_id in line]
    profile = "strict" if strict else "tutorial"
    return f"{job_id} ({job['fields']['name']}, {job['state']}, {profile}) {done} {said[-3:]}"
