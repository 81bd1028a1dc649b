"""The command in a folder of no project, with a service in the environment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from metastudio_emulator import Emulator
from pulumi_metastudio.cli.main import main

Run = Callable[..., Result]


@pytest.fixture
def emulator(start: Any) -> Emulator:
    """The service of a whitelisted tenant."""
    service: Emulator = start(tenant="NA")
    return service


@pytest.fixture
def empty(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, with the emulator in the environment."""
    monkeypatch.setenv("METASTUDIO_ENDPOINT", emulator.endpoint)
    monkeypatch.setenv("METASTUDIO_IAM_ENDPOINT", emulator.iam_endpoint)
    monkeypatch.setenv("METASTUDIO_READS_PER_SECOND", "1000")
    monkeypatch.setenv("METASTUDIO_WRITES_PER_SECOND", "1000")
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", emulator.access_key)
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", emulator.secret_key)
    monkeypatch.setenv("HUAWEICLOUD_SDK_PROJECT_ID", emulator.project_id)
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


@pytest.fixture
def run(empty: Path) -> Run:
    """The command in the empty folder."""

    def invoke(*words: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(main, [words[0], *words[1:], "-C", str(empty)], input=stdin)

    return invoke


@pytest.fixture
def pipe(empty: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """The command in a process of its own, its output a pipe; keyword arguments are variables."""

    def invoke(
        *words: str, stdin: bytes = b"", **environment: str
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "pulumi_metastudio.cli", *words],
            cwd=empty,
            env={**os.environ, **environment},
            input=stdin,
            capture_output=True,
            check=False,
        )

    return invoke
