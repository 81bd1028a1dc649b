"""``metastudio upload`` to a job that no stack manages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from metastudio_emulator import Emulator
from metastudio_emulator.samples import make_samples

Run = Callable[..., Result]


@pytest.mark.parametrize(
    "voice", [{"sex": "MALE"}, {}, {"job_tag": "NEWS", "sex": "MALE", "language": "CN"}]
)
def test_voice_settings_that_are_told_in_part_are_not_sent(
    run: Run, emulator: Emulator, tmp_path: Path, voice: dict[str, Any]
) -> None:
    cover = make_samples(tmp_path / "material", seconds=1, size="320x180")["cover"]
    job = emulator.control.add_job(name="Anna", is_flexus=True)["job_id"]
    emulator.control.set_fields(job, voice_properties=voice)
    sent = run("upload", job, f"cover={cover}")
    assert sent.exit_code == 0, sent.output
    assert emulator.control.objects(job)["cover"]["size"] == cover.stat().st_size
    assert emulator.control.job(job)["fields"]["voice_properties"] == voice
    assert ("voice_properties" in sent.output) is (len(voice) < 3)


def test_a_file_that_is_not_the_declared_one_is_refused(
    run: Run, emulator: Emulator, tmp_path: Path
) -> None:
    letter = tmp_path / "letter.pdf"
    letter.write_text("a letter")
    (tmp_path / "SHA256SUMS").write_text(f"{'a' * 64}  letter.pdf\n")
    job = emulator.control.add_job(name="Anna")["job_id"]
    emulator.control.clear_counters()
    refused = run("upload", job, f"grant_file={letter}")
    assert refused.exit_code == 1
    assert "SHA256SUMS' declares aaaaaaaaaaaa…" in refused.output
    assert {"update", "upload"}.isdisjoint(emulator.control.counters())
    (tmp_path / "SHA256SUMS").unlink()
    sent = run("upload", job, f"grant_file={letter}")
    assert sent.exit_code == 0, sent.output
