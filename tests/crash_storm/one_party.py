"""The storm over one stack."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from metastudio_emulator import Emulator
from metastudio_emulator.samples import make_samples

from .counts import Counts, count_jobs
from .kills import Kill
from .party import Party, declare

_WRITES = ("create", "update", "upload", "command")


class Storm:
    """Runs of one seed in a folder of its own.

    Args:
        folder: everything is in here.
        engine: ``embedded`` or ``pulumi``.
        seed: decides victims, moments and faults.
    """

    names: tuple[str, ...] = ("Avatar",)

    def __init__(self, folder: Path, engine: str, seed: int):
        self.counts = Counts()
        self.victims: Counter[str] = Counter()
        self._folder = folder
        self._engine = engine
        self._random = random.Random(seed)
        self._duration = 6.0  # of an undisturbed up, measured by each episode's last run
        material = folder / "material"
        samples = make_samples(material, seconds=185)
        self._jobs = {name: declare(samples, material, self._random, name) for name in self.names}

    def blow(self, runs: int) -> None:
        """Do at least ``runs`` killed runs, in whole episodes."""
        while self.counts.killed < runs:
            episode = self._folder / f"episode-{self.counts.episodes}"
            self._episode(episode)
            self.counts.episodes += 1
            shutil.rmtree(episode)

    def _episode(self, folder: Path) -> None:
        runs = self._random.randint(1, 5)
        with Emulator(folder / "emulator", transitions="manual") as service:
            party = self._party("Avatar", folder, "home", service, lambda: _writes(service))
            for _ in range(runs):
                self._faults(service)
                kill = Kill.drawn(self._random, self._duration)
                self._counted([party.killed(kill)])
            service.control.clear_faults()
            started = time.monotonic()
            self._succeeds(party, party.undisturbed("up"))
            self._duration = min(10.0, time.monotonic() - started)
            self.counts.killed_at_work += party.killed_at_work
            beside = count_jobs(self.counts, service, [party])
            self.counts.not_submitted += len(beside.left_over)

    def _party(
        self,
        name: str,
        folder: Path,
        home: str,
        service: Emulator,
        writes: Callable[[], int],
        endpoint: str | None = None,
    ) -> Party:
        return Party(
            name,
            folder / name,
            self._engine,
            self._jobs[name],
            folder / home,
            endpoint or service.endpoint,
            service,
            writes,
        )

    def _faults(self, service: Emulator) -> None:
        """Every kind of trouble, now and then; another pattern for each run."""
        control, seed = service.control, self._random.randrange(2**31)
        control.clear_faults()
        add_fault = partial(control.add_fault, probability=0.04, seed=seed)
        add_fault("*", "status", status=500)
        add_fault("*", "status", status=429)
        add_fault("*", "truncate")
        add_fault("*", "reset", after=True)
        add_fault("upload", "reset", after_bytes=65536)
        if self._random.random() < 0.2:
            control.expire_upload_urls()

    def _succeeds(self, party: Party, well: bool) -> None:
        """What nobody disturbs must succeed."""
        if not well:
            self.counts.failed_ups += 1
            print(f"{party.name}: failed\n{party.failure}")

    def _counted(self, victims: list[str | None]) -> None:
        """Count runs by their victims; None for one that was over before its moment."""
        self.counts.runs += len(victims)
        hit = [victim for victim in victims if victim]
        self.counts.killed += len(hit)
        self.victims.update(hit)


def _writes(service: Emulator) -> int:
    """How many requests that change something the service has answered, or cut short."""
    counted = service.control.counters()
    return sum(sum(counted.get(name, {}).values()) for name in _WRITES)
