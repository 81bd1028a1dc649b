"""The record of progress: one form in outputs, one in the journal, and no secret without need."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_metastudio.lifecycle import FILES
from pulumi_metastudio.lifecycle.progress import CONFIRM, UPLOAD, Progress, steps

EVERY_STEP = steps(dict.fromkeys(FILES, "file"))
HASHES = st.dictionaries(st.sampled_from(list(FILES)), st.text(min_size=1), max_size=4)
PROGRESS = st.builds(
    Progress,
    pending=st.lists(st.sampled_from(EVERY_STEP), unique=True).map(tuple),
    urls=st.dictionaries(st.sampled_from(list(FILES)), st.lists(st.text(), min_size=1)),
    fingerprints=HASHES,
    sent=HASHES,
    sources=HASHES,
    origins=st.dictionaries(
        st.sampled_from(list(FILES)), st.dictionaries(st.just("sha256"), st.text())
    ),
    submitted=st.booleans(),
    reviews=st.none() | st.integers(0, 9),
)


@pytest.mark.parametrize(
    ("inputs", "files", "expected"),
    [
        ({}, None, ("submit",)),
        ({"submit": False}, None, ()),
        ({"cover": "c"}, None, ("upload cover", "submit")),
        ({"cover": "c"}, [], ("submit",)),
        ({"cover": "c", "audio": "a"}, ["cover"], ("upload cover", "submit")),
        (
            {"grant_file": "g", "training_video": "t"},
            None,
            (
                "upload training_video",
                "upload grant_file",
                "confirm training_video",
                "confirm grant_file",
                "submit",
            ),
        ),
    ],
)
def test_steps(inputs: dict[str, Any], files: list[str] | None, expected: tuple[str, ...]) -> None:
    assert steps(inputs, files) == expected


@given(progress=PROGRESS)
def test_the_state_gives_back_what_is_still_needed(progress: Progress) -> None:
    outputs = json.loads(json.dumps(progress.as_outputs()))
    again = Progress.from_outputs(outputs)
    assert again.as_outputs() == outputs
    assert (again.pending, again.fingerprints) == (progress.pending, progress.fingerprints)
    assert again.serial == progress.serial


@given(progress=PROGRESS)
def test_the_journal_gives_back_what_is_still_needed(progress: Progress) -> None:
    again = Progress.from_journal(json.loads(json.dumps(progress.as_journal())))
    waiting = progress.waiting(UPLOAD)
    assert again.urls == {name: urls for name, urls in progress.urls.items() if name in waiting}
    assert {**vars(again), "urls": None} == {**vars(progress), "urls": None}


@given(progress=PROGRESS)
def test_no_url_outlives_its_upload(progress: Progress) -> None:
    done = progress.done(*(f"{UPLOAD} {name}" for name in FILES))
    assert done.as_outputs()["__upload_urls"] == {} == done.as_journal()["urls"]
    assert not done.waiting(UPLOAD)
    assert done.waiting(CONFIRM) == progress.waiting(CONFIRM)


def test_a_state_without_a_serial_gets_none() -> None:
    assert "__journal" not in Progress.from_outputs({"pending": ["submit"]}).as_outputs()


def test_each_operation_has_a_serial_of_its_own() -> None:
    progress = Progress()
    assert len({progress.serial, progress.anew().serial, Progress().serial}) == 3
