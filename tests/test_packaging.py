"""The package as users install it, and as the Pulumi CLI then sees it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from metastudio_emulator import Emulator

ROOT = Path(__file__).parents[1]
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
def wheel(real_pip: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as it would be published."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", folder, ROOT], check=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_says_that_it_has_no_plugin(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert json.loads(archive.read("pulumi_metastudio/pulumi-plugin.json")) == {
            "resource": False
        }


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
