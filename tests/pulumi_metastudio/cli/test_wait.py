"""``metastudio jobs wait`` at a service that takes a request and never answers it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest


@pytest.mark.timeout(200)
@pytest.mark.parametrize("jobs", [["one"], ["one", "two"]])
def test_ctrl_c_ends_at_once_though_a_request_is_under_way(jobs: list[str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as service:
        endpoint = f"http://127.0.0.1:{service.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "-m", "pulumi_metastudio.cli", "jobs", "wait", *jobs],
            cwd=tmp_path,
            env={
                **os.environ,
                "METASTUDIO_ENDPOINT": endpoint,
                "HUAWEICLOUD_SDK_AK": "ak",
                "HUAWEICLOUD_SDK_SK": "sk",
                "HUAWEICLOUD_SDK_PROJECT_ID": "0" * 32,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        connection, _ = service.accept()
        with connection:
            connection.recv(1)
            asked = time.monotonic()
            process.send_signal(signal.SIGINT)
            printed, _ = process.communicate()
            took = time.monotonic() - asked
    assert printed.split() == ["Aborted!"], printed
    assert process.returncode == 1
    assert took < 10, f"{took} s"  # a second; a loaded machine takes longer to end a process
