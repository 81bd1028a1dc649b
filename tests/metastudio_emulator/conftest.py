"""A running emulator per test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from huaweicloudsdkmetastudio.v1 import MetaStudioClient

from metastudio_emulator import Emulator

from .clients import Api, StartEmulator, vendor_client


@pytest.fixture
def start_emulator(
    tmp_path: Path, stop_meanwhile: Callable[[Emulator], None]
) -> Iterator[StartEmulator]:
    """Start emulators that end with the test, by default on the folder ``data``."""
    started: list[Emulator] = []

    def start(folder: Path | None = None, **options: Any) -> Emulator:
        started.append(Emulator(folder or tmp_path / "data", **options).start())
        return started[-1]

    yield start
    for service in started:
        stop_meanwhile(service)


@pytest.fixture
def emulator(start_emulator: StartEmulator) -> Emulator:
    return start_emulator()


@pytest.fixture
def api(emulator: Emulator) -> Api:
    return Api(emulator)


@pytest.fixture
def vendor(emulator: Emulator) -> MetaStudioClient:
    return vendor_client(emulator)
