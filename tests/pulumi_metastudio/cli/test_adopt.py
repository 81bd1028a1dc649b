"""The program that ``metastudio adopt`` writes."""

from __future__ import annotations

import ast
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from metastudio_emulator import Emulator
from pulumi_metastudio.api import JobDetail
from pulumi_metastudio.cli.adopt import program

Run = Callable[..., Result]


def _job(name: str, **fields: Any) -> JobDetail:
    job_id = fields.pop("job_id", "0123456789abcdef")
    return JobDetail.model_validate({"job_id": job_id, "name": name, "state": "TRAINING", **fields})


def _resources(text: str) -> dict[str, dict[str, str]]:
    """Resource name to keyword to source, of every resource in a program."""
    found = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "TrainingJob":
            (name,) = [ast.literal_eval(a) for a in node.args]
            assert name not in found
            found[name] = {str(k.arg): ast.unparse(k.value) for k in node.keywords}
    return found


@pytest.mark.parametrize(
    "name",
    ["Anna", "安娜", "", "class", "3D", 'quo"te\\', "two\nlines 😀", "config", "x" * 256, "#"],
)
def test_any_name_makes_a_valid_program(name: str) -> None:
    jobs = [_job(name, job_id=f"id{number}") for number in range(3)]
    found = _resources(program(jobs))
    assert len(found) == 3
    for inputs in found.values():
        assert ast.literal_eval(inputs.get("name", "''")) == name


def test_defaults_are_left_out() -> None:
    (inputs,) = _resources(
        program(
            [
                _job(
                    "Anna",
                    model_version="V3.2",
                    is_flexus=False,
                    supported_service=["LIVE_2D", "VIDEO_2D"],
                    audio_source_type="VIDEO",
                    is_live_copy=True,
                    tags=["news", "pulumi:p:s:0123456789ab"],
                )
            ]
        )
    ).values()
    assert inputs == {
        "existing_job_id": "'0123456789abcdef'",
        "name": "'Anna'",
        "is_live_copy": "True",
        "tags": "['news']",
    }


def test_what_the_provider_would_refuse_is_left_out() -> None:
    (inputs,) = _resources(
        program([_job("Anna", model_version="V9", audio_source_type="AUDIO")])
    ).values()
    assert set(inputs) == {"existing_job_id", "name"}


def test_contacts_are_secrets_of_the_configuration() -> None:
    numbers = ("13800138000", "13900139000", "13800138000")
    text = program([_job(f"job {n}", contact=number) for n, number in enumerate(numbers)])
    asked = [inputs["contact"] for inputs in _resources(text).values()]
    first, second = (f"config.require_secret('{key}')" for key in ("contact", "contact2"))
    assert asked == [first, second, first]
    assert "13800138000" not in text
    assert "pulumi config set --secret contact2    # 139****9000" in text


@pytest.mark.parametrize(
    "contact", ["138\n00138000", "1\r380013\u20288000\n", "\x00\ud80013800138000"]
)
def test_any_contact_makes_a_valid_program(contact: str) -> None:
    (inputs,) = _resources(program([_job("Anna", contact=contact)])).values()
    assert inputs["contact"] == "config.require_secret('contact')"


def test_every_text_the_service_tells_makes_a_valid_program() -> None:
    odd = "a\nb\r\u2028\u2029\x85\"'\\{}\ud800\x00"
    fields: dict[str, Any] = dict.fromkeys(("batch_name", "model_resolution", "app_user_id"), odd)
    fields["tags"] = [odd]
    fields["voice_properties"] = {"job_tag": odd, "sex": odd, "language": odd}
    assert len(_resources(program([_job(odd, is_flexus=True, **fields)]))) == 1


class TestOut:
    """Where the program is written."""

    @pytest.fixture(autouse=True)
    def _job(self, emulator: Emulator) -> None:
        emulator.control.add_job(name="安娜")

    def test_a_folder_is_made(self, run: Run, tmp_path: Path) -> None:
        out = tmp_path / "new" / "folder"
        assert run("adopt", "--out", str(out)).exit_code == 0
        ast.parse((out / "__main__.py").read_text(encoding="utf-8"))
        again = run("adopt", "--out", str(out))
        assert again.exit_code == 1
        assert "exists: choose another --out" in again.output

    @pytest.mark.parametrize("place", ["file", "file/below", "/proc/nowhere/at/all"])
    def test_where_nothing_can_be_written(
        self, run: Run, emulator: Emulator, tmp_path: Path, place: str
    ) -> None:
        (tmp_path / "file").write_text("mine")
        emulator.control.clear_counters()
        refused = run("adopt", "--out", str(tmp_path / place))
        assert refused.exit_code == 1
        assert isinstance(refused.exception, SystemExit)
        (line,) = refused.output.splitlines()
        assert "give a folder that can be written to" in line
        assert (tmp_path / "file").read_text() == "mine"
        assert emulator.control.counters() == {}  # known before the service is asked

    def test_a_pipe_that_is_not_utf_8_gets_escapes(self, pipe: Any) -> None:
        done = pipe("adopt", PYTHONIOENCODING="cp1252")
        assert done.returncode == 0, done.stderr
        (inputs,) = _resources(done.stdout.decode("ascii")).values()
        assert ast.literal_eval(inputs["name"]) == "安娜"

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["--tag", "a b", "--no-flexus"], "no job matches --tag 'a b' --no-flexus: nothing is"),
            (["--name", "mine"], "a stack made all 1 jobs that match --name mine: nothing is"),
            (["--limit", "0"], "no job matches --limit 0: nothing is written"),
        ],
    )
    def test_nothing_is_written_when_nothing_matches(
        self, run: Run, emulator: Emulator, tmp_path: Path, words: list[str], said: str
    ) -> None:
        emulator.control.add_job(name="mine", tags=["pulumi:p:s:0123456789ab"])
        there = tmp_path / "there"
        there.mkdir()
        for out in (str(tmp_path / "new" / "folder"), str(there), "-"):
            done = run("adopt", *words, "--out", out)
            assert (done.exit_code, done.stdout) == (1, "")
            (line,) = done.stderr.splitlines()
            assert said in line
        assert list(there.iterdir()) == []
        assert not (tmp_path / "new").exists()

    def test_no_half_of_it_stays(self, emulator: Emulator, pipe: Any, tmp_path: Path) -> None:
        """The second job cannot be read; and what is written is cut off, as on a full disk."""
        emulator.control.add_job(name="another")
        there = tmp_path / "there"
        there.mkdir()
        (there / "notes.txt").write_text("mine")
        emulator.control.add_fault("show", "status", status=400, times=None)
        for out in (tmp_path / "new" / "folder", there):
            assert pipe("adopt", "--out", str(out)).returncode == 1
        emulator.control.clear_faults()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
        try:
            for out in (tmp_path / "new" / "folder", there):
                done = pipe("adopt", "--out", str(out), "--limit", "2")
                assert done.returncode == 1
                assert b"File too large" in done.stderr
                assert b"Traceback" not in done.stderr
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert [file.name for file in there.iterdir()] == ["notes.txt"]
        assert not (tmp_path / "new").exists()
        assert pipe("adopt", "--out", str(there)).returncode == 0
        assert sorted(file.name for file in there.iterdir()) == [
            "Pulumi.yaml",
            "__main__.py",
            "notes.txt",
        ]
