"""``metastudio review``: where the preview comes from, where the review goes, and gates."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.upgrade.record import service_of

from metastudio_emulator import Emulator
from pulumi_metastudio.cli.main import main

from .cases import CASES
from .record import ENGINES, Reviewed, golden, recorded


def run(*words: str, stdin: str | None = None) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of ``metastudio review``."""
    result = CliRunner().invoke(main, ["review", *words], input=stdin)
    return result.exit_code, result.stdout, result.stderr


def test_a_file_or_standard_input() -> None:
    file = recorded("new", "pulumi")
    assert run(str(file)) == (0, golden("new").read_text(), "")
    assert run("-", stdin=file.read_text()) == (0, golden("new").read_text(), "")


def test_every_form(tmp_path: Path) -> None:
    file = str(recorded("video_after_training", "embedded"))
    out = tmp_path / "review.md"
    assert run(file, "--out", str(out)) == (0, "", "")
    assert out.read_text() == golden("video_after_training").read_text()
    code, text, _ = run(file, "--format", "text")
    assert (code, text.splitlines()[0][:2]) == (0, "! ")
    code, text, _ = run(file, "--json")
    assert json.loads(text)["counts"]["rebill"] == 1


@pytest.mark.parametrize(
    ("case", "gates", "code"),
    [
        ("new", "bill", 9),
        ("new", "rebill,delete,abandon", 0),
        ("new", "personal-data", 9),
        ("video_after_training", "rebill", 9),
        ("video_after_training", "bill", 0),
        ("video_after_training", "abandon", 9),
        ("removed_delete", "delete", 9),
        ("removed_retain_trained", "delete", 0),
        ("removed_retain_trained", "abandon", 9),
        ("name", "bill,rebill,delete,abandon,personal-data", 0),
        ("nothing", "bill,rebill,delete,abandon,personal-data", 0),
        ("adoption", "bill,rebill,delete,abandon,personal-data", 0),
        ("adoption_of_nothing", "bill", 1),
        ("submitted_later", "bill", 9),
    ],
)
def test_gates(case: str, gates: str, code: int) -> None:
    found, text, message = run(str(recorded(case, "pulumi")), "--fail-on", gates)
    assert found == code, message
    assert text == golden(case).read_text()
    assert ("gate closed" in message) == (code == 9)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--fail-on", "money"), "choose from bill, rebill"),
        (("no-such-file.json",), "no-such-file.json: No such file"),
        (("--refresh", "x.json"), "leave FILE out"),
        ((str(golden("new")),), "it is no JSON"),
    ],
)
def test_mistakes_are_one_line(words: tuple[str, ...], message: str) -> None:
    code, _, said = run(*words)
    assert code != 0
    assert message in said
    assert "Traceback" not in said


@pytest.mark.parametrize("engine", ENGINES)
def test_a_preview_made_here(engine: str, tmp_path: Path) -> None:
    if engine == "pulumi" and shutil.which("pulumi") is None:
        pytest.skip("the Pulumi CLI is not on PATH")
    with Emulator(tmp_path / "service", transitions="manual") as emulator:
        program = Reviewed(tmp_path / "program", engine, service_of(emulator))
        program.make_stack()
        program.write(CASES["new"].after)
        done = program.run("review", "--fail-on", "bill,personal-data")
    assert done.returncode == 9, done.stderr
    assert done.stdout == golden("new").read_text()
    assert "gate closed: bill, personal-data" in done.stderr
