"""The package as users install it, and as the Pulumi CLI then sees it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from markdown_it import MarkdownIt
from tools.release import repository

from metastudio_emulator import Emulator
from pulumi_metastudio import __version__

ROOT = Path(__file__).parents[1]
DIST_INFO = f"pulumi_metastudio-{__version__}.dist-info"
PROGRAM = """
from pulumi_metastudio import TrainingJob

TrainingJob("anna", name="Anna", submit=False)
"""


@pytest.fixture(scope="module", autouse=True)
def real_pip() -> Iterator[None]:
    """What is installed matters here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONPATH")
        yield


@pytest.fixture(scope="module")
def sdist(real_pip: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution as it would be published."""
    folder = tmp_path_factory.mktemp("sdist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "sdist"]
    subprocess.run([*command, "--directory", folder], cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.tar.gz")
    return built


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as it would be published: made from the source distribution."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    pip += ["wheel", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", folder, sdist], check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        return BytesParser().parsebytes(archive.read(f"{DIST_INFO}/METADATA"))


def test_the_wheel_says_that_it_has_no_plugin(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert json.loads(archive.read("pulumi_metastudio/pulumi-plugin.json")) == {
            "resource": False
        }


def test_the_wheel_holds_the_three_packages_and_no_more(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.startswith(f"{DIST_INFO}/")}
    source = ROOT / "provider"
    packaged = [file for file in source.rglob("*") if file.is_file()]
    assert names == {
        file.relative_to(source).as_posix() for file in packaged if file.suffix != ".pyc"
    }
    packages = {name.partition("/")[0] for name in names}
    assert packages == {"pulumi_metastudio", "metastudio_emulator", "pulumi_embedded"}
    assert {f"{package}/py.typed" for package in packages} <= names


def test_the_source_distribution_is_what_git_keeps(sdist: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("needs a git clone: this is an unpacked source distribution")
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=ROOT, check=True, capture_output=True).stdout.decode()
    kept = {name for name in listed.split("\0") if (ROOT / name).is_file()}
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names == kept | {"PKG-INFO"}


def test_the_version_stands_in_one_place(metadata: Message) -> None:
    words = [sys.executable, "-m", "pulumi_metastudio.cli", "--version"]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    assert said.startswith(f"metastudio {__version__}\n")
    assert metadata["Version"] == __version__


def test_the_index_s_page_links_to_what_is_there(metadata: Message) -> None:
    """Its text is the README's, where a link may be relative; an index has no other pages."""
    page = metadata.get_payload()
    assert isinstance(page, str)
    tokens = [each for block in MarkdownIt().parse(page) for each in block.children or []]
    targets = [str(each.attrs.get("href") or each.attrs.get("src") or "") for each in tokens]
    targets += re.findall(r'\b(?:href|src|srcset)="([^"]*)"', page)
    assert [each for each in targets if each and not each.startswith("https://")] == []

    name = urlsplit(repository()).path
    ours = [urlsplit(each).path for each in targets if f"{name}/" in each]
    inner = [
        re.sub(rf"^{name}(/blob|/tree)?/v{re.escape(__version__)}/?", "", path) for path in ours
    ]
    assert inner, "the README links to its documents"
    assert [path for path in inner if not (ROOT / path).exists()] == []


@pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi CLI is not on PATH")
@pytest.mark.parametrize("installed", ["editable", "wheel"])
def test_the_cli_looks_for_no_plugin(
    installed: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The CLI finds the file beside the import package of the distribution's name.

    Any package called ``pulumi-...`` without it is taken for a provider with a binary.
    """
    folder = tmp_path / "program"
    for each in (folder, tmp_path / "state"):
        each.mkdir()
    python, flags = Path(sys.prefix), ["--no-dependencies"]  # it would upgrade this very pip
    if installed == "wheel":
        python, flags = folder / "venv", []
        wheel = request.getfixturevalue("wheel")
        (folder / "requirements.txt").write_text(f"-c {ROOT / 'constraints.txt'}\n{wheel}\n")
    (folder / "Pulumi.yaml").write_text(
        f"name: packaged\nruntime:\n  name: python\n  options:\n    virtualenv: {python}\n"
    )
    (folder / "__main__.py").write_text(PROGRAM)

    with Emulator(tmp_path / "emulator") as emulator:
        environment = {
            **os.environ,
            "PULUMI_HOME": str(tmp_path / "home"),
            "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "correct horse",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "METASTUDIO_ENDPOINT": emulator.endpoint,
            "METASTUDIO_IAM_ENDPOINT": emulator.iam_endpoint,
            "HUAWEICLOUD_SDK_AK": emulator.access_key,
            "HUAWEICLOUD_SDK_SK": emulator.secret_key,
            "HUAWEICLOUD_SDK_PROJECT_ID": emulator.project_id,
        }

        def pulumi(*words: str) -> str:
            command = ["pulumi", *words, "--non-interactive", "--color", "never"]
            done = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, text=True, check=False
            )
            text = done.stdout + done.stderr
            assert done.returncode == 0, text
            return text

        assert "error" not in pulumi("install", *flags)
        plugins = pulumi("about").partition("\nPlugins\n")[2].partition("\n\n")[0]
        assert [line.split()[:2] for line in plugins.splitlines()] == [
            ["KIND", "NAME"],
            ["language", "python"],
        ]
        pulumi("stack", "init", "dev")
        text = pulumi("preview", "--logtostderr", "-v=7")
        assert "+ 2 to create" in text
        assert "EnsurePluginsAreInstalled" in text, "the log must tell of installations"
        assert "doing install" not in text
        assert "download failed" not in text
