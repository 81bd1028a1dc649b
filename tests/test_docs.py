"""The documents stay complete: what the code has, they tell."""

from __future__ import annotations

import itertools
import re
import sys
from pathlib import Path

import pytest

from pulumi_metastudio.api import settings
from pulumi_metastudio.lifecycle import BEHAVIOUR, FIELDS, FILES
from pulumi_metastudio.sdk.lazy_output import lazy_outputs
from pulumi_metastudio.training_job import TrainingJob

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]


def quoted(document: str) -> set[str]:
    """Everything a document names in code type."""
    text = (ROOT / "docs" / document).read_text()
    # A fence's three marks would turn inside and outside round for all that follows.
    return set(re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)))


def test_every_input_and_output_is_documented() -> None:
    outputs = set(lazy_outputs(TrainingJob))
    assert {"job_id", "state", "failure"} < outputs
    names = {*FIELDS, *FILES, *BEHAVIOUR, *outputs}
    assert names - quoted("resource.md") == set()


def test_every_field_is_in_the_table_of_changes() -> None:
    assert {*FIELDS, *BEHAVIOUR} - {"existing_job_id"} - quoted("changes.md") == set()


def test_every_setting_is_documented() -> None:
    documented = quoted("configuration.md")
    named = {f"metastudio:{key}" for key in settings.NAMES}
    named |= {name for names in settings.NAMES.values() for name in names}
    assert named - documented == set()


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    required = itertools.chain(project["dependencies"], *extras)
    names = {re.split(r"[<>=\[ ;]", line)[0] for line in required}
    stubs = {name for name in names if name.startswith("types-")}
    assert names - stubs - {"pulumi-metastudio"} - quoted("dependencies.md") == set()


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs", "examples"])
def test_links_lead_somewhere(document: str) -> None:
    place = ROOT / document
    for page in [place] if place.is_file() else place.glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_command_is_documented() -> None:
    from pulumi_metastudio.cli.jobs import jobs
    from pulumi_metastudio.cli.main import _COMMANDS

    names = {f"metastudio {name}" for name in _COMMANDS.keys() - {"jobs"}}
    names |= {f"metastudio jobs {name}" for name in jobs.commands}
    assert names - quoted("cli.md") == set()


def test_every_filter_and_target_is_documented() -> None:
    import inspect

    from pulumi_metastudio import list_training_jobs
    from pulumi_metastudio.waiting import TARGETS

    names = {*inspect.signature(list_training_jobs).parameters, *TARGETS}
    assert names - quoted("functions.md") == set()


def test_every_example_is_in_the_index() -> None:
    examples = ROOT / "examples"
    folders = sorted(folder.parent.name for folder in examples.glob("*/__main__.py"))
    indexed = re.findall(r"^\| \[(\w+)\]", (examples / "README.md").read_text(), re.MULTILINE)
    assert folders == indexed
    assert [int(name[:2]) for name in folders] == list(range(1, len(folders) + 1))
