"""What a header says of a real film, picture or archive, and how little is read for it."""

from __future__ import annotations

import json
import os
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metastudio_emulator.samples import make_samples
from pulumi_metastudio.errors import InputError
from pulumi_metastudio.transfer import Media, MediaKind, SourceCache, open_source, probe

VIDEO, PICTURE, ARCHIVE = MediaKind.VIDEO, MediaKind.PICTURE, MediaKind.ARCHIVE
Film = Callable[..., Path]


def looked_at(path: Path, kind: MediaKind = VIDEO) -> Media | None:
    return probe(open_source(str(path)), kind)


def fault(path: Path, kind: MediaKind = VIDEO) -> str:
    with pytest.raises(InputError) as caught:
        looked_at(path, kind)
    text = str(caught.value)
    assert text.startswith(f"'{path}' ")
    return text.removeprefix(f"'{path}' ")


@dataclass
class Counting:
    """A source that counts what is read of it."""

    inner: Any
    read: list[int] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def reader(self, start: int = 0, on_retry: Any = None) -> Any:
        self.read.append(start)
        return self.inner.reader(start)


def boxes(*parts: bytes) -> bytes:
    """A box: its kind, then its content."""
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 4) + body


def test_a_film(film: Film) -> None:
    assert looked_at(film()) == Media(1920, 1080, 185.0)
    assert looked_at(film("2160x3840", 180)) == Media(2160, 3840, 180.0)


def test_the_index_may_stand_first_and_a_sound_track_too(film: Film) -> None:
    sound = ("-f", "lavfi", "-i", "sine=frequency=220:duration=20")
    order = ("-map", "1:a", "-map", "0:v", "-movflags", "+faststart")
    assert looked_at(film("1920x1080", 20, *sound, *order)) == Media(1920, 1080, 20.0)


def test_a_film_of_many_gibibytes_costs_two_reads(film: Film, tmp_path: Path) -> None:
    """The index stays at the end; what is between is a hole that nobody reads."""
    content = film().read_bytes()
    kind = content.index(b"mdat")
    head, data = content[: kind - 4], content[kind - 4 :]
    (size,) = struct.unpack(">I", data[:4])
    index = data[size:]
    assert index[4:8] == b"moov"
    length = 5 << 30
    path = tmp_path / "long.mp4"
    with path.open("wb") as file:
        file.write(head + struct.pack(">I4sQ", 1, b"mdat", length))
        file.seek(len(head) + length)
        file.write(index)
    source = Counting(open_source(str(path)))
    assert probe(source, VIDEO) == Media(1920, 1080, 185.0)
    assert len(source.read) <= 3


def turned(content: bytes) -> bytes:
    """The film with a display matrix of a quarter turn, as a phone held upright writes it."""
    at = content.index(b"tkhd") + 4 + 40
    return (
        content[:at]
        + struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
        + (content[at + 36 :])
    )


def test_a_film_that_is_turned_is_taken_as_it_is_shown(film: Film, tmp_path: Path) -> None:
    path = tmp_path / "turned.mp4"
    path.write_bytes(turned(film().read_bytes()))
    assert looked_at(path) == Media(1080, 1920, 185.0)


def test_a_fragmented_film_tells_no_length(film: Film) -> None:
    pieces = film("1920x1080", 20, "-movflags", "frag_keyframe+empty_moov")
    assert looked_at(pieces) == Media(1920, 1080, None)


def test_a_film_in_another_container(film: Film) -> None:
    assert fault(film("1920x1080", 5, "-f", "mov")).startswith("is a QuickTime film: convert it")
    assert fault(film("1920x1080", 5, "-f", "matroska")).startswith("is not an MP4 video: convert")


def test_sound_only(film: Film) -> None:
    sound = ("-f", "lavfi", "-i", "sine=frequency=220:duration=5", "-map", "1:a")
    assert fault(film("1920x1080", 5, *sound)).startswith("has no video in it, only sound")


@pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
@pytest.mark.parametrize("options", [(), ("-movflags", "+faststart")], ids=["last", "first"])
def test_a_film_that_is_cut_off(
    film: Film, tmp_path: Path, share: float, options: tuple[str, ...]
) -> None:
    content = film("1920x1080", 185, *options).read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(content[: int(len(content) * share)])
    assert "cut off" in fault(path)


def test_a_recording_that_was_not_finished(film: Film, tmp_path: Path) -> None:
    path = tmp_path / "unfinished.mp4"
    content = film().read_bytes()
    path.write_bytes(content[: content.index(b"moov") - 4])
    assert fault(path).startswith("has no index (moov): its recording was not finished")


@pytest.mark.parametrize(
    "index",
    [
        boxes(b"moov", boxes(b"mvhd", b"\0" * 4)),
        boxes(b"moov", boxes(b"mvhd", b"\0" * 100)),
        boxes(b"moov", struct.pack(">I4sQ", 1, b"trak", 3)),
    ],
    ids=["too short", "no time scale", "a box smaller than its own head"],
)
def test_a_damaged_film(tmp_path: Path, index: bytes) -> None:
    path = tmp_path / "damaged.mp4"
    path.write_bytes(boxes(b"ftyp", b"isom", b"\0" * 4) + index)
    assert "is a damaged MP4" in fault(path)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_nothing_but_a_fault_comes_of_any_bytes(
    data: st.DataObject, film: Film, tmp_path: Path
) -> None:
    content = bytearray(film("1920x1080", 5).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "odd.mp4"
    path.write_bytes(bytes(content[data.draw(st.sampled_from([0, 4, 32])) :]))
    faults = []
    for kind in MediaKind:
        try:
            looked_at(path, kind)
        except InputError as error:
            faults.append(str(error))
    assert all(text.startswith(f"'{path}' ") and "\n" not in text for text in faults)


@pytest.fixture(scope="session")
def samples(film: Film, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("samples")
    return make_samples(folder, seconds=1, size="64x48")


def test_pictures(samples: dict[str, Path]) -> None:
    assert looked_at(samples["cover"], PICTURE) == Media(640, 360)
    assert looked_at(samples["id_card_image1"], PICTURE) == Media(1012, 638)


@pytest.mark.parametrize(
    "content",
    [
        b"x",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\0\0\0\0WEBPVP8 ",
        b"\0\0\0\x18ftypheic" + b"\0" * 50,
        b"<svg width='10' height='10'/>",
        b"\xef\xbb\xbf <?xml version='1.0'?><svg width='10' height='10'/>",
        bytes(range(256)) * 1000,
    ],
)
def test_no_picture(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(content)
    assert fault(path, PICTURE) == "is not a picture: give a JPEG or PNG file"


def test_archives(samples: dict[str, Path], tmp_path: Path) -> None:
    assert looked_at(samples["audio"], ARCHIVE) == Media()
    cut = tmp_path / "cut.zip"
    cut.write_bytes(samples["audio"].read_bytes()[:-30])
    assert fault(cut, ARCHIVE).startswith("is not a zip archive, or is cut off")
    empty = tmp_path / "empty.zip"
    with zipfile.ZipFile(empty, "w") as archive:
        archive.mkdir("sounds") if hasattr(archive, "mkdir") else None
    assert fault(empty, ARCHIVE).startswith("is a zip archive without any file")


def test_what_was_found_is_remembered_until_the_file_changes(film: Film, tmp_path: Path) -> None:
    cache = SourceCache(tmp_path / "probes.db")
    path = tmp_path / "film.mp4"
    path.write_bytes(film().read_bytes())
    for opened in (1, 0):
        source = Counting(open_source(str(path)))
        assert probe(source, VIDEO, cache) == Media(1920, 1080, 185.0)
        assert bool(source.read) == bool(opened)
    with pytest.raises(InputError):
        probe(open_source(str(path)), PICTURE, cache)  # what one is, another is not
    path.write_bytes(b"no film any more")
    with pytest.raises(InputError):
        probe(open_source(str(path)), VIDEO, cache)


@pytest.mark.parametrize("noted", ["", "no json", "[]", '{"kind": "VIDEO", "newer": 1}', "{}"])
def test_a_note_of_another_version_is_passed_over(film: Film, tmp_path: Path, noted: str) -> None:
    cache = SourceCache(tmp_path / "probes.db")
    cache.put(open_source(str(film())), noted)
    assert probe(open_source(str(film())), VIDEO, cache) == Media(1920, 1080, 185.0)
    written = json.loads(cache.get(open_source(str(film()))) or "")
    assert written["kind"] == "VIDEO"


def test_a_url_is_asked_for_little(web: Any, film: Film) -> None:
    content = film().read_bytes()
    at = content.index(b"mdat") - 4
    (size,) = struct.unpack(">I", content[at : at + 4])
    # 20 MB of what is no picture, so that the index is far from the start.
    padding = boxes(b"free", bytes(20_000_000))
    web.content = content[: at + size] + padding + content[at + size :]
    source = open_source(f"{web.url}/film.mp4?signature=secret")
    before = len(web.requests)
    assert probe(source, VIDEO) == Media(1920, 1080, 185.0)
    assert 2 <= len(web.requests) - before <= 3
    assert [wanted for _, wanted in web.requests[before + 1 :]] != [None]


def test_a_url_of_something_else(web: Any) -> None:
    web.content = b"<html>" * 100
    with pytest.raises(InputError) as caught:
        probe(open_source(f"{web.url}/film.mp4?signature=secret"), VIDEO)
    assert "is not an MP4 video" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_url_that_cannot_be_looked_at_cheaply_is_left_to_the_service(
    web: Any, film: Film, samples: dict[str, Path]
) -> None:
    content = film().read_bytes()
    at = content.index(b"mdat") - 4
    web.content = content[:at] + boxes(b"free", bytes(200_000)) + content[at:]
    web.takes_ranges = False
    assert probe(open_source(f"{web.url}/film.mp4"), VIDEO) is None
    web.takes_ranges, web.content = True, samples["audio"].read_bytes()
    source = open_source(f"{web.url}/audio.zip")
    before = len(web.requests)
    assert probe(source, ARCHIVE) is None
    assert len(web.requests) == before
    # an index behind more boxes than are worth a request each
    web.content = boxes(b"ftyp", b"isom") + boxes(b"free", bytes(100_000)) * 20
    assert probe(open_source(f"{web.url}/film.mp4"), VIDEO) is None


def test_a_file_that_vanished_in_between_is_left_to_the_upload(film: Film, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(film().read_bytes())
    source = open_source(str(path))
    os.unlink(path)
    assert probe(source, VIDEO) is None
