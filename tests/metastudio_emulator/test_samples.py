"""Generated material: real files, made once."""

import subprocess
import wave
import zipfile

import imageio_ffmpeg
import pytest
from click.testing import CliRunner

from metastudio_emulator import EmulatorError
from metastudio_emulator.command_line import samples
from metastudio_emulator.samples import make_samples


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_samples(tmp_path_factory.mktemp("samples"), seconds=2, size="320x180")


def test_every_file_of_a_job_is_there(made):
    assert {name: path.name for name, path in made.items()} == {
        "training_video": "training_video.mp4",
        "action_video": "action_video.mp4",
        "audio": "audio.zip",
        "cover": "cover.png",
        "id_card_image1": "id_card_image1.jpg",
        "id_card_image2": "id_card_image2.jpg",
        "grant_file": "grant_file.jpg",
        "pre_beauty_image": "pre_beauty_image.jpg",
        "post_beauty_image": "post_beauty_image.jpg",
    }
    contents = [path.read_bytes() for path in made.values()]
    assert len(set(contents)) == len(contents)
    assert made["cover"].read_bytes().startswith(b"\x89PNG")
    assert made["grant_file"].read_bytes().startswith(b"\xff\xd8")
    assert not list(made["cover"].parent.glob(".*"))


def test_videos_have_the_size_and_length_that_were_asked_for(made):
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    for name in ("training_video", "action_video"):
        report = subprocess.run(
            [ffmpeg, "-hide_banner", "-i", str(made[name])],
            capture_output=True,
            text=True,
            check=False,
        ).stderr
        assert "Duration: 00:00:02" in report
        assert "h264" in report
        assert "320x180" in report
        assert "aac" in report


def test_the_audio_is_a_sound_in_a_zip(made):
    with (
        zipfile.ZipFile(made["audio"]) as archive,
        archive.open("audio.wav") as file,
        wave.open(file) as sound,
    ):
        assert sound.getframerate() == 16000


def test_files_that_exist_are_kept(tmp_path, made):
    for path in made.values():
        (tmp_path / path.name).write_bytes(b"mine")
    kept = make_samples(tmp_path, seconds=2, size="320x180")
    assert {path.read_bytes() for path in kept.values()} == {b"mine"}


def test_the_same_call_makes_the_same_file(tmp_path, made):
    for path in made.values():
        if path.name != "training_video.mp4":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    again = make_samples(tmp_path, seconds=2, size="320x180")
    assert again["training_video"].read_bytes() == made["training_video"].read_bytes()


def test_without_ffmpeg_one_line_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "missing"))
    with pytest.raises(EmulatorError, match="ffmpeg"):
        make_samples(tmp_path, seconds=1, size="320x180")
    assert list(tmp_path.iterdir()) == []


def test_the_command_prints_the_paths(tmp_path, made):
    for path in made.values():
        (tmp_path / path.name).write_bytes(b"mine")
    answer = CliRunner().invoke(samples, [str(tmp_path)])
    assert answer.exit_code == 0
    assert len(answer.output.splitlines()) == 9
