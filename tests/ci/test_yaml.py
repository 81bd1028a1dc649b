"""The YAML calls the scripts that there are, and gives a job no more than it needs.

Whether it is well-formed is said by the platforms' schemas, in ``make check``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import SCRIPTS

EXAMPLES = SCRIPTS.parent
WORKFLOWS = sorted((EXAMPLES / "github" / "workflows").glob("*.yml"))
FILES = [*WORKFLOWS, EXAMPLES / "gitlab" / ".gitlab-ci.yml"]
SHARDS = sorted((EXAMPLES / "shards").iterdir())
ALL = {path.name for path in SCRIPTS.iterdir() if path.suffix in (".py", ".sh")}


def read(file: Path) -> dict[Any, Any]:
    content: dict[Any, Any] = yaml.safe_load(file.read_text())
    return content


def called(files: list[Path]) -> set[str]:
    return {name for file in files for name in re.findall(r"ci/(\w+\.\w+)", file.read_text())}


def test_both_platforms_call_the_same_scripts() -> None:
    inner = {"preview_json.sh", "diagnostics.py", "changes.py", "platforms.py"}
    assert called(WORKFLOWS) == called(FILES[-1:]) == ALL - inner


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_who_has_keys_writes_nothing_and_who_writes_has_no_keys(file: Path) -> None:
    workflow = read(file)
    for name, job in workflow["jobs"].items():
        permissions = job.get("permissions", workflow["permissions"])
        writes = {what for what, how in permissions.items() if how == "write"}
        has_keys = "secrets." in yaml.dump(job)
        assert not (writes and has_keys), name
        assert writes <= {"pull-requests", "issues"}
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
                if writes and "pull_request" in workflow[True]:  # YAML reads the key `on` so
                    assert step["with"]["ref"] == "${{ github.event.pull_request.base.ref }}"


def test_no_stranger_s_program_is_run_with_keys() -> None:
    triggers = [set(read(file)[True]) for file in WORKFLOWS]
    assert all("pull_request_target" not in each for each in triggers)


def test_an_up_is_never_cut_off() -> None:
    (github,) = (read(file) for file in WORKFLOWS if file.stem == "avatars-up")
    assert github["concurrency"] == {"group": "avatars-up-prod", "cancel-in-progress": False}
    gitlab = read(FILES[-1])["up"]
    assert (gitlab["resource_group"], gitlab["interruptible"]) == ("avatars-up-prod", False)


def test_a_runner_for_each_shard() -> None:
    """As many stacks as the check before them is told, on either platform; none is cut off."""
    gitlab, github = map(read, SHARDS)
    (matrix,) = gitlab["up"]["parallel"]["matrix"]
    shards = [int(number) for number in matrix["SHARD"]]
    assert shards == github["jobs"]["up"]["strategy"]["matrix"]["shard"] == list(range(1, 9))
    assert int(gitlab["variables"]["SHARDS"]) == github["env"]["SHARDS"] == len(shards)
    assert github["jobs"]["up"]["needs"] == "fit"
    assert github["jobs"]["up"]["strategy"]["fail-fast"] is False
    assert github["concurrency"]["cancel-in-progress"] is gitlab["up"]["interruptible"] is False
    assert called(SHARDS) == {"up.sh"}
    # Never both at once: a whole batch beside its shards is every job twice.
    assert github["concurrency"]["group"] == "avatars-up-prod"
    assert github["permissions"] == {"contents": "read"}
