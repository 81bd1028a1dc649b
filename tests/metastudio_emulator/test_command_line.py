"""The command ``emulator``, in the foreground and as a background service."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from metastudio_emulator import Control, Emulator, EmulatorError

KEYS = (
    *("endpoint", "iam_endpoint", "project_id", "access_key", "secret_key"),
    *("user", "password", "domain", "region"),
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "metastudio_emulator", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_one_line_serves_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "metastudio_emulator", "--data", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    info = json.loads(process.stdout.readline())
    assert tuple(info) == KEYS
    url = f"{info['endpoint']}/v1/{info['project_id']}/digital-human-training-manage/user/jobs"
    assert requests.get(f"{url}?Signature=secret", timeout=30).status_code == 401
    process.send_signal(number)
    rest, log = process.communicate(timeout=30)
    assert process.returncode == 0
    assert rest == ""
    assert "/user/jobs 401" in log
    assert "Signature" not in log
    assert not (tmp_path / "emulator.json").exists()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "emulator data"
    run("--data", str(tmp_path / "emulator data"), "--stop")


def test_a_detached_emulator_is_reused_and_stopped(folder: Path) -> None:
    first = run("--data", str(folder), "--detach", "--transitions", "manual")
    assert first.returncode == 0, first.stderr
    assert first.stdout.count("\n") == 1
    info = json.loads(first.stdout)
    control = Control(info["endpoint"], info["secret_key"])
    assert control.info()["transitions"] == "manual"
    for name in ("emulator.json", "emulator.log"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600

    second = run("--data", str(folder), "--detach", "--print", "env")
    lines = second.stdout.splitlines()
    assert all(re.fullmatch(r"export [A-Z_]+='[^']*'", line) for line in lines)
    exported = dict(shlex.split(line)[1].split("=", 1) for line in lines)
    assert exported == {
        "HUAWEICLOUD_SDK_AK": info["access_key"],
        "HUAWEICLOUD_SDK_SK": info["secret_key"],
        "HUAWEICLOUD_SDK_PROJECT_ID": info["project_id"],
        "METASTUDIO_ENDPOINT": info["endpoint"],
        "METASTUDIO_IAM_ENDPOINT": info["iam_endpoint"],
        "HUAWEICLOUD_SDK_IAM_ENDPOINT": info["iam_endpoint"],
        "METASTUDIO_REGION": info["region"],
    }

    third = run("--data", str(folder))
    assert third.returncode == 1
    assert third.stdout == ""
    assert "already runs" in third.stderr

    assert run("--data", str(folder), "--stop").returncode == 0
    with pytest.raises(EmulatorError):
        control.info()
    again = run("--data", str(folder), "--stop")
    assert (again.returncode, again.stdout) == (0, "")
    assert "no emulator runs" in again.stderr


def test_a_running_emulator_with_other_options_is_not_reused(folder: Path) -> None:
    options = ["--transitions", "time:2", "--profile", "strict"]
    first = run("--data", str(folder), "--detach", *options)
    assert first.returncode == 0, first.stderr
    for more, difference in (
        (["--transitions", "manual"], "--transitions time:2, not manual"),
        (["--profile", "tutorial"], "--profile strict, not tutorial"),
        (["--tenant", "NA"], "--tenant ordinary, not NA"),
        (["--port", "1"], ", not 1"),
        (["--host", "localhost"], "--host 127.0.0.1, not localhost"),
        ([*options, "--tenant", "NA"], f"on {folder} runs with --tenant ordinary, not NA: "),
    ):
        answer = run("--data", str(folder), "--detach", *more)
        assert (answer.returncode, answer.stdout) == (1, ""), more
        assert difference in answer.stderr
        assert "--stop" in answer.stderr
        assert answer.stderr.count("\n") == 1
    same = ["--transitions", "time:2.0", "--profile", "strict, newest_first=false", "--port", "0"]
    for more in ([], options, same):
        again = run("--data", str(folder), "--detach", *more)
        assert (again.returncode, again.stdout) == (0, first.stdout), again.stderr


def test_stop_does_not_signal_another_program(folder: Path) -> None:
    folder.mkdir()
    record = {"pid": os.getpid(), "info": {"endpoint": "http://127.0.0.1:1", "secret_key": "x"}}
    (folder / "emulator.json").write_text(json.dumps(record))
    # The recorded process is this test: a signal would end it here.
    assert "no emulator runs" in run("--data", str(folder), "--stop").stderr
    assert not (folder / "emulator.json").exists()


def test_a_folder_can_be_used_after_its_emulator_was_killed(folder: Path) -> None:
    first = run("--data", str(folder), "--detach")
    assert first.returncode == 0
    os.kill(json.loads((folder / "emulator.json").read_text())["pid"], signal.SIGKILL)
    second = run("--data", str(folder), "--detach")
    assert second.returncode == 0, second.stderr
    assert json.loads(second.stdout)["secret_key"] == json.loads(first.stdout)["secret_key"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--transitions", "soon"], "transitions 'soon'"),
        (["--profile", "lenient"], "unknown profile 'lenient'"),
        (["--data", "/proc/nowhere"], "the data folder /proc/nowhere cannot be used"),
        (["--data", "/proc/nowhere", "--detach"], "the data folder /proc/nowhere cannot be used"),
    ],
)
def test_invalid_options_are_reported_in_one_line(arguments: list[str], message: str) -> None:
    answer = run(*arguments)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert message in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_a_detached_start_reports_a_port_that_is_in_use(emulator: Emulator, folder: Path) -> None:
    port = emulator.endpoint.rsplit(":", 1)[1]
    answer = run("--data", str(folder), "--detach", "--port", port)
    assert answer.returncode == 1
    assert answer.stderr.startswith("Error: the emulator did not start: cannot listen on")
    assert answer.stderr.count("\n") == 1


def test_only_the_owner_has_access_to_the_folder(folder: Path) -> None:
    run("--data", str(folder), "--detach")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
