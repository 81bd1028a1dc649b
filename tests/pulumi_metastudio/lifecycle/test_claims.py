"""The rule of docs/ownership.md as a truth table: every combination of evidence."""

from __future__ import annotations

import itertools

import pytest

from pulumi_metastudio.api.states import KNOWN, WAIT_FILE_UPLOAD
from pulumi_metastudio.lifecycle.ownership import Claim, Evidence, claim

FLAGS = (False, True)
SUBMITTED = sorted({*KNOWN, "NEVER_HEARD_OF"} - {WAIT_FILE_UPLOAD})
EVERYTHING = [
    Evidence(state, recorded, *flags)
    for state in (WAIT_FILE_UPLOAD, "AUTO_VERIFYING", "JOB_SUCCESS", "NEVER_HEARD_OF")
    for recorded in (False, True, None)
    for flags in itertools.product(FLAGS, repeat=5)
]


def test_nothing_is_touched_without_proof() -> None:
    for found in EVERYTHING:
        if claim(found) in (Claim.GO_ON, Claim.TAKE):
            assert found.proven
            assert found.recorded is False
            assert not found.kept


def test_what_was_submitted_is_never_doubled_in_silence() -> None:
    for found in EVERYTHING:
        lost = found.proven and not found.recorded and not found.kept
        if lost and found.state != WAIT_FILE_UPLOAD:
            assert claim(found) in (Claim.STOP, Claim.TAKE)


def test_what_a_state_records_is_passed_over() -> None:
    for found in EVERYTHING:
        assert (claim(found) is Claim.RECORDED) is (found.recorded is True)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Evidence(WAIT_FILE_UPLOAD, journalled=True), Claim.GO_ON),
        (Evidence(WAIT_FILE_UPLOAD, tagged=True), Claim.GO_ON),
        (Evidence(WAIT_FILE_UPLOAD, tagged=True, fits=False), Claim.LEAVE),
        (Evidence(WAIT_FILE_UPLOAD, tagged=True, recorded=None), Claim.LEAVE),
        (Evidence(WAIT_FILE_UPLOAD, journalled=True, kept=True), Claim.LEAVE),
        (Evidence(WAIT_FILE_UPLOAD), Claim.LEAVE),
        *((Evidence(state, journalled=True, same=True), Claim.TAKE) for state in SUBMITTED),
        *((Evidence(state, journalled=True), Claim.STOP) for state in SUBMITTED),
        *((Evidence(state, tagged=True, same=True), Claim.STOP) for state in SUBMITTED),
        *((Evidence(state, tagged=True, recorded=None), Claim.STOP) for state in SUBMITTED),
        *((Evidence(state, tagged=True, kept=True), Claim.LEAVE) for state in SUBMITTED),
        *((Evidence(state), Claim.LEAVE) for state in SUBMITTED),
    ],
)
def test_the_table(found: Evidence, expected: Claim) -> None:
    assert claim(found) is expected
