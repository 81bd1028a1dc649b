"""The caps of the live lane hold, without an account."""

from __future__ import annotations

from pathlib import Path

import pytest

from .lane import Lane, LiveStack, OverTheCap


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "video.mp4"
    made.write_bytes(bytes(1000))
    return made


def _stack(tmp_path: Path, lane: Lane) -> LiveStack:
    return LiveStack(tmp_path, "embedded", {}, lane=lane)


def test_jobs_are_counted_once_for_all_stacks(tmp_path: Path) -> None:
    lane = Lane(most_jobs=2)
    stack = _stack(tmp_path, lane)
    for _ in range(2):
        stack.declare(anna={"submit": False}, bert={"submit": False})
    assert lane.batch in (tmp_path / "jobs.json").read_text()
    with pytest.raises(OverTheCap, match="3 jobs, of 2 allowed"):
        _stack(tmp_path / "other", lane).declare(anna={"submit": False})


def test_bytes_are_counted(tmp_path: Path, file: Path) -> None:
    stack = _stack(tmp_path, Lane(most_bytes=1500))
    stack.declare(anna={"submit": False, "training_video": file})
    with pytest.raises(OverTheCap, match="2000 bytes, of 1500 allowed"):
        stack.declare(bert={"submit": False, "training_video": file})
    assert "bert" not in (tmp_path / "jobs.json").read_text()


@pytest.mark.parametrize("answer", ["", "0", "true", "yes"])
def test_nothing_is_submitted_unless_the_environment_says_so(tmp_path: Path, answer: str) -> None:
    stack = _stack(tmp_path, Lane.of({"METASTUDIO_LIVE_BILLABLE": answer}))
    for inputs in ({}, {"submit": True}, {"submit": None}):
        with pytest.raises(OverTheCap, match="would be submitted"):
            stack.declare(anna=inputs)
    assert not (tmp_path / "jobs.json").exists()
    _stack(tmp_path, Lane.of({"METASTUDIO_LIVE_BILLABLE": "1"})).declare(anna={})
