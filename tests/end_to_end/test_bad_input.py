"""Bad input ends in one clear line, and nothing is created."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator

GOOD = {"name": "Anna", "submit": False}


def refusals(text: str) -> list[str]:
    """The distinct error lines of a run, as its diagnostics print them."""
    lines = {line.strip() for line in text.splitlines() if line.strip().startswith("error: ")}
    general = ("error: update failed", "error: preview failed")
    return [line for line in lines if line not in general]


@pytest.mark.parametrize(
    ("inputs", "line"),
    [
        ({"training_video": "nowhere.mp4"}, "'nowhere.mp4': no such file"),
        ({"training_video": "folder"}, "'folder' is a directory: give a file"),
        ({"id_card_image1": "empty.jpg"}, "'empty.jpg' is empty"),
        ({"name": "n" * 257}, "has 257 characters: it must have 1 to 256 characters"),
        ({"model_version": "V9"}, "is 'V9': choose one of V3.2, V3.3, V3, V2"),
        (
            {"voice_properties": {"job_tag": "NEWS", "sex": "MALE", "language": "CN"}},
            "is for the Flexus edition only: set is_flexus (or is_fast_flexus) to true",
        ),
    ],
    ids=["missing file", "directory", "empty file", "long name", "enum", "flexus only"],
)
def test_an_input_is_refused(
    stack: Any, emulator: Emulator, inputs: dict[str, Any], line: str
) -> None:
    (stack.folder / "folder").mkdir()
    (stack.folder / "empty.jpg").touch()
    stack.declare(anna={**GOOD, **inputs})
    result = stack.run("up")
    assert result.code != 0
    assert "Traceback" not in result.text
    (refusal,) = refusals(result.text)
    assert line in refusal
    assert next(iter(inputs)) in refusal
    assert emulator.control.jobs() == []


def test_every_problem_is_told_at_once(stack: Any) -> None:
    stack.declare(anna={"name": "", "cover": "nowhere.png", "submit": True, "tags": "one"})
    reasons = " ".join(refusals(stack.run("preview").text))
    assert all(name in reasons for name in ("name", "cover", "tags"))


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({"HUAWEICLOUD_SDK_SK": ""}, "HUAWEICLOUD_SDK_AK without HUAWEICLOUD_SDK_SK"),
        (
            {"HUAWEICLOUD_SDK_SK": "", "HUAWEICLOUD_SDK_AK": ""},
            "no credentials: set metastudio:accessKey and metastudio:secretKey",
        ),
        ({"METASTUDIO_ENDPOINT": "http://127.0.0.1:9"}, "127.0.0.1:9 is unreachable"),
        ({"HUAWEICLOUD_SDK_SK": "not the key"}, "APIGW.0301"),
    ],
    ids=["half a credential", "no credential", "unreachable", "wrong key"],
)
def test_a_setting_is_refused(
    stack: Any, emulator: Emulator, environment: dict[str, str], line: str
) -> None:
    stack.declare(anna=GOOD)
    result = stack.run("up", **environment)
    assert result.code != 0
    assert "Traceback" not in result.text
    (refusal,) = refusals(result.text)
    assert line in refusal
    assert emulator.control.jobs() == []
    assert stack.state() == []


def test_a_wrong_passphrase_is_refused(stack: Any, emulator: Emulator) -> None:
    stack.declare(anna=GOOD)
    stack.run("up").ok()
    before = stack.checkpoint()
    stack.declare(anna={**GOOD, "name": "Berta"})
    result = stack.run("up", PULUMI_CONFIG_PASSPHRASE="wrong")
    assert result.code != 0
    assert "incorrect passphrase" in result.text
    assert "Traceback" not in result.text
    assert stack.checkpoint() == before
    assert [job["fields"]["name"] for job in emulator.control.jobs()] == ["Anna"]


def test_a_program_that_raises_creates_nothing(stack: Any, emulator: Emulator) -> None:
    (stack.folder / "__main__.py").write_text("raise ValueError('the manifest has no jobs')\n")
    result = stack.run("up")
    assert result.code != 0
    assert "ValueError: the manifest has no jobs" in result.text
    # The program's own lines, and none of the engine's.
    assert "pulumi/runtime" not in result.text
    assert "pulumi_embedded" not in result.text
    assert emulator.control.jobs() == []


def test_a_run_error_is_one_line(stack: Any) -> None:
    program = "import pulumi\nraise pulumi.RunError('the manifest has no jobs')\n"
    (stack.folder / "__main__.py").write_text(program)
    result = stack.run("up")
    assert result.code != 0
    assert "error: the manifest has no jobs" in result.text
    assert "Traceback" not in result.text


def test_no_project_is_refused(stack: Any) -> None:
    (stack.folder / "Pulumi.yaml").unlink()
    result = stack.run("preview")
    assert result.code != 0
    assert "Pulumi.yaml" in result.text
    assert "Traceback" not in result.text
    assert Path(stack.folder, "__main__.py").exists()
