"""The answers printed in the vendor's documents, over HTTP, and what is made of them.

Each file in ``golden`` was written by hand from the page its answer is printed on. It states
every value that is not null; signed parts of URLs and the one contact that the page does not mask
are left out of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.api import CreateJob
from pulumi_metastudio.errors import InvalidRequest, ServerError, ServiceError
from pulumi_metastudio.lifecycle import Context, read, refreshed_inputs
from pulumi_metastudio.lifecycle.listings import as_detail
from pulumi_metastudio.lifecycle.outputs import recorded
from pulumi_metastudio.lifecycle.request_bodies import upload_urls

GOLDEN = Path(__file__).parent / "golden"
EXAMPLES = Path(__file__).parents[1] / "api" / "examples"

Answering = Callable[..., Context]


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def answering(canned: Any, emulator: Emulator, context_for: Callable[..., Context]) -> Answering:
    """The service as a server that gives one answer of the documents, to whatever is asked."""

    def build(example: str, status: int = 200) -> Context:
        canned.say(status, (EXAMPLES / f"{example}.json").read_text(encoding="utf-8"))
        return context_for(emulator, endpoint=canned.endpoint)

    return build


def stated(outputs: dict[str, Any]) -> dict[str, Any]:
    """The outputs that a golden file states."""
    return {
        name: value
        for name, value in outputs.items()
        if value is not None
        and not name.startswith("__")  # which no document knows
        and not (name == "contact" and "*" not in value)
    }


def unsigned(url: str) -> str:
    return url.partition("?")[0]


def test_the_show_answer(answering: Answering) -> None:
    expected = golden("show_answer")
    context = answering("show_answer")
    outputs = read(context, expected["outputs"]["job_id"], {})
    assert outputs is not None
    assert stated(outputs) == expected["outputs"]
    assert refreshed_inputs(outputs) == expected["declared"]
    shown = read(context, outputs["job_id"], {**outputs, "expose_download_urls": True})
    assert shown is not None
    urls = {name: unsigned(url) for name, url in shown["download_urls"].items()}
    assert urls == expected["download_urls"]


def test_the_list_answer(answering: Answering) -> None:
    expected = golden("list_answer")
    page = answering("list_answer").client.list_jobs()
    assert page.count == expected["count"]
    found = [stated(recorded({}, as_detail(job, {}))) for job in page.jobs]
    assert found == expected["jobs"]


@pytest.mark.parametrize("name", ["create_answer", "create_answer_damaged"])
def test_the_create_answer(name: str, answering: Answering) -> None:
    expected = golden("create_answer")
    answer = answering(name).client.create_job(CreateJob(name="n"))
    assert answer.job_id == expected["job_id"]
    found = {file: [unsigned(url) for url in urls] for file, urls in upload_urls(answer).items()}
    assert found == expected["upload_urls"]


ASK: dict[str, Callable[[Context], object]] = {
    "create": lambda context: context.client.create_job(CreateJob(name="n")),
    "list": lambda context: context.client.list_jobs(),
    "show": lambda context: context.client.show_job("j"),
}


@pytest.mark.parametrize("operation", ASK)
@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [("invalid_parameter", 400, InvalidRequest), ("internal_error", 500, ServerError)],
)
def test_the_errors(
    name: str, status: int, kind: type[ServiceError], operation: str, answering: Answering
) -> None:
    with pytest.raises(kind) as caught:
        ASK[operation](answering(name, status))
    assert str(caught.value) == golden("errors")[name][operation]


def test_no_golden_file_holds_a_signature_or_a_phone_number() -> None:
    for file in GOLDEN.iterdir():
        text = file.read_text(encoding="utf-8")
        assert "?" not in text
        assert not re.search(r"\b1\d{10}\b", text)
