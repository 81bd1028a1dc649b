"""Every code block of the documents runs, in the order of its page, as a reader would run it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
from tests.docs.blocks import Block, Reader, blocks, fragments, shows
from tests.upgrade.record import service_of

import pulumi_embedded
from metastudio_emulator import Emulator

ROOT = Path(__file__).parents[2]
PAGES = {
    str(page.relative_to(ROOT)): page
    for folder in ("docs", "examples")
    for page in sorted((ROOT / folder).rglob("*.md"))
    if page.name != "tutorial.md"  # it is a part of the README
} | {name: ROOT / name for name in ("README.md", "CONTRIBUTING.md")}
BLOCKS = {name: blocks(page) for name, page in PAGES.items()}

LANGUAGES = {"python", "console", "json", "yaml", "toml", "csv", "text"}

#: The program that pages take for granted when they say `metastudio up`.
PROGRAM = """
from pulumi_metastudio import TrainingJob

TrainingJob(
    "anna",
    name="Anna",
    training_video="material/training_video.mp4",
    id_card_image1="material/id_card_image1.jpg",
    id_card_image2="material/id_card_image2.jpg",
    grant_file="material/grant_file.jpg",
)
"""

#: Pages whose Python is a script of its own, and no program of a stack.
SCRIPTS = ("docs/embedded-engine.md", "docs/emulator.md")

#: Jobs that the documents speak of.
JOBS = (
    {"job_id": "26f06524-4f75-4b3a-a853-b649a21aaf66", "name": "Ben"},
    {"job_id": "efc5300ecdba4ea48d1ff13a9d907bc0", "name": "Anna", "batch_name": "autumn"},
)


def pages_with(*languages: str) -> list[str]:
    """The pages that have a block in one of the languages which is run."""
    return [
        name
        for name, found in BLOCKS.items()
        if any(block.language in languages and not block.not_run for block in found)
    ]


@pytest.fixture(scope="module")
def emulator(
    tmp_path_factory: pytest.TempPathFactory, stop_meanwhile: Callable[[Emulator], None]
) -> Iterator[Emulator]:
    """One service for all pages, which reviews and trains at once."""
    service = Emulator(tmp_path_factory.mktemp("emulator")).start()
    for job in JOBS:
        service.control.add_job(**job)
    yield service
    stop_meanwhile(service)


@pytest.fixture(scope="module")
def ground(
    tmp_path_factory: pytest.TempPathFactory, emulator: Emulator, material: dict[str, Path]
) -> Reader:
    """A project with its material, a stack, and the service in the environment."""
    base = tmp_path_factory.mktemp("ground")
    folder, home, state = (base / name for name in ("reader", "home", "state"))
    for each in (folder, home, state):
        each.mkdir()
    (folder / "Pulumi.yaml").write_text("name: reader\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    samples = material["cover"].parent
    shutil.copytree(samples, folder / "material", copy_function=os.link)
    # Where the README makes them: making films takes half a minute, and keeps those it finds.
    shutil.copytree(samples, base / "avatars" / "material", copy_function=os.link)
    for name in ("anna.mp4", "ben.mp4", "letter.pdf"):
        os.link(material["training_video"], folder / name)
    for name in ("id-front.jpg", "id-back.jpg"):
        os.link(material["id_card_image1"], folder / name)
    (folder / "examples").symlink_to(ROOT / "examples")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    environment = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "HOME": str(home),
        "PULUMI_HOME": str(home / ".pulumi"),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": "correct horse",
        "PULUMI_STACK": "dev",
        **service_of(emulator),
    }
    with mock.patch.dict(os.environ, environment, clear=True):
        pulumi_embedded.create_stack(folder, "dev")
    return Reader(folder, environment)


@pytest.fixture
def reader(ground: Reader, tmp_path: Path) -> Reader:
    """Somebody who has all that for a page alone."""
    base = ground.folder.parent
    for name in ("reader", "avatars", "home", "state"):
        shutil.copytree(base / name, tmp_path / name, symlinks=True, copy_function=_link_or_copy)
    own = {n: v.replace(str(base), str(tmp_path)) for n, v in ground.environment.items()}
    return Reader(tmp_path / "reader", own)


def _link_or_copy(source: str, target: str) -> str:
    """Films by a link, because nobody writes to them; the rest as copies."""
    if source.endswith(".mp4"):
        os.link(source, target)
        return target
    return shutil.copy2(source, target)


@pytest.mark.parametrize("name", pages_with("console", "json", "yaml", "toml", "csv"))
def test_a_page_can_be_followed(name: str, reader: Reader) -> None:
    page = BLOCKS[name]
    if name == "README.md":  # all but its installation, which is what `make newcomer` is for
        page = [block for block in page if "make up" not in block.text]
        install = next(block for block in page if "pip install" in block.text)
        page[page.index(install)] = replace(install, text="$ cd ../avatars")
    reader.follow(page)


def test_the_programs_of_all_pages_can_be_previewed(reader: Reader) -> None:
    """In one program, which saves a minute: so the resources of each page get its name, too."""
    parts = []
    for name in pages_with("python"):
        if name not in SCRIPTS:
            own = rf'\1\2-{PAGES[name].stem}"'
            program = fragments(BLOCKS[name])
            if name == "docs/scale.md":  # the jobs of its table are those of another page
                program = program.replace("jobs.csv", "shared.csv")
            parts.append(re.sub(r"(Training(?:Job|Batch)\(\s*)(\"\w+)\"", own, program))
            for block in BLOCKS[name]:
                if block.title and "/" not in block.title:
                    (reader.folder / block.title).write_text(block.text)
                    if block.title == "jobs.yaml":  # the other form of a manifest
                        parts.append('TrainingBatch("yaml", manifest="jobs.yaml")')
    (reader.folder / "shared.csv").write_text("name,submit\nZoe,false\n")
    (reader.folder / "__main__.py").write_text("\n".join(parts))
    commands = """
$ metastudio config set shard 3/8
$ metastudio config set metastudio-studio-b:region cn-north-4
$ metastudio config set metastudio-studio-b:accessKey "$HUAWEICLOUD_SDK_AK" --secret
$ metastudio config set metastudio-studio-b:secretKey "$HUAWEICLOUD_SDK_SK" --secret
$ metastudio preview
"""  # the shard is that of docs/scale.md, the account that of docs/configuration.md
    reader.follow([Block(ROOT / "every page", 0, "console", "", commands.strip(), "")])


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_scripts_of_a_page_run(name: str, reader: Reader) -> None:
    (reader.folder / "script.py").write_text(fragments(BLOCKS[name]))
    reader.follow([Block(PAGES[name], 0, "console", "", "$ python script.py", "")])


def test_a_block_says_what_it_is() -> None:
    unclear = [b.place for each in BLOCKS.values() for b in each if b.language not in LANGUAGES]
    assert unclear == []


def test_what_nobody_can_run() -> None:
    """A new one is added here, too: there are to be few."""
    assert {(name, b.not_run) for name, page in BLOCKS.items() for b in page if b.not_run} == {
        ("docs/emulator.md", "it ends only with Ctrl-C"),
        ("docs/benchmarks.md", "measuring takes minutes and gigabytes"),
        ("examples/README.md", "tests/end_to_end/test_examples.py runs each of them"),
        ("CONTRIBUTING.md", "these are the tests"),
        ("README.md", "it needs an account"),
    }


@pytest.mark.parametrize(
    ("prints", "text", "right"),
    [
        ((), "anything\n", True),
        (("no job",), "no job\n", True),
        (("no job",), "no jobs\n", False),
        (("a", "...", "z"), "a\nb\nc\nz\n", True),
        (("a", "...", "z"), "a\nz\n", True),
        (("a", "...", "z"), "b\nz\n", False),
        (("took … s",), "took 1.5 s\n", True),
    ],
)
def test_what_a_page_shows(prints: tuple[str, ...], text: str, right: bool) -> None:
    assert shows(prints, text) is right


def test_a_reader_notices(tmp_path: Path) -> None:
    """What fails, or prints something else, is named with its place."""
    page = tmp_path / "page.md"
    reader = Reader(tmp_path, {"PATH": os.environ["PATH"]})
    good = "```console\n$ cd /\n$ pwd\n/\n$ echo a \\\n  b  # and more\na b\n```\n"
    page.write_text(good + '\n```yaml title="x/y.yaml"\na: 1\n```\n\n```console\n$ pwd\n/\n```\n')
    assert list(reader.follow(blocks(page)))[:2] == ["cd /", "pwd"]
    assert (tmp_path / "x/y.yaml").read_text() == "a: 1\n"
    for wrong, told in (
        ("$ false", r"page.md:1: false\n\nexit code 1"),
        ("$ echo a\nb", r"page.md:1: echo a\na\n\nThe page shows:\nb"),
        ("$ exit 0\n$ echo", "the shell has ended before"),
    ):
        page.write_text(f"```console\n{wrong}\n```\n")
        with pytest.raises(AssertionError, match=told):
            reader.follow(blocks(page))
