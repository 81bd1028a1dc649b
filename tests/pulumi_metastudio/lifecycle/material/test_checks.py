"""Digests in the place of files: what a check reads."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from pulumi_metastudio.lifecycle import Look, normalised, problems

from ....bucket import Bucket
from .declarations import WRONG, check, declaration, sha256, sums


def refused(given: dict[str, Any]) -> str:
    (found,) = problems(normalised(given), Look())
    assert "\n" not in found.reason
    return str(found)


@pytest.mark.parametrize("here", [True, False])
@pytest.mark.parametrize("way", ["sums", "pointer", "file"])
def test_a_digest_stands_for_a_file(way: str, here: bool, letter: Path) -> None:
    digest, size = sha256(b"a letter"), 8
    value: Any = str(letter)
    if way == "sums":
        sums(letter)
    elif way == "file":
        value = {"path": str(letter), "sha256": digest.upper(), "size": None if here else 8.0}
    if way == "pointer":
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 8\n"
        letter.write_text(pointer)
    elif not here:
        letter.unlink()
    checked = check(declaration(value))
    assert checked["__fingerprints"] == {"grant_file": digest}
    known = here or way != "sums"
    assert checked["__sources"] == {"grant_file": {"size": size} if known else {}}


def test_a_file_that_outgrew_its_digest_is_told_of(letter: Path) -> None:
    sums(letter)
    first = check(declaration(str(letter)))
    letter.write_bytes(b"a longer letter")
    for before in (first, check(declaration(str(letter)), first)):  # it is not forgotten either
        look = Look(before)
        assert problems(declaration(str(letter)), look) == []
        (text,) = look.stale
        assert text.startswith(f"grant_file '{letter}' has 15 bytes, and the content that '")
        assert "run 'metastudio fingerprint'" in text
        assert look.sources == {"grant_file": {"size": 8}}
    sums(letter)
    assert check(declaration(str(letter)), first)["__sources"] == {"grant_file": {"size": 15}}
    letter.unlink()
    assert check(declaration(str(letter)), first)["__sources"] == {"grant_file": {}}
    sums_of_before = sha256(b"a letter")
    (letter.parent / "SHA256SUMS").write_text(f"{sums_of_before}  {letter.name}\n")
    assert check(declaration(str(letter)), first)["__sources"] == {"grant_file": {"size": 8}}


def test_nothing_is_read_of_a_declared_file(tmp_path: Path) -> None:
    """What is no film at all passes until it is to be uploaded."""
    video = tmp_path / "video.mp4"
    video.write_bytes(b"no film")
    inputs = {"name": "n", "training_video": str(video)}
    assert "is not an MP4" in refused(inputs)
    sums(video)
    assert check(inputs)["__fingerprints"] == {"training_video": sha256(b"no film")}


def test_a_file_that_is_nowhere(letter: Path) -> None:
    letter.unlink()
    text = refused(declaration(str(letter)))
    assert text.startswith(f"grant_file '{letter}': no such file")
    for way in (
        "SHA256SUMS",
        "metastudio fingerprint",
        "Git LFS pointer",
        "File(path, sha256=...)",
    ):
        assert way in text


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"path": "x", "sha256": "abc"}, "has a sha256 that is none"),
        ({"path": "x"}, "has a sha256 that is none"),
        ({"sha256": WRONG}, "must be a path, a URL, or an object of path, sha256 and size"),
        ({"path": "x", "sha256": WRONG, "mode": 1}, "must be a path, a URL, or an object"),
        ({"path": "x", "sha256": WRONG, "size": 0}, "has a size that is none"),
        ({"path": "x", "sha256": WRONG, "size": True}, "has a size that is none"),
        ({"path": "https:/x", "sha256": WRONG, "size": 6e9}, "has 6000000000 bytes"),
        ({"path": "https://?secret", "sha256": WRONG}, "is not a URL"),
        ({"path": "https://e/?secret", "sha256": WRONG, "size": 6e9}, "'https://e/' has"),
        ({"path": "\0", "sha256": WRONG}, "is not a path"),
    ],
)
def test_a_bad_declaration(value: Any, reason: str) -> None:
    text = refused(declaration(value))
    assert reason in text
    assert "secret" not in text


def test_contradictions_are_refused(letter: Path) -> None:
    sums(letter)
    text = refused(declaration({"path": str(letter), "sha256": WRONG}))
    assert f"File() in the program declares the SHA-256 {WRONG[:12]}…" in text
    assert "SHA256SUMS' " in text
    letter.with_name("SHA256SUMS").write_text("nonsense\n")
    text = refused(declaration(str(letter)))
    assert "SHA256SUMS', line 1 is no line of sha256sum" in text


def test_an_unchanged_url_costs_one_head(bucket: Bucket, tmp_path: Path) -> None:
    url = bucket.put("/letter.pdf", b"a letter")
    first = check(declaration(f"{url}?Signature=1"))
    assert first["__sources"]["grant_file"]["size"] == 8
    assert "__fingerprints" not in first  # nothing was hashed
    bucket.forget()
    again = check(declaration(f"{url}?Signature=2"), first)
    assert again["__sources"] == first["__sources"]
    assert bucket.told() == "1 x HEAD, 0 bytes"
    # What differs is read, and compared by its bytes.
    bucket.etags["/letter.pdf"] = '"another"'
    moved = check(declaration(url), again)
    assert moved["__fingerprints"] == {"grant_file": sha256(b"a letter")}
    bucket.forget()
    shutil.rmtree(tmp_path / "cache")
    assert check(declaration(url), moved)["__fingerprints"] == moved["__fingerprints"]
    assert bucket.told() == "1 x HEAD, 0 bytes"


def test_a_batch_only_asks_whether_a_url_is_there(bucket: Bucket) -> None:
    """The check of its job looks into it, and knows whether it is as it was."""
    url = bucket.put("/cover.png", b"no picture")
    inputs = {"name": "n", "submit": False, "cover": url}
    assert problems(inputs, Look(far=False)) == []
    assert bucket.told() == "1 x HEAD, 0 bytes"
    (found,) = problems(inputs)
    assert "is not a picture" in found.reason
    (found,) = problems({**inputs, "cover": f"{bucket.url}/none.png"}, Look(far=False))
    assert "answered HTTP 404" in found.reason
