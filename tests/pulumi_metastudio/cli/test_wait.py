"""``metastudio jobs wait``: what it waits for, and what it shows meanwhile."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from docs.terminal import record

from metastudio_emulator import Emulator

from .conftest import Run


@pytest.fixture
def batch(emulator: Emulator) -> list[str]:
    """Three jobs of a batch, under review, and one of another batch."""
    made = []
    for name, label in [("anna", "autumn"), ("ben", "autumn"), ("carla", "autumn"), ("x", "old")]:
        job = emulator.control.add_job(name=name, batch_name=label)["job_id"]
        emulator.control.set_state(job, "MANUAL_VERIFYING")
        made.append(job)
    return made


def go_on(emulator: Emulator, jobs: list[str], state: str) -> None:
    for job in jobs:
        emulator.control.set_state(job, state, reason="blurred")


def test_a_target(run: Run, emulator: Emulator, batch: list[str]) -> None:
    anna = batch[0]
    go_on(emulator, [anna], "WAIT_USER_CONFIRM")
    found = run("jobs", "wait", anna, "--target", "trained", "--json")
    assert json.loads(found.stdout)[0]["state"] == "WAIT_USER_CONFIRM"
    late = run("jobs", "wait", anna, "-t", "finished", "--timeout", "0.05", "--poll", "0.02")
    assert late.exit_code == 1
    assert f"metastudio jobs accept (or reject) {anna}" in late.output


def test_a_pipe_is_told_what_changed(run: Run, emulator: Emulator, batch: list[str]) -> None:
    """And one review that failed does not end the wait for the others."""
    seen = threading.Event()

    def later() -> None:
        while emulator.control.counters().get("list", {}).get("200", 0) < 2:
            seen.wait(0.01)
        go_on(emulator, batch[:1], "MANUAL_VERIFY_FAILED")
        go_on(emulator, batch[1:3], "JOB_SUCCESS")

    service = threading.Thread(target=later)
    service.start()
    found = run("jobs", "wait", "--batch-name", "autumn", "--poll", "0.05", "--timeout", "100s")
    service.join()
    assert found.exit_code == 1
    lines = found.stderr.splitlines()
    told = sorted(re.sub(r"^[\d:]{8} ", "", line) for line in lines[:-1])
    anna, ben, carla = batch[:3]
    assert told == sorted(
        [
            f"job {anna} (anna): MANUAL_VERIFYING",
            f"job {ben} (ben): MANUAL_VERIFYING",
            f"job {carla} (carla): MANUAL_VERIFYING",
            f"job {anna} (anna): MANUAL_VERIFYING -> MANUAL_VERIFY_FAILED",
            f"job {ben} (ben): MANUAL_VERIFYING -> JOB_SUCCESS",
            f"job {carla} (carla): MANUAL_VERIFYING -> JOB_SUCCESS",
        ]
    )
    assert lines[-1].startswith(f"Error: training job {anna}: ")
    assert "blurred" in lines[-1]
    assert [line.split()[1] for line in found.stdout.splitlines()[1:]] == ["ben", "carla"]


def test_a_terminal_has_a_table(empty: Path, emulator: Emulator, batch: list[str]) -> None:
    screen, _ = record(
        [sys.executable, "-m", "pulumi_metastudio.cli", "jobs", "wait", *batch[:2], "--timeout=3s"],
        columns=100,
        rows=10,
        folder=empty,
        environment={**os.environ, "TERM": "xterm-256color"},
        until=rf"0:00:\d\d *{batch[0]}",
    )
    head, names, *rows = screen.plain.splitlines()
    assert head.strip().startswith("0 of 2 trained, 0:00:0")
    assert names.split() == ["name", "state", "for", "job_id"]
    assert [(row.split()[0], row.split()[-1]) for row in rows] == [
        ("anna", batch[0]),
        ("ben", batch[1]),
    ]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "no job to wait for: name jobs by their ids"),
        (["--batch-name", "none"], "no job has the batch name 'none'"),
    ],
)
def test_nothing_to_wait_for(run: Run, words: list[str], text: str) -> None:
    found = run("jobs", "wait", *words)
    assert (found.exit_code, found.stderr.count("\n")) == (1, 1)
    assert text in found.stderr


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
    assert process.returncode == 130
    assert took < 10, f"{took} s"  # a second; a loaded machine takes longer to end a process
