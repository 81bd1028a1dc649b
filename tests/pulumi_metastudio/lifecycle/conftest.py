"""A job's material, what a check makes of a declaration, and jobs in several conditions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.lifecycle import FILES, Context, Outcome, create

from .job_checks import ID_FILES, PART, PROFILES, URN, fail_the_cover

Check = Callable[..., dict[str, Any]]
ContextFor = Callable[..., Context]
Files = dict[str, str]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """All nine files, each with its own content; the videos are worth three parts."""
    folder = tmp_path / "material"
    folder.mkdir()
    made = {}
    for number, name in enumerate(FILES):
        path = folder / f"{name}.bin"
        size = 400 * 1024 if name.endswith("video") else 1000
        path.write_bytes(bytes([number + 1]) * size + name.encode())
        made[name] = str(path)
    return made


@pytest.fixture
def checked() -> Callable[..., dict[str, Any]]:
    """A declaration as it is after its check: with the fingerprints of its files."""

    def check(**inputs: Any) -> dict[str, Any]:
        prints = {
            name: hashlib.sha256(Path(inputs[name]).read_bytes()).hexdigest()
            for name in FILES
            if name in inputs
        }
        return {**inputs, "__fingerprints": prints}

    return check


@pytest.fixture(params=PROFILES)
def service(request: pytest.FixtureRequest, start: Callable[..., Emulator]) -> Emulator:
    """The service in each reading of the documents."""
    return start(profile=request.param)


@pytest.fixture
def tutorial(request: pytest.FixtureRequest) -> bool:
    """Whether the service gives fresh URLs to a job that waits for its files."""
    return bool(request.node.callspec.params["service"] == "tutorial")


@pytest.fixture
def context(service: Emulator, context_for: ContextFor) -> Context:
    return context_for(service, part_size=PART)


@pytest.fixture
def inputs(files: Files, checked: Check) -> dict[str, Any]:
    """A job with what the review of an ordinary tenant wants."""
    return checked(name="n", contact="138", **{name: files[name] for name in ID_FILES})


@pytest.fixture
def mine(inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs with their resource's URN, by which a job is known again."""
    return {**inputs, "__urn": URN}


@pytest.fixture
def made(context: Context, inputs: dict[str, Any]) -> Outcome:
    return create(context, inputs)


@pytest.fixture
def half_done(
    service: Emulator, context: Context, files: Files, inputs: dict[str, Any], checked: Check
) -> tuple[Outcome, dict[str, Any]]:
    """A job whose cover did not get up; everything else did, and is not confirmed."""
    fail_the_cover(service)
    declared = checked(
        **{n: v for n, v in inputs.items() if n != "__fingerprints"}, cover=files["cover"]
    )
    outcome = create(context, declared)
    assert outcome.outputs["pending"][0] == "upload cover"
    assert list(outcome.outputs["__upload_urls"]) == ["cover"]
    service.control.clear_faults()
    service.control.clear_counters()
    return outcome, declared
