"""A batch that several stacks share, run beside each other against one service."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from typing import Any

from metastudio_emulator import Emulator

PROGRAM = """
import pulumi
from pulumi_metastudio import TrainingBatch

batch = TrainingBatch("autumn", manifest="jobs.yaml", shard=pulumi.Config().require("shard"))
"""
SHARDS = (1, 2)


def write(stack: Any, count: int) -> None:
    rows = [f"- {{name: row {number}, submit: false}}\n" for number in range(count)]
    (stack.folder / "jobs.yaml").write_text("".join(rows))


def beside(stack: Any, operation: str) -> None:
    """An operation on all shards at once."""
    runs = [
        subprocess.Popen(
            stack.command(operation, "--yes", "--skip-preview", "--stack", f"s{number}"),
            cwd=stack.folder,
            env=stack.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for number in SHARDS
    ]
    for run in runs:
        printed, _ = run.communicate(timeout=120)
        assert run.returncode == 0, printed


def test_shards_have_each_job_once(stack: Any, emulator: Emulator) -> None:
    (stack.folder / "__main__.py").write_text(PROGRAM)
    write(stack, 12)
    for number in SHARDS:
        stack.init(f"s{number}")
        (stack.folder / f"Pulumi.s{number}.yaml").open("a").write(
            f"config:\n  storytelling:shard: {number}/{len(SHARDS)}\n"
        )
    beside(stack, "up")
    made = {job["fields"]["name"]: job["job_id"] for job in emulator.control.jobs()}
    assert Counter(job["fields"]["name"] for job in emulator.control.jobs()) == Counter(
        f"row {number}" for number in range(12)
    )
    listed = stack.type("jobs", "list", "--json", "--batch-name", "autumn", "--stack", "s1").ok()
    assert {job["job_id"] for job in json.loads(listed.stdout)} == set(made.values())

    check = ("batch", "check", "jobs.yaml", "--shards")
    told = json.loads(stack.type(*check, "2", "--made", "--json", "--stack", "s1").ok().stdout)
    assert (told["wrong"], told["notes"]) == ([], [])
    assert [share["stacks"] for share in told["shards"]] == [["s1"], ["s2"]]
    assert sum(share["made"] for share in told["shards"]) == 12

    # Three shards would make some of them again; nothing has to be run to see that.
    recut = stack.type(*check, "3")
    assert recut.code == 1
    assert "stack s1 has share 1/2: with 3 shards" in recut.stderr
    assert "trained, and billed, again" in recut.stderr

    # A row more is one job more, in one of the two, and the others stay as they are.
    write(stack, 13)
    beside(stack, "up")
    now = {job["fields"]["name"]: job["job_id"] for job in emulator.control.jobs()}
    assert {name: now[name] for name in made} == made
    assert now.keys() - made.keys() == {"row 12"}

    # A job of the batch that no state knows, with the name of one that is recorded.
    twin = emulator.control.add_job(name="row 3", batch_name="autumn")["job_id"]
    twice = stack.type(*check, "2", "--made", "--stack", "s2")
    assert twice.code == 1
    assert f"job {twin} of the batch is in no state of the project" in twice.stderr


def test_another_share_is_seen_in_a_preview(stack: Any) -> None:
    (stack.folder / "__main__.py").write_text(PROGRAM)
    write(stack, 3)
    stack.type("config", "set", "shard", "1/1", "--stack", "test").ok()
    stack.run("up").ok()
    stack.run("preview", "--expect-no-changes").ok()
    stack.type("config", "set", "shard", "1/2", "--stack", "test").ok()
    steps = json.loads(stack.run("preview", "--json").ok().stdout)["steps"]
    (batch,) = [step for step in steps if step["urn"].endswith("TrainingBatch::autumn")]
    assert batch["op"] == "update"
    assert batch["oldState"]["inputs"] == {"shard": "1/1"}
    assert batch["newState"]["inputs"] == {"shard": "1/2"}


def test_what_is_no_shard_is_one_line(stack: Any) -> None:
    (stack.folder / "__main__.py").write_text(
        PROGRAM.replace('pulumi.Config().require("shard")', "'9/8'")
    )
    write(stack, 1)
    failed = stack.run("preview")
    assert failed.code != 0
    assert "error: TrainingBatch 'autumn': shard is '9/8': give which of how many" in failed.text
    assert "Traceback" not in failed.text
