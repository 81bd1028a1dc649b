"""What previews are reviewed: how a stack came to be, what happened since, and the edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.upgrade.record import JOB as ANNA

from metastudio_emulator.control import Control

Jobs = dict[str, dict[str, Any]]

#: Personal values, none of which may be in a review.
PRIVATE = ("13800138000", "13900139000", "Signature", "s3cr3t")


def _nothing(_: Control) -> None:
    pass


@dataclass(frozen=True)
class Case:
    """A preview to review.

    Attributes:
        before: the jobs that an ``up`` made; none for a new stack.
        meanwhile: what happens at the service then.
        after: the jobs that the preview is of.
        broken: what the service does during the ``up``, which fails then.
        refresh: the state learns what happened, by a refresh before the preview.
        flags: of the preview.
    """

    after: Jobs
    before: Jobs = field(default_factory=dict)
    meanwhile: Callable[[Control], None] = _nothing
    broken: Callable[[Control], None] | None = None
    refresh: bool = True
    flags: tuple[str, ...] = ()


def _states(state: str, **how: Any) -> Callable[[Control], None]:
    def put(control: Control) -> None:
        for job in control.jobs():
            control.set_state(job["job_id"], state, **how)

    return put


def _trained_for(name: str) -> Callable[[Control], None]:
    """A job that somebody else made, with an id that every recording has alike."""

    def add(control: Control) -> None:
        control.add_job(job_id=ADOPTED, name=name, state="JOB_SUCCESS", contact="13800138000")

    return add


def _renamed(control: Control) -> None:
    for job in control.jobs():
        control.set_state(job["job_id"], "AUTO_VERIFY_FAILED")
        control.set_fields(job["job_id"], name="Somebody else")


ADOPTED = "0123456789abcdef0123456789abcdef"
_FAILED = _states("MANUAL_VERIFY_FAILED", reason="the light flickers")
_TRAINED = _states("JOB_SUCCESS")
_SMALL = {"name": "x", "submit": False, "cover": "card.png"}


def _many(count: int, **changed: Mapping[str, Any]) -> Jobs:
    jobs: Jobs = {
        f"avatar-{n:03}": {**_SMALL, "name": f"Avatar {n}", "batch_name": "autumn"}
        for n in range(count)
    }
    return {name: {**job, **changed.get(name.replace("-", "_"), {})} for name, job in jobs.items()}


def _without(job: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in job.items() if name not in names}


_HOSTILE = "**bold** | `code` </details><script>alert(1)</script> @everyone http://evil.example"

CASES: dict[str, Case] = {
    "new": Case({"anna": ANNA, "bert": {**ANNA, "name": "Bert", "is_flexus": True}}),
    "new_without_letter": Case({"anna": _without(ANNA, "grant_file")}),
    "batch_of_30_one_row_changed": Case(
        _many(30, avatar_007={"name": "Avatar seven"}), before=_many(30)
    ),
    "name": Case({"anna": {**ANNA, "name": "Anna B."}}, before={"anna": ANNA}, meanwhile=_FAILED),
    "contact": Case(
        {"anna": {**ANNA, "contact": "13900139000"}}, before={"anna": ANNA}, meanwhile=_FAILED
    ),
    "video_before_training": Case(
        {"anna": {**ANNA, "training_video": "film2.mp4", "submit": False}},
        before={"anna": {**ANNA, "submit": False}},
    ),
    "video_after_training": Case(
        {"anna": {**ANNA, "training_video": "film2.mp4"}},
        before={"anna": ANNA},
        meanwhile=_TRAINED,
    ),
    "video_after_training_unknown_to_the_state": Case(
        {"anna": {**ANNA, "training_video": "film2.mp4"}},
        before={"anna": ANNA},
        meanwhile=_TRAINED,
        refresh=False,
    ),
    "edition_before_training": Case(
        {"anna": {**ANNA, "is_flexus": True}}, before={"anna": ANNA}, meanwhile=_FAILED
    ),
    "failed_review_mended": Case(
        {"anna": {**ANNA, "id_card_image1": "card2.png"}},
        before={"anna": ANNA},
        meanwhile=_FAILED,
    ),
    "failed_review_not_mended": Case({"anna": ANNA}, before={"anna": ANNA}, meanwhile=_FAILED),
    "submitted_later": Case({"anna": ANNA}, before={"anna": {**ANNA, "submit": False}}),
    "removed_retain_trained": Case({}, before={"anna": ANNA}, meanwhile=_TRAINED),
    "removed_retain_trained_unfinished": Case({}, before={"anna": {**ANNA, "submit": False}}),
    "removed_retain": Case(
        {}, before={"anna": {**ANNA, "deletion_policy": "retain"}}, meanwhile=_FAILED
    ),
    "removed_delete": Case(
        {}, before={"anna": {**ANNA, "deletion_policy": "delete"}}, meanwhile=_TRAINED
    ),
    "removed_in_training": Case({}, before={"anna": ANNA}, meanwhile=_states("TRAINING")),
    "adoption": Case(
        {"anna": {"name": "Anna", "existing_job_id": ADOPTED}}, meanwhile=_trained_for("Anna")
    ),
    "adoption_of_nothing": Case({"anna": {"name": "Anna", "existing_job_id": ADOPTED}}),
    "drift": Case(
        {"anna": ANNA},
        before={"anna": ANNA},
        meanwhile=_renamed,
        flags=("--refresh",),
        refresh=False,
    ),
    "refused_edit": Case(
        {"anna": {**ANNA, "name": "Anna B."}}, before={"anna": ANNA}, meanwhile=_TRAINED
    ),
    "unfinished_resumed": Case(
        {"anna": ANNA},
        before={"anna": ANNA},
        broken=lambda control: control.add_fault("upload", "status", status=403),
        meanwhile=Control.clear_faults,
        refresh=False,
    ),
    "policy_only": Case(
        {"anna": {**ANNA, "deletion_policy": "retain"}}, before={"anna": ANNA}, meanwhile=_TRAINED
    ),
    "nothing": Case({"anna": ANNA}, before={"anna": ANNA}),
    "300_jobs": Case(_many(300)),
    "not_ascii": Case(
        {"安娜": {**ANNA, "name": "安娜 — présentatrice 🎬", "tags": ["新闻"]}},
    ),
    "hostile_names": Case(
        {
            "anna": {**ANNA, "name": _HOSTILE, "tags": ["<!-- -->", "\u202eesrever", "a\nb"]},
            "<img src=x>|`b`": {**_SMALL, "name": "[link](https://evil.example)"},
        }
    ),
    "signed_url": Case(
        {
            "anna": {
                **ANNA,
                "training_video": "https://127.0.0.1:9/film.mp4?Signature=s3cr3t",
            }
        }
    ),
}
