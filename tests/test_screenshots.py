"""Pictures of reviews, drawn by a real browser, and of terminals."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from docs.terminal import record

SCRIPT = Path(__file__).parents[1] / "docs" / "screenshots.py"

REVIEW = """<!-- metastudio-review prod -->
## Stack `prod`

> [!WARNING]
> `anna` is trained, and billed, again.

| job | what happens |
|---|---|
| `anna` | trains again |

<details><summary>Files</summary>

| job | file |
|---|---|
| `anna` | training_video |

</details>
"""


def size(picture: Path) -> tuple[int, int]:
    """Width and height of a PNG file."""
    head = picture.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", head[16:])
    return width, height


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not on PATH")
def test_a_review_becomes_two_pictures(tmp_path: Path) -> None:
    (tmp_path / "two_jobs.md").write_text(REVIEW)
    pictures = tmp_path / "pictures"
    command: list[str | Path] = [
        sys.executable,
        SCRIPT,
        "--out",
        pictures,
        tmp_path / "two_jobs.md",
    ]
    # It keeps what it writes for itself in its own folder, not in the user's.
    environment = {**os.environ, "HOME": str(tmp_path / "home")}
    subprocess.run(command, check=True, env=environment, timeout=200)

    assert sorted(each.name for each in pictures.iterdir()) == ["two_jobs-open.png", "two_jobs.png"]
    closed, opened = size(pictures / "two_jobs.png"), size(pictures / "two_jobs-open.png")
    assert closed[0] == opened[0] == 900
    assert 200 < closed[1] < opened[1] < 1000, "as high as what is on it"


def test_without_a_browser_one_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "review.md").write_text(REVIEW)
    command: list[str | Path] = [sys.executable, SCRIPT, "--out", tmp_path, tmp_path / "review.md"]
    done = subprocess.run(
        command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("none of chromium, ")
    assert done.stderr.count("\n") == 1


def shown(tmp_path: Path, script: str) -> tuple[str, str, int]:
    """What stood on a terminal of 20 columns, as text and as a picture, and the exit code."""
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm-256color"}
    command = ["sh", "-c", script]
    screen, code = record(command, columns=20, rows=5, folder=tmp_path, environment=environment)
    return screen.plain, screen.svg(20, "title"), code


def test_a_terminal_becomes_a_picture(tmp_path: Path) -> None:
    script = r"printf 'a row\r\033[32m40 %%\033[0m\n'; exit 3"
    text, picture, code = shown(tmp_path, script)
    assert (text, code) == ("40 %w", 3)
    assert "40&#160;%" in picture
    assert "#3fb950" in picture, "green"
    assert "url(http" not in picture, "a picture asks nobody for a font"
