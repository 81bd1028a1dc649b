"""What a preview says about the files themselves, and what it warns of."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator
from metastudio_emulator.samples import make_samples

REVIEWED = ("training_video", "id_card_image1", "id_card_image2", "grant_file")
MISSING = "without id_card_image1, id_card_image2 and grant_file the review fails"


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Real media that no review would take: two seconds of 640x360."""
    return make_samples(tmp_path_factory.mktemp("small"), seconds=2, size="640x360")


def test_every_file_that_does_not_do_is_told_at_once(
    stack: Any, emulator: Emulator, small: dict[str, Path], tmp_path: Path
) -> None:
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(small["action_video"].read_bytes()[:-100])
    files = {"training_video": small["training_video"], "action_video": cut}
    wrong = {"audio": small["cover"], "cover": small["audio"]}
    stack.declare(anna={"name": "Anna", **files, **wrong})
    result = stack.run("up")
    assert result.code != 0
    assert "Traceback" not in result.text
    for line in (
        "is 640x360: the service takes 1920x1080, 1080x1920, 3840x2160, 2160x3840",
        "lasts 0:02 minutes: the service takes 3 to 10 minutes",
        "cut.mp4' is cut off: it ends before its content does",
        "cover.png' is not a zip archive",
        "audio.zip' is not a picture",
    ):
        assert line in result.text
    assert emulator.control.jobs() == []


def test_what_whitelisted_tenants_do_without_is_warned_of(
    stack: Any, emulator: Emulator, material: dict[str, Path]
) -> None:
    anna: dict[str, Any] = {"name": "Anna", "training_video": material["training_video"]}
    stack.declare(anna={**anna, "model_version": "V3"})
    preview = stack.run("preview").ok().text
    assert MISSING in preview
    assert "model_version V3 is deprecated" in preview
    stack.run("up").ok()
    assert emulator.control.jobs()[0]["state"] == "AUTO_VERIFYING"

    # said once: neither again of the same declaration, nor of one that needs nothing
    assert MISSING not in stack.run("preview", "--expect-no-changes").ok().text
    stack.declare(anna={"name": "Anna", **{name: material[name] for name in REVIEWED}})
    assert "the review fails" not in stack.run("preview").ok().text


def test_an_edited_film_says_that_it_trains_and_is_billed_again(
    stack: Any, emulator: Emulator, material: dict[str, Path]
) -> None:
    film = Path(shutil.copy(material["training_video"], stack.folder / "film.mp4"))
    stack.declare(anna={"name": "Anna", "training_video": "film.mp4"})
    stack.run("up").ok()
    job_id = emulator.control.jobs()[0]["job_id"]
    with film.open("ab") as file:
        file.write(b"\0\0\0\x0cfreemore")

    # while the review has sent it back, the same job takes the new film
    emulator.control.set_state(job_id, "MANUAL_VERIFY_FAILED", reason="too dark")
    stack.run("refresh").ok()
    preview = stack.run("preview").ok()
    assert "in place: the content of training_video changed" in preview.text
    assert "uploaded and submitted again" in preview.text
    assert "billed" not in preview.text
    assert stack.steps() == {"anna": "update"}

    emulator.control.set_state(job_id, "TRAINING")
    stack.run("refresh").ok()
    preview = stack.run("preview").ok()
    assert "the content of training_video changed" in preview.text
    assert "trains again and is billed again" in preview.text
    assert stack.steps() == {"anna": "replace"}
