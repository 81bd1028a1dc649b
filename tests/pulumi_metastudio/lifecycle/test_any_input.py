"""Any input through check and diff, as the provider chains them.

``METASTUDIO_EXAMPLES=10000`` tries as many.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulumi_metastudio.api.states import KNOWN, WAIT_FILE_UPLOAD
from pulumi_metastudio.lifecycle import (
    BEHAVIOUR,
    FIELDS,
    FILES,
    UNKNOWN,
    Look,
    diff,
    normalised,
    problems,
    review_note,
    warnings,
)
from pulumi_metastudio.lifecycle.schema import FieldInput, Kind
from pulumi_metastudio.transfer import SourceCache

EXAMPLES = int(os.environ.get("METASTUDIO_EXAMPLES", "300"))
LONG = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES <= 300,  # the suite's are the same each time
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
VOICE = {"job_tag": "NEWS", "sex": "MALE", "language": "CN"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(UNKNOWN),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
    # A text with a scheme might be asked for over the network, which is not what this is about.
).filter(lambda value: not (isinstance(value, str) and "://" in value))


def right(field: FieldInput) -> st.SearchStrategy[Any]:
    """Values of the right kind, so that an example comes through the check."""
    by_kind: dict[Kind, st.SearchStrategy[Any]] = {
        Kind.TEXT: st.sampled_from(field.choices or ("a", "b", "13800000000")),
        Kind.FLAG: st.booleans(),
        Kind.TEXTS: st.lists(st.sampled_from(field.choices or ("a", "b", "c")), max_size=3),
        Kind.OBJECT: st.just(VOICE) | st.just({**VOICE, "sex": "FEMALE"}),
    }
    return by_kind[field.kind]


LIKELY = st.fixed_dictionaries(
    {},
    optional={
        **{name: right(field) for name, field in FIELDS.items()},
        **{name: st.just("letter.bin") | st.just(UNKNOWN) for name in ("grant_file", "cover")},
        "submit": st.booleans(),
        "triggers": st.lists(st.integers(), max_size=2),
        "deletion_policy": st.sampled_from(["delete", "retain"]),
        "expose_download_urls": st.booleans(),
        "existing_job_id": st.just("j"),
    },
)
ODD = st.dictionaries(st.sampled_from([*FIELDS, *FILES, *BEHAVIOUR, "odd", "__urn"]), JSON)


def known(value: Any) -> bool:
    if isinstance(value, dict):
        return all(known(item) for item in value.values())
    return all(known(item) for item in value) if isinstance(value, list) else value is not UNKNOWN


def recorded(inputs: dict[str, Any], state: str) -> dict[str, Any]:
    """What is recorded of a job that was just made from these inputs."""
    declared = [name for name in FIELDS if name in inputs]
    prints = {"fingerprints": inputs["__fingerprints"]}
    known = {"job_id": "j", "state": state, "pending": [], "__declared": declared}
    return {**inputs, **prints, **known}


@LONG
@given(likely=LIKELY, odd=st.just({}) | ODD, state=st.sampled_from(sorted(KNOWN)) | st.text())
def test_any_input_is_checked_and_compared(
    likely: dict[str, Any], odd: dict[str, Any], state: str, tmp_path: Path
) -> None:
    inputs = normalised({**likely, **odd})
    found = problems(inputs, Look(probes=SourceCache(tmp_path / "probes.db")))
    assert all(p.reason and "\n" not in p.reason for p in found)
    assert all(isinstance(text, str) for text in warnings(inputs))
    if {p.property for p in found} - {"name", "training_video", "grant_file", "cover"}:
        return  # what the check refuses, no diff sees
    prints = {name: f"{n:064x}" for n, name in enumerate(FILES) if name in inputs}
    inputs["__fingerprints"] = prints
    old = recorded({name: value for name, value in inputs.items() if known(value)}, state)
    review_note(old)
    changed = {change.input for change in diff(old, inputs).changes}
    held_back = {"submit"} if state == WAIT_FILE_UPLOAD else set()
    # diff(x, x) is empty: what is known is no change.
    assert changed <= {name for name in inputs if not known(inputs[name])} | held_back
