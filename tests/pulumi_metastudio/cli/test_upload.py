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
