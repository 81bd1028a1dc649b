"""What is no preview is refused in one line; what is odd in one does no harm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pulumi_metastudio.errors import InputError
from pulumi_metastudio.review import as_json, markdown, plain_text, read_preview, review_of
from pulumi_metastudio.review.markdown import LONGEST

URN = "urn:pulumi:dev::avatars::pulumi-python:dynamic/metastudio:TrainingJob::"


def digest(*steps: dict[str, Any], **more: Any) -> str:
    """A preview's JSON."""
    return json.dumps({"steps": list(steps), "changeSummary": {}, **more})


def created(resource: str, **inputs: Any) -> dict[str, Any]:
    """The step that makes a job."""
    return {"op": "create", "urn": URN + resource, "newState": {"inputs": inputs}}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        ("no stack named 'dev' found", "it is no JSON"),
        ("[]", "it has no changeSummary"),
        ('{"steps": []}', "it has no changeSummary"),
        ('{"sequence": 1, "timestamp": 2}\n{"sequence": 2}', "a stream of events"),
    ],
)
def test_what_is_no_preview(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as refused:
        read_preview(text)
    assert "preview --json" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_failed_preview_says_so() -> None:
    text = digest(diagnostics=[{"urn": URN + "a", "message": "error: no\n", "severity": "error"}])
    assert "**The preview failed** — no" in markdown(review_of(read_preview(text)))


def test_secrets_that_a_preview_shows_are_masked() -> None:
    step = created("a", name="A", contact="13800138000", training_video="https://u:p@h/v?sig=abc")
    review = review_of(read_preview(digest(step)))
    for form in (markdown(review), plain_text(review), json.dumps(as_json(review))):
        assert not {"13800138000", "sig", "u:p"} & {
            w for w in ("13800138000", "sig", "u:p") if w in form
        }


def test_other_resources_are_counted() -> None:
    other = {"op": "create", "urn": "urn:pulumi:dev::avatars::aws:s3/bucket:Bucket::b"}
    provider = {"op": "create", "urn": "urn:pulumi:dev::avatars::pulumi:providers:aws::default"}
    text = markdown(review_of(read_preview(digest(other, provider))))
    assert "1 changes of other resources" in text


def test_a_job_that_another_resource_takes_over_is_not_deleted() -> None:
    job_id = "0" * 32
    outputs = {"job_id": job_id, "state": "JOB_SUCCESS", "deletion_policy": "delete"}
    old = {"op": "delete", "urn": URN + "old", "oldState": {"outputs": outputs}}
    review = review_of(read_preview(digest(created("new", name="A", existing_job_id=job_id), old)))
    assert {job.name: sorted(c.value for c in job.consequences) for job in review.jobs} == {
        "new": ["take-over"]
    }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
FIELDS = (
    "name contact tags submit is_flexus training_video existing_job_id state job_id pending "
    "fingerprints __sources __fingerprints __declared __sent __ignored deletion_policy "
    "supported_service voice_properties"
).split()
OPERATIONS = ("create", "update", "replace", "delete", "same", "refresh", "?")
properties = st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=8)
steps = st.fixed_dictionaries(
    {
        "op": st.sampled_from(OPERATIONS),
        "urn": st.text(max_size=20).map(lambda name: URN + name),
        "oldState": st.fixed_dictionaries({"inputs": properties, "outputs": properties}),
        "newState": st.fixed_dictionaries({"inputs": properties}),
    }
)
lines = st.fixed_dictionaries(
    {
        "message": st.text(max_size=50),
        "severity": st.sampled_from(["info", "warning", "error"]),
    }
)


@settings(deadline=None, max_examples=60, phases=[*set(Phase) - {Phase.shrink, Phase.explain}])
@given(st.lists(steps, max_size=3), st.lists(lines, max_size=2))
def test_whatever_a_preview_holds_makes_a_review(planned: list[Any], said: list[Any]) -> None:
    review = review_of(read_preview(digest(*planned, diagnostics=said)))
    assert len(markdown(review)) <= LONGEST
    plain_text(review).encode("utf-8", "surrogatepass")
    json.dumps(as_json(review))


@given(st.text(max_size=80))
def test_no_name_can_act_as_markdown_or_html(name: str) -> None:
    text = markdown(review_of(read_preview(digest(created("job", name=name)))))
    (row,) = [line for line in text.splitlines() if line.startswith("| name |")]
    cell = row.removeprefix("| name |  | <code>").removesuffix("</code> |")
    assert row == f"| name |  | <code>{cell}</code> |"
    assert not set(cell) & set('<>|`*_[]!@:\\"~{}\n\r\u202e\u2066')
