"""Only what is proven left over is listed, and deleted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.backend import Backend
from pulumi_metastudio.lifecycle.ownership import Identity, owner_tag

Make = Callable[..., str]


def _urn(name: str, stack: str = "test", project: str = "storytelling") -> str:
    kind = "pulumi-python:dynamic/metastudio:TrainingJob"
    return f"urn:pulumi:{stack}::{project}::{kind}::{name}"


def _owner(stack: Any) -> str:
    return Backend(stack.environment["PULUMI_BACKEND_URL"], stack.folder).owner


@pytest.fixture
def left(stack: Any, emulator: Emulator) -> Make:
    """Make a job that a killed run of this backend left, or one that differs in something."""

    def make(name: str, *tags: str, state: str = "WAIT_FILE_UPLOAD", **where: str) -> str:
        chosen = tags or Identity(_urn(name, **where), _owner(stack)).tags
        job: str = emulator.control.add_job(name=name, tags=list(chosen))["job_id"]
        emulator.control.set_state(job, state)
        return job

    return make


def _listed(stack: Any, *flags: str) -> set[str]:
    rows = json.loads(stack.run("sweep", "--json", *flags).ok().stdout)
    return {row["job_id"] for row in rows}


def _names(emulator: Emulator) -> set[str]:
    return {job["fields"]["name"] for job in emulator.control.jobs()}


def test_only_what_is_proven_left_over(stack: Any, emulator: Emulator, left: Make) -> None:
    stack.declare(live={"name": "live", "submit": False})
    stack.run("up").ok()
    (live,) = emulator.control.jobs()
    emulator.control.set_fields(
        live["job_id"], tags=list(Identity(_urn("live"), _owner(stack)).tags)
    )
    mine = left("mine")
    prod = left("prod", stack="prod")
    left("project", project="other")
    left("elsewhere", Identity(_urn("elsewhere"), "").label, owner_tag("0" * 16))
    left("old", Identity(_urn("old"), "").label)
    left("submitted", state="MANUAL_VERIFY_FAILED")
    left("by hand", "news")
    before = _names(emulator)

    assert _listed(stack) == {mine}
    assert _listed(stack, "--all-stacks") == {mine, prod}
    listed = stack.run("sweep").ok()
    assert mine in listed.stdout
    assert "2 jobs" in listed.stderr
    assert "not ours" in listed.stderr
    named = stack.run("sweep", "--verbose").ok()
    assert "elsewhere" in named.stderr
    assert "old" in named.stderr
    assert _names(emulator) == before

    # nobody is there to answer: nothing is deleted without --yes
    assert stack.run("sweep", "--delete").code != 0
    assert _names(emulator) == before
    deleted = stack.run("sweep", "--delete", "--yes").ok()
    assert f"deleted {mine}" in deleted.stderr
    assert _names(emulator) == before - {"mine"}
    stack.run("sweep", "--delete", "--yes", "--all-stacks").ok()
    assert _names(emulator) == before - {"mine", "prod"}
    assert _listed(stack) == set()


def test_a_state_that_cannot_be_read_ends_it(stack: Any, emulator: Emulator, left: Make) -> None:
    left("mine")
    folder = stack.folder.parent / "backend" / ".pulumi" / "stacks" / "storytelling"
    (folder / "prod.json").write_text("{")
    for flags in ((), ("--delete", "--yes")):
        refused = stack.run("sweep", *flags)
        assert refused.code == 1
        (line,) = refused.text.splitlines()
        assert "prod.json cannot be read" in line
    assert _names(emulator) == {"mine"}


def test_after_a_rename_nothing_of_the_old_name_is_left_over(
    stack: Any, emulator: Emulator
) -> None:
    stack.declare(live={"name": "live", "submit": False})
    stack.run("up").ok()
    (live,) = emulator.control.jobs()
    tags = list(Identity(_urn("live"), _owner(stack)).tags)
    emulator.control.set_fields(live["job_id"], tags=tags)
    # what `pulumi stack rename` does to a folder
    folder = stack.folder.parent / "backend" / ".pulumi" / "stacks" / "storytelling"
    text = (folder / "test.json").read_text()
    (folder / "prod.json").write_text(text.replace("pulumi:test::", "pulumi:prod::"))
    (folder / "test.json").unlink()
    stack.init()
    assert _listed(stack) == set()
    stack.run("sweep", "--delete", "--yes").ok()
    assert _names(emulator) == {"live"}


def test_a_locked_stack_is_refused(stack: Any, emulator: Emulator, left: Make) -> None:
    left("mine")
    other = left("other", stack="prod")
    locks = stack.folder.parent / "backend" / ".pulumi" / "locks" / "organization" / "storytelling"
    (locks / "test").mkdir(parents=True)
    (locks / "test" / "somebody.json").write_text("{}")
    for flags in ((), ("--delete", "--yes")):
        refused = stack.run("sweep", *flags)
        assert refused.code == 1
        (line,) = refused.text.splitlines()
        assert "stack test is locked" in line
        assert "metastudio cancel --stack test" in line
    assert _names(emulator) == {"mine", "other"}
    swept = stack.run("sweep", "--delete", "--yes", "--all-stacks")
    assert swept.code == 1
    assert f"deleted {other}" in swept.stderr
    assert "stack test is locked" in swept.stderr
    assert _names(emulator) == {"mine"}


@pytest.mark.parametrize("change", ["state", "tags", "record", "lock", "gone"])
def test_each_job_is_looked_at_again(
    stack: Any, emulator: Emulator, left: Make, change: str
) -> None:
    first, second = left("first"), left("second")
    process = subprocess.Popen(
        stack.command("sweep", "--delete", "--stack", "test"),
        cwd=stack.folder,
        env=stack.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stderr
    asked = b""
    while b"[y/N]" not in asked:
        read = os.read(process.stderr.fileno(), 4096)
        assert read, asked
        asked += read
    # while the question waits for its answer
    state = stack.folder.parent / "backend" / ".pulumi"
    if change == "state":
        emulator.control.set_state(first, "AUTO_VERIFYING")
    elif change == "tags":
        emulator.control.set_fields(first, tags=["news"])
    elif change == "record":
        checkpoint = state / "stacks" / "storytelling" / "test.json"
        content = json.loads(checkpoint.read_text())
        resource = {"urn": _urn("first"), "type": _urn("first").split("::")[2], "id": first}
        content["checkpoint"]["latest"]["resources"] = [resource]
        checkpoint.write_text(json.dumps(content))
    elif change == "gone":
        emulator.control.delete_job(first)
    else:
        folder = state / "locks" / "organization" / "storytelling" / "test"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "somebody.json").write_text("{}")
    _, errors = process.communicate(b"y\n", timeout=60)
    left_over = {job["job_id"] for job in emulator.control.jobs()}
    text = errors.decode()
    assert "Traceback" not in text
    if change == "lock":
        assert process.returncode == 1
        assert "stack test is locked" in text
        assert left_over == {first, second}
    else:
        assert process.returncode == 0, text
        assert f"deleted {second}" in text
        assert left_over == (set() if change == "gone" else {first})


#: A CLI on a backend that tells nothing of locks, as those in object storage.
CLI = f"""#!{sys.executable}
import json, sys
words = sys.argv[1:]
if "config" in words:
    print("{{}}")
elif words[:2] == ["stack", "ls"]:
    print(json.dumps([{{"name": "test", "current": False}}]))
elif words[:2] == ["stack", "export"]:
    print(json.dumps({{"deployment": {{"resources": []}}}}))
else:
    sys.exit("asked for " + " ".join(words))
"""


def test_where_the_lock_cannot_be_asked(stack: Any, emulator: Emulator, tmp_path: Path) -> None:
    if stack.engine != "pulumi":
        pytest.skip("the embedded engine keeps its state in folders")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "pulumi"
    program.write_text(CLI)
    program.chmod(0o755)
    environment = {"PATH": str(tmp_path / "bin"), "PULUMI_BACKEND_URL": "s3://a-bucket"}
    owner = Backend("s3://a-bucket", stack.folder).owner
    emulator.control.add_job(name="mine", tags=list(Identity(_urn("mine"), owner).tags))
    unanswered = stack.run("sweep", "--delete", **environment)
    assert unanswered.code == 1
    assert "no run of it may be under way" in unanswered.stderr
    assert "[y/N]" in unanswered.stderr
    assert _names(emulator) == {"mine"}
    swept = stack.run("sweep", "--delete", "--yes", **environment).ok()
    assert "no run of it may be under way" in swept.stderr
    assert _names(emulator) == set()


def test_markup_in_a_name_is_text(stack: Any, left: Make) -> None:
    left("a [/red] b [bold]c[/bold] [link=x]")
    listed = stack.run("sweep").ok()
    assert "a [/red] b [bold]c[/bold] [link=x]" in listed.stdout
