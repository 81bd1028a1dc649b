"""Each program in ``examples/``, on both engines, as a newcomer runs it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    """A service that reviews and trains at once."""
    with Emulator(tmp_path / "emulator") as service:
        yield service


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        ("01_one_job", {"state": "JOB_SUCCESS", "console_status": "Completed"}),
        ("02_wait_and_list", {"newest": ["Carla"]}),
        ("03_batch", {"states": {"anna": "JOB_SUCCESS", "ben": "JOB_SUCCESS"}}),
    ],
)
def test_an_example_runs(
    example: str,
    expected: dict[str, Any],
    stack: Any,
    emulator: Emulator,
    material: dict[str, Path],
) -> None:
    own = shutil.ignore_patterns("Pulumi.*.yaml")  # of stacks that somebody tried it with
    shutil.copytree(EXAMPLES / example, stack.folder, ignore=own, dirs_exist_ok=True)
    (stack.folder.parent / "material").symlink_to(material["cover"].parent)
    stack.init()  # in the example's own project
    carla = emulator.control.add_job(name="Carla")

    stack.run("up").ok()
    outputs = stack.outputs()
    assert expected.items() <= outputs.items()
    assert all(outputs.values())

    # A demonstration cleans up after itself.
    stack.run("destroy").ok()
    assert [job["job_id"] for job in emulator.control.jobs()] == [carla["job_id"]]
