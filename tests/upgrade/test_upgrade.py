"""States that earlier versions recorded are gone on with as if nothing had happened."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator

from .record import HERE, Program

STATES = sorted((HERE / "states").glob("*-*.json"))
# Of a job that does not change a preview asks the service nothing.
NO_SERVICE = {
    "METASTUDIO_ENDPOINT": "http://127.0.0.1:9",
    "HUAWEICLOUD_SDK_AK": "nobody",
    "HUAWEICLOUD_SDK_SK": "nothing",
    "HUAWEICLOUD_SDK_PROJECT_ID": "nowhere",
}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A service that a plan can ask; it does not have the job any more."""
    with Emulator(tmp_path / "service") as emulator:
        yield {
            "METASTUDIO_ENDPOINT": emulator.endpoint,
            "METASTUDIO_IAM_ENDPOINT": emulator.iam_endpoint,
            "HUAWEICLOUD_SDK_AK": emulator.access_key,
            "HUAWEICLOUD_SDK_SK": emulator.secret_key,
            "HUAWEICLOUD_SDK_PROJECT_ID": emulator.project_id,
        }


@pytest.fixture(params=["embedded", "pulumi"])
def program(request: pytest.FixtureRequest, tmp_path: Path) -> Program:
    if request.param == "pulumi" and shutil.which("pulumi") is None:
        pytest.skip("the Pulumi CLI is not on PATH")
    return Program(tmp_path / "program", request.param, NO_SERVICE)


def declared(state: Path) -> dict[str, Any]:
    release, case = state.stem.split("-")
    found: dict[str, Any] = json.loads((HERE / "states" / f"{release}.declared.json").read_text())
    return dict(found[case])


def changes(program: Program) -> tuple[dict[str, str], str]:
    """What a preview would do to the job, and all it says."""
    done = program.run("preview", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    ops = {step["urn"].split("::")[-1]: step["op"] for step in json.loads(done.stdout)["steps"]}
    return {n: op for n, op in ops.items() if n == "anna" and op != "same"}, done.stdout


@pytest.mark.parametrize("state", STATES, ids=lambda path: path.stem)
def test_a_recorded_state_shows_no_change(
    program: Program, state: Path, service: dict[str, str]
) -> None:
    program.declare(declared(state))
    program.restore(state)
    # What the past left unfinished is resumed, in place.
    pending = state.stem.endswith("-pending")
    if pending:
        program.environment |= service
    assert changes(program)[0] == ({"anna": "update"} if pending else {})


@pytest.mark.parametrize("state", STATES, ids=lambda path: path.stem)
def test_an_edit_of_a_recorded_state_is_an_update(
    program: Program, state: Path, service: dict[str, str]
) -> None:
    program.environment |= service
    program.declare({**declared(state), "batch_name": "autumn"})
    program.restore(state)
    assert changes(program)[0] == {"anna": "update"}


def test_every_case_is_recorded() -> None:
    cases = {path.stem.split("-")[1] for path in STATES}
    assert cases == {"complete", "pending", "failed", "adopted"}
    for state in STATES:
        text = state.read_text()
        assert "13800138000" not in text  # personal data, encrypted
        assert "http" not in text
