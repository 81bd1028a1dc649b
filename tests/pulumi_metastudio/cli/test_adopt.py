"""The program that ``metastudio adopt`` writes."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from pulumi_metastudio.api import JobDetail
from pulumi_metastudio.cli.adopt import program


def _job(name: str, **fields: Any) -> JobDetail:
    job_id = fields.pop("job_id", "0123456789abcdef")
    return JobDetail.model_validate({"job_id": job_id, "name": name, "state": "TRAINING", **fields})


def _resources(text: str) -> dict[str, dict[str, str]]:
    """Resource name to keyword to source, of every resource in a program."""
    found = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "TrainingJob":
            (name,) = [ast.literal_eval(a) for a in node.args]
            assert name not in found
            found[name] = {str(k.arg): ast.unparse(k.value) for k in node.keywords}
    return found


@pytest.mark.parametrize(
    "name",
    ["Anna", "安娜", "", "class", "3D", 'quo"te\\', "two\nlines 😀", "config", "x" * 256, "#"],
)
def test_any_name_makes_a_valid_program(name: str) -> None:
    jobs = [_job(name, job_id=f"id{number}") for number in range(3)]
    found = _resources(program(jobs))
    assert len(found) == 3
    for inputs in found.values():
        assert ast.literal_eval(inputs.get("name", "''")) == name


def test_defaults_are_left_out() -> None:
    (inputs,) = _resources(
        program(
            [
                _job(
                    "Anna",
                    model_version="V3.2",
                    is_flexus=False,
                    supported_service=["LIVE_2D", "VIDEO_2D"],
                    audio_source_type="VIDEO",
                    is_live_copy=True,
                    tags=["news", "pulumi:p:s:0123456789ab"],
                )
            ]
        )
    ).values()
    assert inputs == {
        "existing_job_id": "'0123456789abcdef'",
        "name": "'Anna'",
        "is_live_copy": "True",
        "tags": "['news']",
    }


def test_what_the_provider_would_refuse_is_left_out() -> None:
    (inputs,) = _resources(
        program([_job("Anna", model_version="V9", audio_source_type="AUDIO")])
    ).values()
    assert set(inputs) == {"existing_job_id", "name"}


def test_contacts_are_secrets_of_the_configuration() -> None:
    numbers = ("13800138000", "13900139000", "13800138000")
    text = program([_job(f"job {n}", contact=number) for n, number in enumerate(numbers)])
    asked = [inputs["contact"] for inputs in _resources(text).values()]
    first, second = (f"config.require_secret('{key}')" for key in ("contact", "contact2"))
    assert asked == [first, second, first]
    assert "13800138000" not in text
    assert "pulumi config set --secret contact2    # 139****9000" in text
