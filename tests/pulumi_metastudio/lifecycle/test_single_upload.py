"""Uploads to a job that no stack manages."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.api import CreateJob
from pulumi_metastudio.errors import InputError, JobRefusal, MetaStudioError
from pulumi_metastudio.lifecycle import Context
from pulumi_metastudio.single_jobs.upload import upload

from .job_checks import state_of, stored, uploads

Film = Callable[..., Path]
Files = dict[str, str]

FIELDS: dict[str, Any] = {
    "name": "theirs",
    "contact": "13800000000",
    "batch_name": "b",
    "tags": ["a", "pulumi:p:s:0123456789ab"],
    "is_background_replacement": False,
    "audio_source_type": "VIDEO",
    "supported_service": ["VIDEO_2D"],
}


@pytest.fixture
def material(files: Files, film: Film, tmp_path: Path) -> Files:
    """Files of the right kinds, because they are looked at; the letter may be any document."""
    archive = tmp_path / "audio.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("voice.wav", b"RIFF")
    return {
        "training_video": str(film()),
        "audio": str(archive),
        "grant_file": files["grant_file"],
    }


@pytest.fixture
def theirs(context: Context) -> str:
    """A job that somebody made with fields of their own."""
    return context.client.create_job(CreateJob.model_validate(FIELDS)).job_id


def prints(files: Files) -> dict[str, str]:
    return {n: hashlib.sha256(Path(path).read_bytes()).hexdigest() for n, path in files.items()}


def fields_of(service: Emulator, job_id: str) -> dict[str, Any]:
    fields = service.control.job(job_id)["fields"]
    return {name: fields.get(name) for name in FIELDS}


@pytest.mark.parametrize("state", ["AUTO_VERIFY_FAILED", "MANUAL_VERIFY_FAILED"])
@pytest.mark.parametrize("submit", [True, False])
def test_files_for_a_job_whose_review_failed(
    submit: bool, state: str, service: Emulator, context: Context, theirs: str, material: Files
) -> None:
    service.control.set_state(theirs, state)
    upload(context, theirs, material, submit=submit)
    assert stored(service, theirs) == prints(material)
    assert fields_of(service, theirs) == FIELDS
    submitted = {"200": 1} if submit else None
    assert service.control.counters().get("SUBMITVERIFYING") == submitted
    assert (state_of(service, theirs) == "AUTO_VERIFYING") is submit


def test_files_for_a_job_that_waits_for_them(
    start: Callable[..., Emulator], context_for: Callable[..., Context], material: Files
) -> None:
    service = start(profile="tutorial")
    context = context_for(service)
    job_id = context.client.create_job(CreateJob.model_validate(FIELDS)).job_id
    letter = {"grant_file": material["grant_file"]}
    upload(context, job_id, letter, submit=False)
    assert stored(service, job_id) == prints(letter)
    rest = {name: path for name, path in material.items() if name not in letter}
    upload(context, job_id, rest, submit=True)
    assert stored(service, job_id) == prints(material)
    assert fields_of(service, job_id) == FIELDS
    assert state_of(service, job_id) == "AUTO_VERIFYING"


def test_the_job_stays_where_the_service_gives_no_urls(
    start: Callable[..., Emulator], context_for: Callable[..., Context], material: Files
) -> None:
    service = start(profile="strict")
    context = context_for(service)
    job_id = context.client.create_job(CreateJob.model_validate(FIELDS)).job_id
    with pytest.raises(JobRefusal, match="the service gives no new ones"):
        upload(context, job_id, material, submit=True)
    assert [job["job_id"] for job in service.control.jobs()] == [job_id]
    assert state_of(service, job_id) == "WAIT_FILE_UPLOAD"
    assert uploads(service) == 0


def test_a_failed_upload_is_told_and_not_submitted(
    service: Emulator, context: Context, theirs: str, material: Files
) -> None:
    service.control.set_state(theirs, "AUTO_VERIFY_FAILED")
    service.control.add_fault("upload", "status", status=400, times=1)
    with pytest.raises(MetaStudioError) as caught:
        upload(context, theirs, material, submit=True)
    assert "\n" not in str(caught.value)
    assert "Signature" not in str(caught.value)
    assert "SUBMITVERIFYING" not in service.control.counters()
    # Done again, it is done.
    upload(context, theirs, material, submit=True)
    assert stored(service, theirs) == prints(material)


@pytest.mark.parametrize(
    ("files", "pieces"),
    [
        ({"cover": "none.png"}, ["cover: ", "no such file"]),
        ({"cover": "none.png", "grant_file": "gone.pdf"}, ["cover: ", "grant_file: ", "; "]),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_before_anything_is_asked(
    files: Files, pieces: list[str], service: Emulator, context: Context
) -> None:
    with pytest.raises(InputError) as caught:
        upload(context, "j", files, submit=True)
    text = str(caught.value)
    assert all(piece in text for piece in pieces)
    assert "\n" not in text
    assert service.control.counters() == {}


def test_a_job_that_does_not_exist(context: Context, material: Files) -> None:
    with pytest.raises(JobRefusal, match="the service has no job abc"):
        upload(context, "abc", material, submit=True)
