"""What the probe's tests stand on: its client against an emulator, and what must come out."""

from __future__ import annotations

import contextlib
import dataclasses
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from metastudio_emulator import Emulator, Profile
from pulumi_metastudio.api import AccessKey, Settings
from pulumi_metastudio.probe import Ledgers, ProbeClient, Result, run
from pulumi_metastudio.probe.exchanges import Answered
from pulumi_metastudio.probe.findings import WITHOUT_SUBMITTING
from pulumi_metastudio.probe.profile import as_toml
from pulumi_metastudio.probe.report import Where

WHERE = Where("2026-01-31", "cn-north-4", "emulator")
_CHOICES: dict[str, tuple[int, ...]] = {
    "unknown_job_status": (400, 404),
    "minimum_part_size": (0, 100 * 1024),
}
_NEED_UPDATE = {"update_keeps_omitted", "update_keeps_parts"}


def settings_of(emulator: Emulator) -> Settings:
    """How to reach an emulator."""
    return Settings(
        endpoint=emulator.endpoint,
        iam_endpoint=emulator.iam_endpoint,
        region=emulator.region,
        project_id=emulator.project_id,
        credentials=AccessKey(emulator.access_key, emulator.secret_key),
    )


def client_of(emulator: Emulator, heard: Callable[[Answered], None] | None = None) -> ProbeClient:
    """The probe's client, without pauses."""
    return ProbeClient(settings_of(emulator), pace=0.0, heard=heard or (lambda _: None))


def random_profile(chance: random.Random) -> Profile:
    """Every switch set at random."""
    values = {
        field.name: chance.choice(_CHOICES.get(field.name, (False, True)))
        for field in dataclasses.fields(Profile)
    }
    return Profile(**values)  # type: ignore[arg-type]


def expected(profile: Profile) -> dict[str, object]:
    """What a probe must say of each switch; None for "not observable without submitting"."""
    hidden = {"update_reopens"} | (set() if profile.update_while_waiting else _NEED_UPDATE)
    return {
        name: None if name in hidden else value
        for name, value in dataclasses.asdict(profile).items()
    }


def observed(result: Result) -> dict[str, object]:
    """What it said; a switch without a value must say why in these words."""
    found: dict[str, object] = {}
    for each in result.findings.switches(result.otherwise):
        reason = None if each.why.startswith(WITHOUT_SUBMITTING) else each.why
        found[each.switch] = reason if each.value is None else each.value
    return found


def answers(result: Result) -> dict[str, str | None]:
    """Each question's answer."""
    return {f.question.id: f.answer for f in result.findings.all(result.otherwise)}


@contextlib.contextmanager
def ledgers() -> Iterator[Ledgers]:
    """The records of a machine of its own."""
    with tempfile.TemporaryDirectory() as folder:
        yield Ledgers(Path(folder))


def wrongs(profile: Profile) -> list[str]:
    """Probe an emulator, and one that behaves as the first probe says; returns what is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "observed.toml"
        first, found = _probed(profile)
        file.write_text(as_toml(first, WHERE))
        second, more = _probed(Profile.parse(str(file)))
        found += more
        if expected(profile) != observed(first):
            found.append(f"observed {observed(first)}, set {expected(profile)}")
        if answers(first) != answers(second):
            found.append(f"a second probe answers {answers(second)}, the first {answers(first)}")
        return found


def _probed(profile: Profile) -> tuple[Result, list[str]]:
    with Emulator(profile=profile, transitions="manual") as emulator, ledgers() as records:
        # Somebody's jobs, one of them much like the probe's.
        emulator.control.add_job(name="Anna", tags=["metastudio"], contact="13800000000")
        emulator.control.add_job(name="metastudio-probe-", tags=["metastudio-probe"])
        before = emulator.control.jobs()
        with client_of(emulator) as client:
            result = run(client, records)
        found = [f"failure: {result.failure}"] if result.failure else []
        if emulator.control.jobs() != before:
            found.append("jobs are left, or others' were touched")
        if "SUBMITVERIFYING" in emulator.control.counters():
            found.append("a job was submitted")
        if result.left or result.made > 3:
            found.append(f"{result.made} jobs made, left: {result.left}")
        return result, found
