"""What a change means, one row for each input and class of state, with its reason.

``refuse`` is an update that the plan tries and the service answers with an error, because no
document says that it must; the last test shows that error for each such field and state.
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
}
PRINTS = {name: f"{number:064x}" for number, name in enumerate(FILES)}
IN_PLACE = [name for name, field in FIELDS.items() if field.effect is Effect.UPDATE]


def expected(name: str, state: str) -> tuple[str, str]:
    """What an edit takes, and its reason in words."""
    early = state in EARLY
    if name in FILES:
        change = f"the content of {name} changed ({PRINTS[name][:12]}… to ffffffffffff…)"
        if early:
            return "update", f"{change}: uploaded and submitted again"
        return "replace", f"{change}: trains again and is billed again"
    if name in IN_PLACE:
        return "update" if early else "refuse", f"{name} changed"
    if name in FIELDS:
        return "replace", f"{name} is fixed when a job is created: a new job trains and is billed"
    if name == "triggers" and early:
        return "update", "triggers changed: submitted again"
    if name == "triggers":
        return "replace", "triggers changed: trains again and is billed again"
    if name == "existing_job_id":
        return "replace", "another job is to be taken over"
    return "nothing", f"{name} is noted; the job is not touched"


def pair(name: str, state: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is recorded, and the same declaration with one edit."""
    held_back = {"submit": False} if name != "submit" else {}
    inputs = {**dict.fromkeys(FILES, "x"), **held_back, "fingerprints": PRINTS}
    declared = {n: before for n, (before, _) in EDITS.items() if n in FIELDS}
    old = {**inputs, **declared, "job_id": "j", "state": STATES[state], "pending": []}
    old["__declared"] = list(declared)
    new = {**inputs, **declared}
    if name in FILES:
        new["fingerprints"] = {**PRINTS, name: "f" * 64}
    else:
        old[name], new[name] = EDITS[name]
    return old, new


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", [*FIELDS, *FILES, *BEHAVIOUR])
def test_an_edit(name: str, state: str) -> None:
    effect, reason = expected(name, state)
    old, new = pair(name, state)
    found = diff(old, new)
    effects = {
        "update": Effect.UPDATE,
        "refuse": Effect.UPDATE,
        "replace": Effect.REPLACE,
        "nothing": Effect.STATE,
    }
    assert [(c.input, c.effect, c.reason) for c in found.changes] == [
        (name, effects[effect], reason)
    ]
    assert found.calls == (effect != "nothing")
    assert diff({**old, **new}, new).changes == ()  # once it is done, nothing is left


def test_the_table_is_complete() -> None:
    assert set(EDITS) == {*FIELDS, *BEHAVIOUR}
    assert len(STATES) * len([*FIELDS, *FILES, *BEHAVIOUR]) >= 150


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
