"""Digests in the place of files: what an upload must have, and what is known of it afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.errors import InputError, UploadError
from pulumi_metastudio.lifecycle import (
    Context,
    completed,
    create,
    diff,
    read,
    refreshed_inputs,
    update,
)
from pulumi_metastudio.transfer import SourceCache

from ....bucket import Bucket
from ..job_checks import PART, jobs, state_of, stored, uploads
from .declarations import WRONG, ContextFor, check, declaration, missing, sha256, sums


def test_a_right_digest_is_submitted(
    emulator: Emulator, context: Context, bucket: Bucket, letter: Path, video: bytes
) -> None:
    url = bucket.put("/video.mp4", video)
    sums(letter)
    declared = {"path": url, "sha256": sha256(video), "size": len(video)}
    inputs = {**declaration(str(letter)), "submit": True, "training_video": declared}
    made = create(context, check(inputs))
    assert (made.problem, made.outputs["pending"]) == (None, [])
    assert state_of(emulator, made.job_id) == "AUTO_VERIFYING"
    assert made.outputs["fingerprints"] == stored(emulator, made.job_id)
    assert diff(made.outputs, check(inputs, inputs)).changes == ()


def test_a_wrong_digest_is_not_submitted(
    emulator: Emulator, context: Context, bucket: Bucket, letter: Path, video: bytes
) -> None:
    url = bucket.put("/video.mp4", video)
    declared = {"path": url, "sha256": WRONG}
    inputs = {**declaration(str(letter)), "submit": True, "training_video": declared}
    made = create(context, check(inputs))
    assert isinstance(made.problem, UploadError)
    found = sha256(video)
    for text in (url, WRONG[:12], found[:12], "metastudio fingerprint", "fetch the right one"):
        assert text in str(made.problem)
    assert found not in str(made.problem)
    assert made.outputs["pending"][0] == "upload training_video"
    assert "training_video" not in made.outputs["fingerprints"]
    assert state_of(emulator, made.job_id) == "WAIT_FILE_UPLOAD"
    assert "SUBMITVERIFYING" not in emulator.control.counters()
    assert "CONFIRM_MULTIPART_UPLOADED" not in emulator.control.counters()
    # Corrected, it is gone on with; of the video the service has every part.
    inputs["training_video"] = {"path": url, "sha256": found}
    emulator.control.clear_counters()
    done = update(context, made.job_id, made.outputs, check(inputs, inputs))
    assert (done.problem, done.outputs["pending"]) == (None, [])
    assert uploads(emulator) == 0
    assert state_of(emulator, made.job_id) == "AUTO_VERIFYING"


@pytest.mark.parametrize("profile", ["tutorial", "strict"])
def test_a_wrong_small_file_from_afar_is_mended(
    profile: str,
    start: Callable[..., Emulator],
    context_for: ContextFor,
    bucket: Bucket,
) -> None:
    """Its one-time URL is spent: another is asked for, or the job made anew."""
    service = start(profile=profile)
    context = context_for(service)
    url = bucket.put("/letter.pdf", b"a letter")
    made = create(context, check(declaration({"path": url, "sha256": WRONG})))
    assert isinstance(made.problem, UploadError)
    assert made.outputs["__upload_urls"] == {}
    inputs = declaration({"path": url, "sha256": sha256(b"a letter")})
    done = update(context, made.job_id, made.outputs, check(inputs, inputs))
    if profile == "strict":
        assert diff(done.outputs, check(inputs, inputs)).replaces == ["pending"]
    else:
        assert (done.problem, done.outputs["pending"]) == (None, [])


def bare_pointer(letter: Path) -> Any:
    digest = sha256(letter.read_bytes())
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 8\n"
    letter.write_text(text)
    return str(letter)


def another(letter: Path) -> Any:
    sums(letter, WRONG)
    return str(letter)


def another_size(letter: Path) -> Any:
    return {"path": str(letter), "sha256": sha256(b"a letter"), "size": 9}


NOT_READY = [
    (
        bare_pointer,
        "is a Git LFS pointer, and the file itself is to be uploaded: run 'git lfs pull",
    ),
    (missing, "it is to be uploaded, so fetch it from where it is kept"),
    (another, f"SHA256SUMS' declares {WRONG[:12]}…: if the file is right, run 'metastudio finger"),
    (another_size, "has 8 bytes, and File() in the program declares 9"),
]


@pytest.mark.parametrize(("made_so", "reason"), NOT_READY)
def test_up_refuses_before_anything_changes(
    made_so: Callable[[Path], Any], reason: str, emulator: Emulator, context: Context, letter: Path
) -> None:
    before = create(context, check(declaration(str(letter), name="before")))
    emulator.control.clear_counters()
    inputs = declaration(made_so(letter))
    checked = check(inputs)  # a preview is content
    with pytest.raises(InputError) as raised:
        create(context, checked)
    assert reason in str(raised.value)
    assert len(jobs(emulator)) == 1
    letter.with_name("other.pdf").write_bytes(b"recorded")
    old = {**before.outputs, "fingerprints": {"grant_file": WRONG[::-1].replace("f", "0")}}
    with pytest.raises(InputError) as raised:
        update(context, before.job_id, old, check(inputs, inputs))
    assert reason in str(raised.value)
    assert {"create", "update", "upload"}.isdisjoint(emulator.control.counters())


def test_the_header_is_looked_at_before_anything_changes(
    emulator: Emulator, context: Context, tmp_path: Path
) -> None:
    cover = tmp_path / "cover.png"
    cover.write_bytes(b"no picture")
    sums(cover)
    with pytest.raises(InputError, match="is not a picture"):
        create(context, check({"name": "n", "submit": False, "cover": str(cover)}))
    assert jobs(emulator) == []


@pytest.mark.parametrize("profile", ["tutorial", "strict"])
def test_an_update_of_a_name_needs_no_file(
    profile: str,
    start: Callable[..., Emulator],
    context_for: ContextFor,
    tmp_path: Path,
    video: bytes,
) -> None:
    service = start(profile=profile, tenant="NA")
    context = context_for(service, part_size=PART)
    material = {n: str(tmp_path / n) for n in ("training_video", "action_video", "grant_file")}
    for path in material.values():
        Path(path).write_bytes(video)
    lines = [f"{sha256(video)}  {name}\n" for name in material]
    (tmp_path / "SHA256SUMS").write_text("".join(lines))
    inputs = {"name": "n", **material}
    first = check(inputs)
    made = create(context, {**first, "__sources": {}})
    assert made.problem is None
    service.control.set_state(made.job_id, "MANUAL_VERIFY_FAILED", reason="blurred")
    for path in material.values():
        Path(path).unlink()
    old = read(context, made.job_id, made.outputs)
    assert old is not None
    service.control.clear_counters()
    inputs["name"] = "m"
    done = update(context, made.job_id, old, check(inputs, first))
    assert service.control.job(made.job_id)["fields"]["name"] == "m"
    assert uploads(service) == 0
    if profile == "strict":
        # In this reading an update drops the videos, which nobody can know before: fetch them.
        assert "fetch it from where it is kept" in str(done.problem)
        assert done.outputs["pending"][0] == "upload training_video"
        for path in material.values():
            Path(path).write_bytes(video)
        done = update(context, made.job_id, done.outputs, check(inputs, inputs))
    assert (done.problem, done.outputs["pending"]) == (None, [])
    assert stored(service, made.job_id) == done.outputs["fingerprints"]


# ------------------------------------------------------------- what the outputs know of a URL


def test_the_outputs_tell_an_unchanged_url(
    context: Context, bucket: Bucket, tmp_path: Path
) -> None:
    inputs = declaration(bucket.put("/letter.pdf", b"a letter"))
    first = check(inputs)
    made = create(context, first)
    origin = made.outputs["__sources"]["grant_file"]
    digest = sha256(b"a letter")
    assert origin == {"sha256": digest, **first["__sources"]["grant_file"]}
    assert "__fingerprints" not in made.outputs

    empty = SourceCache(tmp_path / "empty.db")
    bucket.forget()
    again = completed(check(inputs, first), made.outputs, empty)
    assert again["__fingerprints"] == {"grant_file": digest}
    assert bucket.told() == "1 x HEAD, 0 bytes"
    assert diff(made.outputs, again).changes == ()
    # A refresh records as declared what is known of the upload.
    refreshed = refreshed_inputs(made.outputs)
    assert refreshed["__fingerprints"] == {"grant_file": digest}
    assert refreshed["__sources"] == first["__sources"]
    assert check(inputs, refreshed)["__fingerprints"] == {"grant_file": digest}


def test_another_validator_than_that_of_the_upload_is_read(
    context: Context, bucket: Bucket, tmp_path: Path
) -> None:
    """Between its check and its upload a file may change, and change back afterwards."""
    inputs = declaration(bucket.put("/letter.pdf", b"a letter"))
    first = check(inputs)
    bucket.put("/letter.pdf", b"another")
    made = create(context, first)
    assert made.outputs["fingerprints"] == {"grant_file": sha256(b"another")}
    bucket.put("/letter.pdf", b"a letter")
    undecided = check(inputs, first)
    assert "__fingerprints" not in undecided
    again = completed(undecided, made.outputs, SourceCache(tmp_path / "empty.db"))
    assert again["__fingerprints"] == {"grant_file": sha256(b"a letter")}
    assert [change.input for change in diff(made.outputs, again).changes] == ["grant_file"]


def test_an_update_records_the_newest_validator(context: Context, bucket: Bucket) -> None:
    inputs = declaration(bucket.put("/letter.pdf", b"a letter"))
    first = check(inputs)
    made = create(context, first)
    bucket.etags["/letter.pdf"] = '"moved to another node"'
    now = check({**inputs, "deletion_policy": "retain"}, first)
    done = update(context, made.job_id, made.outputs, now)
    origin = done.outputs["__sources"]["grant_file"]
    assert origin["validator"] == now["__sources"]["grant_file"]["validator"]
    assert origin != made.outputs["__sources"]["grant_file"]
    assert done.outputs["fingerprints"] == made.outputs["fingerprints"]


def test_a_job_is_taken_over_without_its_files(
    emulator: Emulator, context: Context, letter: Path
) -> None:
    made = create(context, check(declaration(str(letter))))
    inputs = {**declaration(missing(letter)), "existing_job_id": made.job_id}
    adopted = create(context, check(inputs))
    assert adopted.outputs["fingerprints"] == {"grant_file": sha256(b"a letter")}
    assert len(jobs(emulator)) == 1
