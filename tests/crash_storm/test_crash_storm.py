"""Short storms, and what they rely on; for long ones run ``python -m tests.crash_storm``."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import requests

from metastudio_emulator import Emulator
from pulumi_metastudio.api import AccessKey, CreateJob, MetaStudioClient, Settings
from pulumi_metastudio.errors import AnswerLost

from .one_party import Storm
from .two_parties import TwoPartyStorm
from .witness import Touch, Witness


@pytest.mark.timeout(1200)  # seconds on a quiet machine; every killed run starts processes
def test_a_short_storm_leaves_nothing_behind(tmp_path: Path) -> None:
    storm = Storm(tmp_path, "embedded", seed=11)
    storm.blow(runs=1)
    assert storm.counts.killed_at_work >= 1
    assert storm.counts.clean(), dataclasses.asdict(storm.counts)


@pytest.mark.timeout(1200)
def test_a_short_storm_over_two_parties_leaves_each_its_own(tmp_path: Path) -> None:
    # Of this seed, both share a home folder and are killed at work at the same time.
    storm = TwoPartyStorm(tmp_path, "embedded", seed=124)
    storm.blow(runs=1)
    assert storm.counts.one_home == 1
    assert storm.counts.killed_at_work >= 1
    assert storm.counts.touches > 0
    assert storm.counts.clean(), dataclasses.asdict(storm.counts)


def test_the_witness_tells_who_touched_whose_job() -> None:
    with Emulator() as service, Witness(service) as witness:
        ana, bao = (_client(service, witness.address(name)) for name in ("Ana", "Bao"))
        made = ana.create_job(CreateJob(name="Ana 0"))
        bao.show_job(made.job_id)  # looking is no touch
        assert witness.touches == []
        assert requests.put(made.cover_upload_url or "", b"bytes", timeout=9).status_code == 403
        bao.delete_job(made.job_id)
        assert witness.writes == {"Ana": 2, "Bao": 1}
        assert witness.touches == [
            Touch("Ana", "PUT", made.job_id, "Ana 0"),  # refused, but tried
            Touch("Bao", "DELETE", made.job_id, "Ana 0", "WAIT_FILE_UPLOAD"),
        ]


def test_the_witness_passes_cut_connections_on() -> None:
    with Emulator() as service, Witness(service) as witness:
        ana = _client(service, witness.address("Ana"))
        service.control.add_fault("create", "reset", after=True, times=1)
        with pytest.raises(AnswerLost):
            ana.create_job(CreateJob(name="Ana 0"))
        assert [job["fields"]["name"] for job in service.control.jobs()] == ["Ana 0"]
        service.control.add_fault("create", "truncate", times=1)
        with pytest.raises(AnswerLost):
            ana.create_job(CreateJob(name="Ana 1"))


def _client(service: Emulator, endpoint: str) -> MetaStudioClient:
    return MetaStudioClient(
        Settings(
            endpoint=endpoint,
            iam_endpoint=endpoint,
            region="",
            project_id=service.project_id,
            credentials=AccessKey(service.access_key, service.secret_key),
        )
    )
