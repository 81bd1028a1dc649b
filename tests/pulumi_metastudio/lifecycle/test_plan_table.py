"""What a change means: the table of docs/changes.md, row by row, with a word of each reason.

A field of a job that is further on is an update that the plan tries and the service answers with
an error, because no document says that it must; the last test shows that error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.errors import JobRefusal
from pulumi_metastudio.lifecycle import (
    BEHAVIOUR,
    FIELDS,
    FILES,
    UNKNOWN,
    Context,
    Effect,
    diff,
    read,
    update,
)

VOICE = {"job_tag": "NEWS", "sex": "MALE", "language": "CN"}
STATES = {
    "waiting": "WAIT_FILE_UPLOAD",
    "review failed": "MANUAL_VERIFY_FAILED",
    "in review": "MANUAL_VERIFYING",
    "training": "TRAINING",
    "trained": "JOB_SUCCESS",
    "unheard of": "A_STATE_OF_NEXT_YEAR",
}
EARLY = ("waiting", "review failed")
#: Input: before, after.
EDITS: dict[str, tuple[Any, Any]] = {
    "name": ("n", "m"),
    "contact": ("138", "139"),
    "batch_name": ("b", "c"),
    "tags": (["a"], ["a", "b"]),
    "is_background_replacement": (True, False),
    "is_fast_flexus": (False, True),
    "audio_source_type": ("VIDEO", "AUDIO"),
    "voice_properties": (VOICE, {**VOICE, "sex": "FEMALE"}),
    "supported_service": (["VIDEO_2D"], ["VIDEO_2D", "CHAT_2D"]),
    "model_version": ("V3.2", "V3.3"),
    "is_ondemand_resource": (False, True),
    "is_flexus": (False, True),
    "is_live_copy": (False, True),
    "is_only_human_model": (False, True),
    "app_user_id": ("u", "v"),
    "deletion_policy": ("retain-trained", "delete"),
    "expose_download_urls": (False, True),
    "existing_job_id": ("j", "k"),
    "triggers": ([1], [2]),
    "submit": (True, False),
    "account": ("a", "b"),
}
PRINTS = {name: f"{number:064x}" for number, name in enumerate(FILES)}

CHANGED = (Effect.UPDATE, "changed")
SENT = (Effect.UPDATE, "uploaded and submitted again")
SUBMITTED = (Effect.UPDATE, "submitted again")
BILLED_AGAIN = (Effect.REPLACE, "trains again and is billed again")
FIXED = (Effect.REPLACE, "is fixed when a job is created")
ANOTHER = (Effect.REPLACE, "another job is to be taken over")
ELSEWHERE = (Effect.REPLACE, "is of another project: a new job trains there and is billed")
NOTED = (Effect.STATE, "is noted; the job is not touched")

#: Input: while the job waits for files or its review has failed; further on.
TABLE = {
    "name": (CHANGED, CHANGED),
    "contact": (CHANGED, CHANGED),
    "batch_name": (CHANGED, CHANGED),
    "tags": (CHANGED, CHANGED),
    "is_background_replacement": (CHANGED, CHANGED),
    "is_fast_flexus": (CHANGED, CHANGED),
    "audio_source_type": (CHANGED, CHANGED),
    "voice_properties": (CHANGED, CHANGED),
    "supported_service": (CHANGED, CHANGED),
    "model_version": (FIXED, FIXED),
    "is_ondemand_resource": (FIXED, FIXED),
    "is_flexus": (FIXED, FIXED),
    "is_live_copy": (FIXED, FIXED),
    "is_only_human_model": (FIXED, FIXED),
    "app_user_id": (FIXED, FIXED),
    "training_video": (SENT, BILLED_AGAIN),
    "action_video": (SENT, BILLED_AGAIN),
    "audio": (SENT, BILLED_AGAIN),
    "cover": (SENT, BILLED_AGAIN),
    "id_card_image1": (SENT, BILLED_AGAIN),
    "id_card_image2": (SENT, BILLED_AGAIN),
    "grant_file": (SENT, BILLED_AGAIN),
    "pre_beauty_image": (SENT, BILLED_AGAIN),
    "post_beauty_image": (SENT, BILLED_AGAIN),
    "submit": (NOTED, NOTED),
    "deletion_policy": (NOTED, NOTED),
    "expose_download_urls": (NOTED, NOTED),
    "existing_job_id": (ANOTHER, ANOTHER),
    "triggers": (SUBMITTED, BILLED_AGAIN),
    "account": (ELSEWHERE, ELSEWHERE),
}
IN_PLACE = [name for name, (_, further_on) in TABLE.items() if further_on is CHANGED]


def pair(name: str, state: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is recorded, and the same declaration with one edit."""
    held_back = {"submit": False} if name != "submit" else {}
    inputs = {**dict.fromkeys(FILES, "x"), **held_back, "__fingerprints": PRINTS}
    declared = {n: before for n, (before, _) in EDITS.items() if n in FIELDS}
    old = {**inputs, **declared, "job_id": "j", "state": STATES[state], "pending": []}
    old |= {"__declared": list(declared), "fingerprints": PRINTS}
    new = {**inputs, **declared}
    if name in FILES:
        new["__fingerprints"] = {**PRINTS, name: "f" * 64}
    else:
        old[name], new[name] = EDITS[name]
    return old, new


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", TABLE)
def test_an_edit(name: str, state: str) -> None:
    effect, reason = TABLE[name][state not in EARLY]
    old, new = pair(name, state)
    (change,) = diff(old, new).changes
    assert (change.input, change.effect) == (name, effect)
    assert reason in change.reason
    assert name in change.reason or name == "existing_job_id"
    done = {**old, **new, "fingerprints": new["__fingerprints"]}
    assert diff(done, new).changes == ()  # once it is done, nothing is left


@pytest.mark.parametrize("state", ["WAIT_FILE_UPLOAD", "JOB_SUCCESS"])
@pytest.mark.parametrize("same_project", [True, False])
@pytest.mark.parametrize("before", [None, "a", "b"])
@pytest.mark.parametrize("now", [None, "a", "b", UNKNOWN])
def test_another_account(before: Any, now: Any, same_project: bool, state: str) -> None:
    """A new name for the same project costs nothing; what may be another project is a new job."""
    old = {"job_id": "j", "state": state, "submit": False, "account": before}
    new = {"submit": False} | ({} if now is None else {"account": now})
    found = [(c.input, c.effect) for c in diff(old, new, same_project=same_project).changes]
    if before == now:
        assert found == []
    elif same_project and now is not UNKNOWN:
        assert found == [("account", Effect.STATE)]
    else:
        assert found == [("account", Effect.REPLACE)]


def test_every_input_has_a_row() -> None:
    assert set(TABLE) == {*FIELDS, *FILES, *BEHAVIOUR}


@pytest.mark.parametrize("state", [state for state in STATES if state not in EARLY])
def test_the_service_refuses(
    emulator: Emulator, context_for: Callable[..., Context], state: str
) -> None:
    context = context_for(emulator)
    job = emulator.control.add_job(name="n", state=STATES[state])
    for name in IN_PLACE:
        old = read(context, job["job_id"], {})
        assert old
        declared = {"name": "n", name: EDITS[name][1], "submit": False}
        with pytest.raises(JobRefusal) as caught:
            update(context, job["job_id"], old, declared)
        text = str(caught.value)
        assert name in text
        assert f"does not change a job in state {STATES[state]}" in text
        assert "undo the edit" in text
    assert emulator.control.job(job["job_id"])["fields"]["name"] == "n"
