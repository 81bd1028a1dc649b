"""Recordings name nobody, and client and emulator agree with them; a false emulator does not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.probe.service import WHERE, client_of, ledgers

from metastudio_emulator import Emulator, Profile
from metastudio_emulator.auth import authentication
from metastudio_emulator.errors import ServiceError
from metastudio_emulator.storage.object_store import ObjectStore
from metastudio_emulator.storage.signed_urls import SignedUrls
from metastudio_emulator.training import serializers
from metastudio_emulator.training.commands import Commands
from metastudio_emulator.training.job_operations import JobOperations
from pulumi_metastudio.api import JobDetail
from pulumi_metastudio.errors import InputError
from pulumi_metastudio.probe import run
from pulumi_metastudio.probe.exchanges import Answered, Asked
from pulumi_metastudio.probe.recording import Recorder, Recording, Scrubber, read
from pulumi_metastudio.probe.recording.scrubbing import TEXTS

from .replay import MODELS, client_differences, differences, emulator_differences, known

FILES = sorted(Path(__file__).parent.glob("*.txt"))
Patch = Callable[[pytest.MonkeyPatch], None]


def recording(name: str) -> Recording:
    return read((Path(__file__).parent / f"{name}.txt").read_text())


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """One for all: a replay leaves no job behind."""
    profile = Profile.parse(recording("emulator-tutorial").facts["profile"])
    with Emulator(profile=profile, transitions="manual") as service:
        yield service


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_client_and_emulator_agree_with_a_recording(file: Path) -> None:
    assert len(read(file.read_text()).exchanges) > 50
    assert differences(file) == known(file)


# ------------------------------------------------------------------------- a false emulator


def _answers(target: Any, method: str, change: Callable[[Any], Any]) -> Patch:
    """A method whose answer is changed on its way out."""

    def patch(patcher: pytest.MonkeyPatch) -> None:
        real = getattr(target, method)
        patcher.setattr(target, method, lambda *args, **kwargs: change(real(*args, **kwargs)))

    return patch


def _awaited(patcher: pytest.MonkeyPatch) -> None:
    """The result of a command under its right spelling."""
    real = Commands.run

    async def run(*args: Any) -> dict[str, Any]:
        answer = await real(*args)
        return {name.replace("commond", "command"): value for name, value in answer.items()}

    patcher.setattr(Commands, "run", run)


def _deletes_again(patcher: pytest.MonkeyPatch) -> None:
    real = JobOperations.delete

    def delete(self: JobOperations, job_id: str) -> None:
        try:
            real(self, job_id)
        except ServiceError:
            return

    patcher.setattr(JobOperations, "delete", delete)


def _forbidden(patcher: pytest.MonkeyPatch) -> None:
    def unauthenticated(message: str) -> ServiceError:
        return ServiceError(403, "APIGW.0302", message)

    patcher.setattr(authentication, "unauthenticated", unauthenticated)


def _any_content_type(patcher: pytest.MonkeyPatch) -> None:
    real = SignedUrls._signature

    def signature(
        self: SignedUrls, method: str, name: str, _: str, expires: str, parameters: Any
    ) -> bytes:
        return real(self, method, name, "", expires, parameters)

    patcher.setattr(SignedUrls, "_signature", signature)


def _with(**fields: Callable[[Any], Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """An answer with some of its fields changed."""

    def change(answer: dict[str, Any]) -> dict[str, Any]:
        changed = {n: fields[n](value) for n, value in answer.items() if n in fields}
        return {**answer, **changed}

    return change


def _without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda answer: {each: value for each, value in answer.items() if each != name}


#: What is false, and what the replay must name.
FALSE: dict[str, tuple[Patch, str]] = {
    "tags are sorted": (
        _answers(serializers, "detail", _with(tags=sorted)),
        r"exchange \d+, show: value.tags\[\d\]: recorded ",
    ),
    "the count is one more": (
        _answers(JobOperations, "search", _with(count=lambda count: count + 1)),
        r"exchange \d+, list: value.count: recorded 1, the emulator gives 2",
    ),
    "the URLs are in another order": (
        _answers(
            JobOperations,
            "_upload_urls",
            _with(training_video_upload_url=lambda urls: urls[::-1]),
        ),
        r"exchange \d+, create: value.training_video_upload_url\[0\]: recorded <url \d+, part 1>",
    ),
    "a second deletion succeeds": (
        _deletes_again,
        r"exchange \d+, delete: status: recorded 404, the emulator gives 200",
    ),
    "parts are forgotten": (
        _answers(ObjectStore, "parts", lambda parts: []),
        r"exchange \d+, command: value.multipart_data: recorded 1 items, the emulator gives 0",
    ),
    "the result of a command is spelt right": (
        _awaited,
        r"exchange \d+, command: value.commond_result: .* the emulator gives nothing",
    ),
    "a URL works twice": (
        lambda patcher: patcher.setattr(SignedUrls, "use", lambda self, ticket: None),
        r"exchange \d+, upload: status: recorded 403, the emulator gives 200",
    ),
    "a wrong signature is forbidden": (
        _forbidden,
        r"exchange \d+, list: status: recorded 401, the emulator gives 403",
    ),
    "the content type is not signed": (
        _any_content_type,
        r"exchange \d+, upload: status: recorded 403, the emulator gives 200",
    ),
    "Show leaves the batch out": (
        _answers(serializers, "detail", _without("batch_name")),
        r"exchange \d+, show: value.batch_name: recorded .* the emulator gives nothing",
    ),
    "a contact is masked": (
        _answers(serializers, "basic_info", _with(contact=lambda _: "000****0000")),
        r"exchange \d+, list: value.jobs\[0\].contact: recorded '0+', the emulator gives '<text>'",
    ),
    "a new job has another state": (
        _answers(serializers, "detail", _with(state=lambda _: "CREATING")),
        r"exchange \d+, show: value.state: recorded 'WAIT_FILE_UPLOAD'.*'CREATING'",
    ),
}


def _until(named: str, differences: Iterator[str]) -> Iterator[str]:
    """Differences up to the one that is looked for."""
    for each in differences:
        yield each
        if re.match(named, each):
            return


@pytest.mark.parametrize("what", FALSE)
def test_a_false_emulator_is_found_and_named(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    patch, named = FALSE[what]
    recorded = recording("emulator-tutorial")
    with monkeypatch.context() as patcher:
        patch(patcher)
        told = list(_until(named, emulator_differences(recorded, emulator)))
    for job in emulator.control.jobs():
        emulator.control.delete_job(job["job_id"])
    assert told, "the replay found no difference"
    assert re.match(named, told[-1]), told


def test_what_the_client_does_not_know_is_named() -> None:
    text = FILES[0].read_text()
    assert "value.state:" in text
    odd = text.replace("value.state:", 'value.mood: "GOOD"\nvalue.state:')
    assert "exchange 9, show: the client does not know value.mood" in client_differences(read(odd))
    with pytest.raises(InputError, match="no recording"):
        read("something else")


# ------------------------------------------------------------------------- names nobody


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_recording_has_nothing_that_looks_like_a_secret(file: Path) -> None:
    text = re.sub("0{11,}", "", file.read_text())  # the contact that is nobody's
    assert re.findall(r"https?://|[0-9a-fA-F]{12,}|\S+@\S+|(?<!\d)1[3-9]\d{9}|\d{11,}", text) == []
    assert set(re.findall(r'"contact": "([^"]*)"', text)) <= {""}


def test_no_secret_and_no_person_gets_into_a_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulumi_metastudio.probe.asking.other_jobs._ONE_SECOND_LATER", 0.0)
    heard: list[Answered] = []
    with Emulator(transitions="manual") as service, ledgers() as records:
        service.control.add_job(
            name="Anna Example",
            contact="13812345678",
            tags=["anna's"],
            batch_name="Autumn",
            app_user_id="anna@example.com",
        )
        recorder = Recorder(WHERE)

        def both(answered: Answered) -> None:
            heard.append(answered)
            recorder.heard(answered)

        with client_of(service, both) as client:
            run(client, records, begun=recorder.begun)
        # What a service may say of whom it refuses, and fields that nobody has heard of.
        odd = {"error_msg": "User anna (domain 0123456789) is not allowed", "owner": "Anna Example"}
        usage = next(each for each in heard if each.asked.operation == "usage")
        recorder.heard(Answered(usage.asked, 403, "APIGW.0302", value=odd))
        text = recorder.text(service.project_id, "tutorial").partition("--- 1")[2]
    secrets = {*service.info().values()} - {service.region, service.endpoint}
    secrets |= {urlsplit(service.endpoint).netloc, "Anna", "anna", "13812345678", "Autumn"}
    for answered in heard:
        for url in _urls(answered.value):
            parts = urlsplit(url)
            values = {value for name, value in parse_qsl(parts.query) if name != "partNumber"}
            secrets |= {*values, parts.path.rpartition("/")[2]}
        secrets |= {str(answered.get("job_id") or "metastudio:none"), answered.request_id}
    assert len(secrets) > 100
    assert [each for each in secrets if each and each in text] == []


@pytest.mark.parametrize("shape", ["text", "url", "number", "list", "deep", "code"])
def test_what_nobody_sent_survives_in_no_field(shape: str) -> None:
    run_id = "0123456789ab"
    shapes: dict[str, Any] = {
        "text": "anna lives here",
        "url": "https://example.com/anna?Signature=anna",
        "number": 13800138000,
        "list": ["anna", {"of": "anna"}, "Anna"],
        "deep": {"in": {"here": ["anna", 13800138000]}, "error_code": "anna@example.com"},
        "code": {"error_code": 13800138000, "part_number": "anna"},
    }
    for operation, model in MODELS.items():
        fields = {*model.model_fields, *JobDetail.model_fields, "owner"} - TEXTS - {"count", "jobs"}
        value: dict[str, Any] = dict.fromkeys(fields - {"flexus_retry_count"}, shapes[shape])
        own = {**value, "name": f"metastudio-probe-{run_id}-1"}
        value["jobs"] = [own, dict(value)]
        scrubber = Scrubber(run_id, "p" * 32)
        asked = Asked(operation, "GET", "/digital-human-training-manage/user/jobs")
        shown = json.dumps(scrubber.answer(Answered(asked, 200, value=value)))
        assert re.findall(r"anna|13800138000|example", shown, re.IGNORECASE) == []


def _urls(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.startswith("http"):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _urls(each)
