"""Inputs as objects, and what a program is told that no type checker has looked at."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from typing import Any

import pulumi
import pytest

from pulumi_metastudio import (
    TrainingJob,
    TrainingJobArgs,
    list_training_jobs,
    list_training_jobs_output,
)
from pulumi_metastudio.api import Job, models
from pulumi_metastudio.sdk.lazy_output import lazy_outputs
from pulumi_metastudio.typed import FILTERS, JobFilters, JobOutput

#: Programs as they are written where nobody checks them.
Unchecked: Any = TrainingJob
UncheckedArgs: Any = TrainingJobArgs
unchecked_list: Any = list_training_jobs_output


def test_arguments_are_a_plain_object() -> None:
    args = TrainingJobArgs(name="Anna", tags=["news"], contact="13800138000")
    assert (args.name, args.tags, args.cover) == ("Anna", ["news"], None)
    args.cover = "cover.png"
    ben = dataclasses.replace(args, name="Ben")
    assert (ben.name, ben.cover, args.name) == ("Ben", "cover.png", "Anna")
    assert args == dataclasses.replace(ben, name="Anna")
    assert "13800138000" not in repr(args)


def test_what_is_required_is_not_required_by_the_constructor() -> None:
    """The check of a job says it in one line, and names what else is wrong."""
    assert UncheckedArgs(tags=["news"]).name is None


@pytest.mark.parametrize(
    ("program", "line"),
    [
        (
            lambda: Unchecked("anna", nam="Anna"),
            "TrainingJob 'anna': 'nam' is not an input: did you mean name?",
        ),
        (
            lambda: UncheckedArgs(name="Anna", trainig_video="anna.mp4"),
            "TrainingJobArgs: 'trainig_video' is not an input: did you mean training_video?",
        ),
        (
            lambda: Unchecked("anna", TrainingJobArgs(name="Anna"), name="Anna"),
            "TrainingJob 'anna': give TrainingJobArgs or keywords, not both",
        ),
        (
            lambda: Unchecked("anna", {"name": "Anna"}),
            "TrainingJob 'anna': the second argument is dict: give a TrainingJobArgs, or each "
            "input as a keyword",
        ),
        (
            lambda: unchecked_list(nam="Anna"),
            "list_training_jobs_output: 'nam' is not a filter: did you mean name?",
        ),
    ],
)
def test_what_is_wrong_is_told_in_one_line(program: Any, line: str) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        program()
    assert str(caught.value) == line


def test_both_lists_take_the_same_filters() -> None:
    plain = typing.get_type_hints(list_training_jobs, localns={"Job": Job})
    plain.pop("return")
    assert tuple(plain) == tuple(inspect.signature(list_training_jobs).parameters) == FILTERS
    given: Any = pulumi.Input
    known = {"Output": pulumi.Output, "T": Any}  # what the SDK's own type refers to
    outputs = type("Outputs", (), {"__annotations__": {n: given[h] for n, h in plain.items()}})
    assert typing.get_type_hints(JobFilters, localns=known) == typing.get_type_hints(
        outputs, localns=known
    )


def test_every_field_of_a_job_is_an_output_of_its_type() -> None:
    hints = typing.get_type_hints(JobOutput, localns={"models": models})
    assert {name: typing.get_args(hints[name])[0] for name in lazy_outputs(JobOutput)} == {
        name: field.annotation for name, field in models.JobDetail.model_fields.items()
    }
