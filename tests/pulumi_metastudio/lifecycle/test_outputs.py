"""What is recorded of a job."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_metastudio.api import JobDetail
from pulumi_metastudio.api.states import KNOWN, REVIEW_FAILED, console_status
from pulumi_metastudio.lifecycle import FIELDS, FILES, diff, refreshed_inputs
from pulumi_metastudio.lifecycle.outputs import OBSERVED, recorded
from pulumi_metastudio.lifecycle.progress import Progress

DONE = Progress()


def detail(**answered: Any) -> JobDetail:
    return JobDetail.model_validate({"job_id": "j", "name": "n", "state": "TRAINING", **answered})


def outputs(inputs: dict[str, Any], **answered: Any) -> dict[str, Any]:
    return recorded({"name": "n", **inputs}, detail(**answered), DONE)


# A declared value, what the service answers, and what is recorded.
ANSWERED: list[tuple[str, Any, Any, Any]] = [
    # Silence about what no older answer carries is no drift.
    ("is_flexus", True, None, True),
    ("is_background_replacement", False, None, False),
    ("supported_service", ["VIDEO_2D"], None, ["VIDEO_2D"]),
    ("model_version", "V3.3", None, "V3.3"),
    ("voice_properties", {"sex": "MALE"}, None, {"sex": "MALE"}),
    ("app_user_id", "u", None, "u"),
    # Silence about a text that every answer carries means that it is not there.
    ("contact", "138", None, ""),
    ("batch_name", "b", None, ""),
    ("tags", ["a"], None, []),
    # What is answered counts.
    ("name", "n", "m", "m"),
    ("is_flexus", True, False, False),
    ("tags", ["a"], ["b"], ["b"]),
    ("tags", ["a"], [], []),
    ("voice_properties", {"sex": "MALE"}, {"sex": "MALE", "language": None}, {"sex": "MALE"}),
    # A mask that fits is not drift.
    ("contact", "13800000000", "1**********", "13800000000"),
    ("contact", "13800000000", "2**********", "2**********"),
    ("contact", "13800000000", "13900000000", "13900000000"),
]


@pytest.mark.parametrize(("name", "declared", "answered", "expected"), ANSWERED)
def test_a_declared_field(name: str, declared: Any, answered: Any, expected: Any) -> None:
    found = outputs({name: declared}, **{name: answered} if answered is not None else {})
    assert found[name] == expected
    assert name in found["__declared"]


@pytest.mark.parametrize("name", [n for n in FIELDS if n != "name"])
def test_an_undeclared_field_is_observed_only(name: str) -> None:
    values = {"TEXT": "x", "FLAG": True, "TEXTS": ["x"], "OBJECT": {"sex": "MALE"}}
    value = values[FIELDS[name].kind.name]
    found = outputs({}, **{name: value})
    assert name not in found["__declared"]
    assert outputs({})[name] is None
    seen = found[name]
    assert ({k: v for k, v in seen.items() if v} if isinstance(seen, dict) else seen) == value


@pytest.mark.parametrize("state", [*sorted(KNOWN), "A_STATE_OF_NEXT_YEAR"])
def test_state_and_failure(state: str) -> None:
    found = outputs({}, state=state)
    assert (found["state"], found["console_status"]) == (state, console_status(state))
    assert (found["failure"] is not None) == (state in REVIEW_FAILED)


def test_the_newest_reason_of_a_failed_review() -> None:
    logs = [
        {"log_type": "USER_CREATE_JOD", "log_description": "no"},
        {"log_type": "SYSTEM_VERIFY_FAILED", "log_description": "old"},
        {
            "log_type": "ADMIN_VERIFY_FAILED",
            "log_description": "blurred",
            "operate_time": "2024-01-01T00:00:00Z",
            "error_code": "44005901",
            "redo_reasons": ["light"],
        },
        {"log_type": "USER_UPDATE_VIDEO", "log_description": "later, but no review"},
    ]
    found = outputs({}, state="MANUAL_VERIFY_FAILED", operation_logs=logs)
    assert found["failure"] == {
        "reason": "blurred",
        "log_type": "ADMIN_VERIFY_FAILED",
        "operate_time": "2024-01-01T00:00:00Z",
        "error_code": "44005901",
        "redo_reasons": ["light"],
    }


def test_a_failed_review_without_a_log() -> None:
    found = outputs({}, state="AUTO_VERIFY_FAILED")
    assert found["failure"]["reason"] is None


def test_every_observed_field_is_there() -> None:
    found = outputs({}, allocated_resource={"resource_id": "r"}, worker_type=["w"])
    assert set(OBSERVED) <= set(found)
    assert found["allocated_resource"]["resource_id"] == "r"
    assert found["worker_type"] == ["w"]


URLS = {file.download: f"https://e/{name}?Signature=s" for name, file in FILES.items()}


def test_no_url_is_recorded_unless_asked_for() -> None:
    more = {"verify_video_download_url": "https://e/v", "markable_video_download_url": "https://e"}
    assert "https://" not in repr(outputs({}, **URLS, **more))
    shown = outputs({"expose_download_urls": True}, **URLS, **more)
    assert shown["download_urls"] == {n: URLS[f.download] for n, f in FILES.items()}


def test_what_a_refresh_records_as_declared() -> None:
    inputs = {
        "tags": ["a"],
        "cover": "c.png",
        "submit": False,
        "__fingerprints": {"cover": "old"},
        "__urn": "urn:x",
    }
    found = outputs(inputs, tags=["b"], contact="138", is_flexus=True)
    assert refreshed_inputs(found) == {
        "name": "n",
        "tags": ["b"],
        "cover": "c.png",
        "submit": False,
        "__urn": "urn:x",
    }


@pytest.mark.parametrize(("name", "declared", "answered", "expected"), ANSWERED)
def test_drift_is_what_is_told_differently(
    name: str, declared: Any, answered: Any, expected: Any
) -> None:
    found = outputs({name: declared}, **{name: answered} if answered is not None else {})
    plan = diff({**found, "state": "MANUAL_VERIFY_FAILED"}, {"name": "n", name: declared})
    assert [c.input for c in plan.changes] == ([name] if expected != declared else [])
    # In a state that takes no update it is reported, and nothing fails.
    plan = diff(found, {"name": "n", name: declared})
    assert plan.changes == ()
    assert [name in warning for warning in plan.warnings] == [True] * (expected != declared)
