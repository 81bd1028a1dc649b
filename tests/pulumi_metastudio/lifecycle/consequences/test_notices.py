"""What a preview says of a job, and how it is read back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_metastudio.api.states import KNOWN
from pulumi_metastudio.lifecycle import UNKNOWN
from pulumi_metastudio.lifecycle.consequences import (
    Credits,
    Edition,
    Notice,
    Topic,
    adoption,
    credits_left,
    replaced_job,
    submission,
)

SIZES = {"__sources": {"training_video": {"size": 3 << 20}, "cover": {"size": 1 << 20}}}


@given(
    st.sampled_from(Topic),
    st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1),
)
def test_a_notice_is_read_back(topic: Topic, text: str) -> None:
    assert Notice.parse(str(Notice(topic, text))) == Notice(topic, text)


@pytest.mark.parametrize("line", ["", "model_version V2 is deprecated: choose V3.2", "new jobs: x"])
def test_another_line_is_no_notice(line: str) -> None:
    assert Notice.parse(line) is None


@pytest.mark.parametrize(
    ("inputs", "line"),
    [
        (
            {"training_video": "v.mp4", **SIZES},
            "trains and is billed once: 1 modelling credit, standard edition; uploads 1 file "
            "(3.0 MiB)",
        ),
        (
            {"training_video": "v.mp4", "cover": "c.png", "is_flexus": True, **SIZES},
            "trains and is billed once: 1 modelling credit, Flexus edition; uploads 2 "
            "files (4.0 MiB)",
        ),
        (
            {"training_video": "v.mp4", "audio": UNKNOWN, "is_fast_flexus": True, **SIZES},
            "trains and is billed once: 1 modelling credit, ultra-fast Flexus edition; uploads 2 "
            "files (at least 3.0 MiB)",
        ),
        (
            {"training_video": UNKNOWN, "is_flexus": UNKNOWN},
            "trains and is billed once: the edition is not known yet; uploads 1 file (size not "
            "known yet)",
        ),
        (
            {"is_ondemand_resource": True},
            "trains and is billed once: on demand, standard edition; uploads no file",
        ),
        (
            {"submit": False, "cover": "c.png", **SIZES},
            "not submitted, so not billed: uploads 1 file (1.0 MiB); submit is false",
        ),
    ],
)
def test_a_new_job(inputs: dict[str, Any], line: str) -> None:
    assert str(submission(inputs)) == line


def test_only_files_that_are_sent_count() -> None:
    inputs = {"training_video": "v.mp4", "cover": "c.png", **SIZES}
    assert "uploads 1 file (1.0 MiB)" in str(submission(inputs, {"cover"}))
    assert "uploads 1 file (1.0 MiB)" in str(submission(inputs, {"upload cover", "submit"}))


@pytest.mark.parametrize(
    ("state", "policy", "becomes"),
    [
        ("WAIT_FILE_UPLOAD", None, "is deleted for good"),
        ("MANUAL_VERIFY_FAILED", "retain-trained", "is deleted for good"),
        ("JOB_SUCCESS", None, "stays at the service, not managed any more"),
        ("JOB_SUCCESS", "delete", "is deleted for good"),
        ("TRAINING", None, "cannot be deleted in this state"),
        ("TRAINING", "retain", "stays at the service, not managed any more"),
        ("A_STATE_OF_TOMORROW", "delete", "cannot be deleted in this state"),
    ],
)
def test_the_job_that_is_replaced(state: str, policy: str | None, becomes: str) -> None:
    notice = replaced_job({"job_id": "abc", "state": state}, policy)
    assert str(notice) == f"old job: job abc ({state}) {becomes}"


@pytest.mark.parametrize("state", sorted(KNOWN))
def test_the_state_of_a_job_is_read_back(state: str) -> None:
    for notice in (adoption("abc", state), replaced_job({"job_id": "abc", "state": state}, None)):
        again = Notice.parse(str(notice))
        assert again is not None
        assert again.job_state == state


def test_what_is_left() -> None:
    credits = {Edition.STANDARD: Credits(Edition.STANDARD, 5, 3)}
    assert str(credits_left(credits)) == "modelling credits left: 2 of 5 (standard edition)"
    assert str(credits_left({})) == "modelling credits left: none"
