"""The live lane, ``make live``: against the account in the environment, and off by default."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from metastudio_emulator.samples import make_samples

from .lane import Lane, LiveStack, live_stack

# Nothing of it is even collected by `make test`.
collect_ignore = [] if os.environ.get("METASTUDIO_LIVE") == "1" else ["test_account.py"]


@pytest.fixture(scope="session")
def lane() -> Lane:
    """One account of jobs and bytes for the whole run."""
    return Lane.of(os.environ)


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The smallest material that no check refuses."""
    return make_samples(tmp_path_factory.mktemp("material"), seconds=180)


@pytest.fixture
def stack(tmp_path: Path, lane: Lane) -> Iterator[LiveStack]:
    """A stack of which the sweeper leaves nothing, whatever the test did."""
    engine = os.environ.get("METASTUDIO_LIVE_ENGINE", "auto")
    made = live_stack(tmp_path, lane, engine, os.environ)
    yield made
    made.clear()
