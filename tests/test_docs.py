"""The documents stay complete: what the code has, they tell, and what they link to is there."""

from __future__ import annotations

import functools
import inspect
import itertools
import re
import sys
from collections import Counter
from pathlib import Path

import click
import pytest
import yaml
from docs.generate import command, errors, resource, settings
from docs.generate.pages import FOLDER, PAGES
from markdown_it import MarkdownIt

import pulumi_embedded.errors
import pulumi_metastudio
from pulumi_metastudio.api import JobDetail
from pulumi_metastudio.api.settings import NAMES
from pulumi_metastudio.api.states import KNOWN, console_status
from pulumi_metastudio.cli.review import GATE_CLOSED
from pulumi_metastudio.cli.stacks.target import NoStack
from pulumi_metastudio.lifecycle import BEHAVIOUR, FIELDS, refusals
from pulumi_metastudio.typed.inputs import AnyInputs
from pulumi_metastudio.waiting import TARGETS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    *(
        ROOT / name
        for name in (
            "README.md",
            "CONTRIBUTING.md",
            "SECURITY.md",
            "CODE_OF_CONDUCT.md",
            "CHANGELOG.md",
        )
    ),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]


def quoted(document: str) -> set[str]:
    """Everything a document names in code type."""
    text = (ROOT / "docs" / document).read_text()
    # A fence's three marks would turn inside and outside round for all that follows.
    return set(re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)))


# ------------------------------------------------------------------------------- the reference


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_is_what_the_code_says(name: str) -> None:
    stale = (
        f"docs/reference/{name} is not as the code is: run `make docs`, or python -m docs.generate"
    )
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name](), stale


def test_the_reference_has_no_other_page() -> None:
    assert {page.name for page in FOLDER.iterdir()} == set(PAGES) - {"../tutorial.md"}


def test_every_input_has_its_line_and_meaning() -> None:
    rows = (FOLDER / "inputs.md").read_text()
    for name in AnyInputs.__annotations__:
        row = re.search(rf"^\| `{name}` \|.*?([^|]*) \|$", rows, re.MULTILINE)
        assert row, name
        assert row[1].strip(), f"{name} has no meaning: write one under it in its class"


def test_every_output_and_every_other_field_of_a_job_is_told() -> None:
    outputs = resource.output_names()
    assert {"job_id", "state", "failure"} < set(outputs)
    assert {*outputs, *JobDetail.model_fields} - quoted("reference/outputs.md") == set()


def test_every_setting_is_told() -> None:
    told = quoted("reference/settings.md")
    assert {f"metastudio:{key}" for key in settings.configuration_keys()} - told == set()
    assert {name for names in NAMES.values() for name in names} - told == set()
    source = Path(pulumi_metastudio.__file__).parent
    read = "".join(file.read_text(encoding="utf-8") for file in source.rglob("*.py"))
    assert set(re.findall(r"\bMETASTUDIO_[A-Z_]+[A-Z]\b", read)) - told == set()


def test_every_state_is_told() -> None:
    told = (FOLDER / "states.md").read_text()
    for state in KNOWN:
        assert f"| `{state}` |" in told
        assert console_status(state) in told


def test_every_error_has_its_way_out() -> None:
    assert set(errors.WAYS) == set(errors.kinds())
    assert set(errors.UPLOADS) == set(pulumi_metastudio.errors.UploadFailure)
    told = (FOLDER / "errors.md").read_text()
    for name in errors.kinds():
        assert f"## {name}\n" in told
    # What a refusal says is found by reading its function: each must say something.
    public = [n for n, each in vars(refusals).items() if inspect.isfunction(each) and n[0] != "_"]
    own = {n for n in public if vars(refusals)[n].__module__ == refusals.__name__}
    assert {name for name, (_, texts) in errors.refused().items() if texts} == own


def test_every_command_and_option_is_told() -> None:
    told = (FOLDER / "command.md").read_text()
    listed = dict(command.commands())
    assert {"metastudio up", "metastudio jobs delete", "metastudio emulator"} < set(listed)
    for words, each in listed.items():
        entry = told.partition(f"## {words}\n")[2].partition("\n## ")[0]
        assert entry, words
        for option in command.options(each):
            assert f"`{', '.join(option.opts)}" in entry, f"{words} {option.opts}"
            assert isinstance(option, click.Option)


def test_every_exit_code_is_told() -> None:
    codes = {v for n, v in vars(pulumi_embedded.errors).items() if n.startswith("EXIT_")}
    assert codes | {GATE_CLOSED, NoStack.exit_code} == set(command.EXIT_CODES)


def test_every_target_is_explained() -> None:
    assert set(TARGETS) - quoted("functions.md") == set()


# ------------------------------------------------------------------------ pages written by hand


def test_every_field_is_in_the_table_of_changes() -> None:
    assert {*FIELDS, *BEHAVIOUR} - {"existing_job_id"} - quoted("changes.md") == set()


def test_every_command_is_explained() -> None:
    groups = {"metastudio jobs", "metastudio batch"}
    names = {words for words, _ in command.commands()} - groups
    of_config = {words for words in names if words.startswith("metastudio config ")}
    assert names - of_config - quoted("cli.md") == set()


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    required = itertools.chain(project["dependencies"], *extras)
    names = {re.split(r"[<>=\[ ;]", line)[0] for line in required}
    stubs = {name for name in names if name.startswith("types-")}
    assert names - stubs - {"pulumi-metastudio"} - quoted("dependencies.md") == set()


# ---------------------------------------------------------------------------------------- links


@functools.cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page's headings, as the repository's page makes them."""
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    headings = [
        text.content
        for opening, text in itertools.pairwise(tokens)
        if opening.type == "heading_open"
    ]
    found: Counter[str] = Counter()
    names = set()
    for heading in headings:
        name = re.sub(r"[^\w\- ]", "", re.sub(r"\]\([^)]*\)", "", heading).lower()).replace(
            " ", "-"
        )
        names.add(f"{name}-{found[name]}" if found[name] else name)
        found[name] += 1
    return frozenset(names)


def links(page: Path) -> list[str]:
    """Where a page's links and pictures lead, those in code left out."""
    text = re.sub(r"(`+).*?\1", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)", text)


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Within the repository, to the heading; of the others, which nobody asks here, the form."""
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            assert re.fullmatch(r"https://[\w.-]+\.[a-z]{2,}(/[^\s<>\"]*)?", link), (
                f"{page}: {link}"
            )
            continue
        target, _, anchor = link.partition("#")
        place = (page.parent / target).resolve() if target else page
        assert place.exists(), f"{page.name} links to {link}"
        if anchor:
            assert anchor in anchors(place), f"{page.name} links to {link}"


def test_every_page_is_in_the_navigation() -> None:
    def listed(entry: object) -> list[str]:
        if isinstance(entry, dict):
            return [page for each in entry.values() for page in listed(each)]
        return (
            [p for each in entry for p in listed(each)] if isinstance(entry, list) else [str(entry)]
        )

    pages = listed(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    docs = ROOT / "docs"
    assert sorted(pages) == sorted(str(p.relative_to(docs)) for p in docs.rglob("*.md"))


def test_every_example_is_in_the_index() -> None:
    examples = ROOT / "examples"
    folders = sorted(folder.parent.name for folder in examples.glob("*/__main__.py"))
    indexed = re.findall(r"^\| \[(\w+)\]", (examples / "README.md").read_text(), re.MULTILINE)
    assert folders == indexed
    assert [int(name[:2]) for name in folders] == list(range(1, len(folders) + 1))
