"""Arrows point one way, public names are the public names, and imports stay cheap."""

from __future__ import annotations

import ast
import dataclasses
import re
import typing
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Literal

import pulumi
import pytest

import pulumi_metastudio
from pulumi_metastudio import SharedInputs, TrainingJobArgs, VoicePropertiesArgs
from pulumi_metastudio.lifecycle import BEHAVIOUR, FIELDS, FILES, SECRETS
from pulumi_metastudio.lifecycle.schema import DELETION_POLICIES, VOICE_CHOICES
from pulumi_metastudio.training_job import _FILES, _SECRET_OUTPUTS
from pulumi_metastudio.typed import INPUTS

SOURCE = Path(__file__).parents[1] / "provider"

#: What a package must not import, by folder.
FORBIDDEN = {
    "metastudio_emulator": ("pulumi_metastudio", "pulumi_embedded", "pulumi"),
    "pulumi_embedded": ("pulumi_metastudio", "metastudio_emulator"),
    "pulumi_metastudio/api": (
        "pulumi",
        "pulumi_metastudio.transfer",
        "pulumi_metastudio.lifecycle",
    ),
    "pulumi_metastudio/transfer": (
        "pulumi",
        "pulumi_metastudio.api",
        "pulumi_metastudio.lifecycle",
    ),
    "pulumi_metastudio/manifest": (
        "pulumi",
        "pulumi_metastudio.api",
        "pulumi_metastudio.batch",
        "pulumi_metastudio.training_job",
    ),
    "pulumi_metastudio/lifecycle": (
        "pulumi",
        "pulumi_metastudio.cli",
        "pulumi_metastudio.provider",
        "pulumi_metastudio.training_job",
    ),
    "pulumi_metastudio/review": (
        "pulumi",
        "pulumi_metastudio.cli",
        "pulumi_metastudio.provider",
        "pulumi_metastudio.training_job",
    ),
    "pulumi_metastudio/probe": (
        "pulumi",
        *(f"pulumi_metastudio.{room}" for room in ("cli", "lifecycle", "provider")),
    ),
    "pulumi_metastudio/sdk": tuple(
        f"pulumi_metastudio.{room}" for room in ("api", "transfer", "lifecycle", "cli", "provider")
    ),
    **{
        f"pulumi_embedded/{room}": tuple(f"pulumi_embedded.{above}" for above in rooms_above)
        for room, *rooms_above in (
            ("processes", "engine"),
            ("display", "engine", "processes"),
            ("project", "engine", "processes", "display"),
            ("model", "engine", "processes", "display", "project"),
        )
    },
}


def modules() -> dict[str, Path]:
    """Every module of the three packages by its dotted name."""
    found = {}
    for file in SOURCE.rglob("*.py"):
        parts = file.relative_to(SOURCE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


MODULES = modules()


def imported(file: Path, *, typing_too: bool = True) -> Iterator[str]:
    """The absolute names of the modules a file imports, wherever in it."""
    package = file.relative_to(SOURCE).with_suffix("").parts[:-1]
    tree = ast.parse(file.read_text())
    for_typing = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in for_typing and not typing_too:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
            modules_only = all(name in MODULES for name in names)
            yield from names if modules_only else [base, *names]


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_arrows_point_one_way(folder: str) -> None:
    crossed = [
        f"{file.relative_to(SOURCE)} imports {name}"
        for file in (SOURCE / folder).rglob("*.py")
        for name in imported(file)
        for banned in FORBIDDEN[folder]
        if name == banned or name.startswith(f"{banned}.")
    ]
    assert crossed == []


def test_public_names() -> None:
    assert pulumi_metastudio.__all__ == [
        "File",
        "FileInput",
        "SharedInputs",
        "TrainingBatch",
        "TrainingJob",
        "TrainingJobArgs",
        "VoicePropertiesArgs",
        "get_training_job",
        "get_training_job_output",
        "list_training_jobs",
        "list_training_jobs_output",
        "wait_for",
    ]


def test_the_resource_takes_what_the_life_cycle_knows() -> None:
    assert set(INPUTS) == {*FIELDS, *FILES, *BEHAVIOUR}
    assert tuple(field.name for field in dataclasses.fields(TrainingJobArgs)) == INPUTS
    assert set(_FILES) == set(FILES)
    assert set(_SECRET_OUTPUTS) == set(SECRETS)


def choices(hint: Any) -> tuple[str, ...]:
    """The texts that a type allows, wherever in it they stand."""
    inner = typing.get_args(hint)
    if typing.get_origin(hint) is Literal:
        return inner
    return next(filter(None, map(choices, inner)), ())


def test_type_checkers_know_the_choices() -> None:
    known = {"Output": pulumi.Output, "T": Any}  # what the SDK's own type refers to
    hints = typing.get_type_hints(SharedInputs, localns=known)
    # Equal literals are one object to Python, whichever order they were first written in.
    assert {name: set(each) for name in FIELDS if (each := choices(hints.get(name)))} == {
        name: set(field.choices) for name, field in FIELDS.items() if field.choices
    }
    assert choices(hints["deletion_policy"]) == DELETION_POLICIES
    voice = typing.get_type_hints(VoicePropertiesArgs, localns=known)
    assert {name: choices(hint) for name, hint in voice.items()} == VOICE_CHOICES


# ---------------------------------------------------------------------------------- the house

MOST_MODULES = 15

#: The one place for what a whole process shares.
STATE = "pulumi_metastudio/process_state.py"


def test_no_folder_is_crowded() -> None:
    counts = Counter(file.parent.relative_to(SOURCE) for file in SOURCE.rglob("*.py"))
    assert {str(folder): n for folder, n in counts.items() if n > MOST_MODULES} == {}


def test_no_import_circle() -> None:
    """Wherever in a module an import stands; what only a type checker reads is left out."""
    graph = {
        name: {each for each in imported(file, typing_too=False) if each in MODULES} - {name}
        for name, file in MODULES.items()
    }
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def changed_globals(file: Path) -> Iterator[str]:
    """Names of a module that its functions rebind, fill or empty."""
    tree = ast.parse(file.read_text())
    own = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    filling = {
        "add",
        "append",
        "clear",
        "extend",
        "insert",
        "pop",
        "remove",
        "setdefault",
        "update",
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield from node.names
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            changed = node.value
            if isinstance(changed, ast.Name) and changed.id in own:
                yield changed.id
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            changed = node.func.value
            if isinstance(changed, ast.Name) and changed.id in own and node.func.attr in filling:
                yield changed.id


def test_a_process_shares_what_one_module_holds() -> None:
    changed = {
        str(file.relative_to(SOURCE)): sorted(set(changed_globals(file)))
        for file in (SOURCE / "pulumi_metastudio").rglob("*.py")
    }
    assert {name: names for name, names in changed.items() if names} == {
        STATE: ["_CONTEXTS", "_POLLERS", "_STACKS", "_TOLD"]
    }


# ---------------------------------------------------------------------------------- other systems


def without_encoding(file: Path) -> Iterator[str]:
    """Calls that read or write text in whatever encoding the machine has."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).rpartition(".")[2]
        words = {each.arg: ast.unparse(each.value) for each in node.keywords}
        modes = [
            each.value
            for each in (*node.args, *(each.value for each in node.keywords if each.arg == "mode"))
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
        as_text = name in ("read_text", "write_text") or words.get("text") == "True"
        if name in ("open", "fdopen"):
            as_text = any(re.fullmatch("[rwax]t?[+]?", mode) for mode in modes)
        if as_text and "encoding" not in words:
            yield f"{file.relative_to(SOURCE)}:{node.lineno}: {name}"


def test_text_has_one_encoding_on_every_system() -> None:
    found = [each for file in MODULES.values() for each in without_encoding(file)]
    assert found == []
