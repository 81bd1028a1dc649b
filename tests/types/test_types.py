"""What type checkers and editors make of programs, right and wrong ones."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_metastudio.typed import INPUTS, inputs

from .language_server import LanguageServer

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(__file__).with_name("programs")
RIGHT, WRONG = PROGRAMS / "right.py", PROGRAMS / "wrong.py"
EXAMPLES = sorted(ROOT.glob("examples/*/__main__.py"))
MARKED = [n for n, line in enumerate(WRONG.read_text().splitlines(), 1) if line.endswith("# error")]


@pytest.fixture(scope="module")
def server() -> Iterator[LanguageServer]:
    with LanguageServer(ROOT) as server:
        for file in (RIGHT, WRONG, *EXAMPLES):
            server.open(file)
        yield server


def test_pyright(server: LanguageServer) -> None:
    for file in (RIGHT, *EXAMPLES):
        assert server.findings(file) == []
    assert sorted({line for line, _ in server.findings(WRONG)}) == MARKED


def test_mypy(tmp_path: Path) -> None:
    programs = [RIGHT, WRONG]
    for example in EXAMPLES:  # all of one name, which is one module to mypy
        programs.append(tmp_path / f"example_{example.parent.name}.py")
        programs[-1].write_text(example.read_text())
    command = [sys.executable, "-m", "mypy", "--no-pretty", *map(str, programs)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    errors = [line for line in done.stdout.splitlines() if ": error: " in line]
    places = [error.partition(": error: ")[0].rpartition(":") for error in errors]
    assert {file for file, _, _ in places} == {str(WRONG.relative_to(ROOT))}, errors
    assert sorted({int(line) for _, _, line in places}) == MARKED


def texts() -> dict[str, str]:
    """The text below each input."""
    found = {}
    for part in ast.walk(ast.parse(inspect.getsource(inputs))):
        if isinstance(part, ast.ClassDef) and part.name in ("SharedInputs", "AnyInputs"):
            for field, below in zip(part.body, part.body[1:], strict=False):
                if isinstance(field, ast.AnnAssign):
                    assert isinstance(below, ast.Expr)
                    assert isinstance(below.value, ast.Constant)
                    found[ast.unparse(field.target)] = str(below.value.value)
    return found


def words(text: str) -> str:
    """The text without line ends and marks."""
    return " ".join(text.replace("`", "").replace("\\", "").split())


@pytest.mark.parametrize("form", ["TrainingJob", "TrainingJobArgs"])
def test_a_keyword_shows_its_text(form: str, server: LanguageServer) -> None:
    calls = (node for node in ast.walk(ast.parse(RIGHT.read_text())) if isinstance(node, ast.Call))
    whole = next(
        call for call in calls if ast.unparse(call.func) == form and len(call.keywords) > 20
    )
    shown = {
        keyword.arg: server.hover(RIGHT, keyword.lineno, keyword.col_offset + 1)
        for keyword in whole.keywords
        if keyword.arg and keyword.arg != "opts"
    }
    expected = texts()
    assert shown.keys() == expected.keys() == set(INPUTS)
    assert [name for name in INPUTS if words(expected[name]) not in words(shown[name])] == []
