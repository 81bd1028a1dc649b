"""Arrows point one way, public names are the public names, and imports stay cheap."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import sys
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest

import pulumi_metastudio
from pulumi_metastudio import TrainingJob, TrainingJobArgs
from pulumi_metastudio.lifecycle import BEHAVIOUR, FIELDS, FILES, SECRETS
from pulumi_metastudio.training_job import _FILES, _SECRET_OUTPUTS

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
}


def imported(file: Path) -> Iterator[str]:
    """The absolute names of the modules a file imports, wherever in it."""
    package = file.relative_to(SOURCE).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


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
        "FileInput",
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
    args = [field.name for field in dataclasses.fields(TrainingJobArgs)]
    assert set(args) == {*FIELDS, *FILES, *BEHAVIOUR}
    assert set(_FILES) == set(FILES)
    assert set(_SECRET_OUTPUTS) == set(SECRETS)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="overloads can be asked for since 3.11")
def test_keywords_are_the_arguments() -> None:
    _, keywords = typing.get_overloads(TrainingJob.__init__)
    taken = set(inspect.signature(keywords).parameters) - {"self", "resource_name", "opts"}
    assert taken == {field.name for field in dataclasses.fields(TrainingJobArgs)}
