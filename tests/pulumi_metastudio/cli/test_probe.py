"""``metastudio probe``, as somebody types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metastudio_emulator import Emulator, Profile

from .conftest import Run


@pytest.fixture(autouse=True)
def own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METASTUDIO_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("METASTUDIO_REGION", "cn-north-4")


def test_it_asks_before_it_begins(emulator: Emulator, run: Run) -> None:
    result = run("probe", stdin="n\n")
    assert result.exit_code == 1
    for told in ("at most three jobs", "about 70 requests", "216 KiB", "submits none"):
        assert told in result.stderr
    assert emulator.control.counters() == {}


def test_a_profile_and_a_recording(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    profile, folder = tmp_path / "observed.toml", tmp_path / "recordings"
    result = run("probe", "--yes", "--json", "--out", str(profile), "--record", str(folder))
    assert result.exit_code == 0, result.output
    assert result.stderr.endswith("3 jobs were made; a list proves that none is left\n")
    told = json.loads(result.stdout)
    values = {each["switch"]: each["value"] for each in told["switches"]}
    assert values == {**vars(Profile()), "update_reopens": None}
    assert Profile.parse(str(profile)) == Profile()
    text = profile.read_text()
    assert text.count('region = "cn-north-4"') == 1 + 12
    assert text.count("observed = false") == 1
    (recording,) = folder.iterdir()
    assert recording.read_text().count("\n--- ") >= 60
    assert emulator.control.jobs() == []


def test_reading_only(run: Run) -> None:
    result = run("probe", "--yes", "--read-only")
    assert result.exit_code == 0
    rows = result.stdout.splitlines()
    assert rows[1].split("  ")[0] == "How is an unknown job refused?"
    assert ["unknown_job_status", "404"] in [row.split()[:2] for row in rows]
    assert "questions were not asked: --read-only" in result.stderr


def test_what_cannot_be_written_costs_nothing_else(run: Run, tmp_path: Path) -> None:
    result = run("probe", "--yes", "--read-only", "--out", str(tmp_path / "none" / "o.toml"))
    assert result.exit_code == 0
    assert "o.toml was not written: No such file or directory" in result.stderr
    assert "unknown_job_status" in result.stdout


def test_options_that_exclude_each_other(run: Run) -> None:
    result = run("probe", "--clean", "--rates")
    assert result.exit_code == 2
    assert "exclude each other" in result.stderr


def test_nothing_to_clean(run: Run) -> None:
    result = run("probe", "--yes", "--clean")
    assert (result.exit_code, result.stdout) == (0, "0 runs were finished, 0 jobs deleted\n")
