"""A bucket, files, and a service of a tenant that need not show papers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.lifecycle import Context

from ....bucket import Bucket, serve_bucket
from ..job_checks import PART
from .declarations import ContextFor


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with serve_bucket() as bucket:
        yield bucket


@pytest.fixture
def emulator(start: Callable[..., Emulator]) -> Emulator:
    return start(tenant="NA")


@pytest.fixture
def context(emulator: Emulator, context_for: ContextFor) -> Context:
    return context_for(emulator, part_size=PART)


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.pdf"
    path.write_bytes(b"a letter")
    return path


@pytest.fixture
def video(film: Callable[..., Path]) -> bytes:
    """A real film of three parts; most of it is a box of nothing."""
    filling = 3 * PART
    return film().read_bytes() + (filling + 8).to_bytes(4, "big") + b"free" + bytes(filling)
