"""The states, against the groups in which the vendor's list page prints them.

The older list page has the states without groups, and the detail page has none at all: the list
page of 2025-12-08 and the vendor's Python client are the only sources for a word.
"""

from __future__ import annotations

import re

import pytest
from huaweicloudsdkmetastudio.v1.model import TrainingJobBasicInfo

from pulumi_metastudio.api import states

# The list page of 2025-12-08, heading by heading. Its headings for both reviews speak of the
# automatic one, and stand above people's work as well.
HEADINGS = {
    "To be submitted": ["WAIT_FILE_UPLOAD"],
    "Auto reviewing...": ["AUTO_VERIFYING", "MANUAL_VERIFYING"],
    "Failed the auto review": ["AUTO_VERIFY_FAILED", "MANUAL_VERIFY_FAILED"],
    "To be reviewed by users": ["WAIT_USER_CONFIRM"],
    "Rejected by users": ["JOB_REJECT"],
    "Completed": ["JOB_SUCCESS", "JOB_FINISH"],
    "Suspended": ["JOB_PENDING"],
    "Algorithm training ongoing": [
        *("MANUAL_VERIFY_SUCCESS", "WAIT_TRAINING_DATA_PREPROCESS", "TRAINING_DATA_PREPROCESSING"),
        *("TRAINING_DATA_PREPROCESS_FAILED", "TRAINING_DATA_PREPROCESS_SUCCESS", "TRAINING"),
        *("TRAIN_FAILED", "TRAIN_SUCCESS", "INFERENCE_DATA_PREPROCESSING"),
        *("INFERENCE_DATA_PREPROCESS_FAILED", "WAIT_MAIN_FILE_UPLOAD"),
        *("MANUAL_STOP_INFERENCE_DATA_PREPROCESS", "MANUAL_STOP_TRAIN"),
        *("MANUAL_STOP_TRAINING_DATA_PREPROCESS", "WAIT_ADMIN_CONFIRM", "WAIT_COMPILE"),
        *("COMPILING", "COMPILE_FAILED", "WAIT_GENERATE_ACTION", "WAIT_ARRANGE"),
        *("ACTION_GENERATE_DATA_PROCESSING", "MANUAL_STOP_ACTION_GENERATE_DATA_PROCESSING"),
        *("MANUAL_STOP_ACTION_GENERATE_ORI_PROCESSING", "ACTION_GENERATE_ORI_PROCESSING"),
        *("ACTION_GENERATE_DATA_FAILED", "ACTION_GENERATE_ORI_FAILED"),
        *("ACTION_GENERATE_ORI_SUCCESS", "GENERATE_ACTION_PREPROCESS_FAILED"),
        *("WAIT_ADMIN_CALIBRATION", "WAIT_ASSET_SYNC", "WAIT_GENERATE_ACTION_MARK"),
        "ACTION_MARKING",
    ],
}
# On that page printed after all groups; the note beneath them says what users see.
NOTE = {
    "Algorithm training ongoing": [
        *("WAIT_TEST_VIDEO_CHECK", "TEST_VIDEO_CHECK_PROCESSING", "TEST_VIDEO_CHECK_SUCCESS"),
        *("TEST_VIDEO_CHECK_FAILED", "VIDEO_ANALYZE_PROCESSING", "VIDEO_ANALYZE_SUCCESS"),
        *("VIDEO_ANALYZE_FAILED", "ACTION_MARK_SUCCESS", "ACTION_MARK_FAILED"),
        *("ACTION_MARK_UPLOADED", "MANUL_STOP_ACTION_MARK"),
    ],
}
# Without a word anywhere; an assumption, because administrators handle them.
ELSEWHERE = {
    "the older list page": ["WAIT_MASK_UPLOAD"],
    "the vendor's PHP client": [
        *("WAIT_BEAUTY", "BEAUTYFACE_ROCESSING", "BEAUTYFACE_SUCCESS"),
        *("BEAUTYFACE_FAILED", "WAIT_BEAUTY_VIDEO_FILE_UPLOAD", "BEAUTY_VIDEO_FILE_UPLOADED"),
        "MANUAL_STOP_BEAUTY_PREPROCESS",
    ],
}
# The same headings in the client's text, which call both reviews the system's.
CLIENT = {
    "待提交": "To be submitted",
    "系统审核中": "Auto reviewing...",
    "系统审核未通过": "Failed the auto review",
    "算法训练中": "Algorithm training ongoing",
    "待用户审核": "To be reviewed by users",
    "用户驳回": "Rejected by users",
    "已完成": "Completed",
    "挂起": "Suspended",
}
PAIRS = [
    pytest.param(word, state, id=f"{source}: {state}")
    for source, groups in (("heading", HEADINGS), ("note", NOTE))
    for word, group in groups.items()
    for state in group
]
NOTED = NOTE["Algorithm training ongoing"]
ASSUMED = [state for group in ELSEWHERE.values() for state in group]


@pytest.mark.parametrize(("word", "state"), PAIRS)
def test_console_status(word: str, state: str) -> None:
    assert states.console_status(state) == word


def test_the_client_groups_as_the_page_does() -> None:
    text = TrainingJobBasicInfo.state.__doc__
    assert text
    found: dict[str, list[str]] = {}
    grouped, rest, _ = text.partition("WAIT_TEST_VIDEO_CHECK")  # those of the note stand last
    assert rest
    for heading, state in re.findall(r" - (\w+)|\* ([A-Z_]+)", grouped):
        if heading:
            found[CLIENT[heading]] = group = []
        else:
            group.append(state)
    assert {word: sorted(group) for word, group in found.items()} == {
        word: sorted(group) for word, group in HEADINGS.items()
    }


@pytest.mark.parametrize("state", [*ASSUMED, "A_STATE_OF_NEXT_YEAR", ""])
def test_a_state_outside_the_groups_is_in_training(state: str) -> None:
    assert states.console_status(state) == "Algorithm training ongoing"


def test_all_known_states() -> None:
    documented = {state for group in HEADINGS.values() for state in group} | set(NOTED)
    assert len(documented) == 53
    assert documented | set(ASSUMED) == states.KNOWN
    assert len(states.KNOWN) == 61


def test_sets_hold_known_states_only() -> None:
    for group in (states.EDITABLE, states.REVIEW_FAILED, states.TRAINED, states.DELETABLE):
        assert group <= states.KNOWN


def test_an_unknown_state_is_not_ours_to_act_on() -> None:
    for group in (states.EDITABLE, states.REVIEW_FAILED, states.TRAINED, states.DELETABLE):
        assert "A_STATE_OF_NEXT_YEAR" not in group


def test_the_delete_pages_list() -> None:
    assert sorted(states.DELETABLE) == [
        *("AUTO_VERIFY_FAILED", "INFERENCE_DATA_PREPROCESS_FAILED", "JOB_FINISH", "JOB_REJECT"),
        *("JOB_SUCCESS", "MANUAL_VERIFYING", "MANUAL_VERIFY_FAILED"),
        *("TRAINING_DATA_PREPROCESS_FAILED", "TRAIN_FAILED", "WAIT_FILE_UPLOAD"),
        "WAIT_USER_CONFIRM",
    ]
