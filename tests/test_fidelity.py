"""docs/fidelity.md leaves nothing out: each name stands in one of its four lists."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import huaweicloudsdkmetastudio.v1 as vendor
import pytest
from pydantic import BaseModel
from tests.pulumi_metastudio.api.test_models import VENDOR_CLASSES

from metastudio_emulator import Profile, errors
from metastudio_emulator.training.request_models import COMMANDS
from metastudio_emulator.transport import operation_names
from pulumi_metastudio.api import models, resource_usage
from pulumi_metastudio.probe.questions import QUESTIONS

PAGE = (Path(__file__).parents[1] / "docs" / "fidelity.md").read_text()
LISTS = dict(zip(*[iter(re.split(r"^## (.*)\n", PAGE, flags=re.MULTILINE)[1:])] * 2, strict=True))
PROVEN, OBSERVED, STATED, GUESSED = LISTS


def rows(title: str) -> dict[str, set[str]]:
    """A list's rows: the name in the first column, and what the second names."""
    found: dict[str, set[str]] = {}
    for name, second in re.findall(r"^\| `(\w+)` \| ([^|]*)\|", LISTS[title], re.MULTILINE):
        found.setdefault(name, set()).update(re.findall(r"`([^`]+)`", second))
    return found


def named(*titles: str) -> list[str]:
    """Everything that these lists have in code type, as often as they have it."""
    return [name for title in titles for name in re.findall(r"`([^`\n]+)`", LISTS[title])]


def test_there_are_four_lists() -> None:
    assert list(LISTS) == [
        "Proven by the vendor's clients",
        "Observed by a probe",
        "Stated by a document",
        "Guessed",
    ]


@pytest.mark.parametrize("switch", [field.name for field in dataclasses.fields(Profile)])
def test_each_switch_is_guessed_until_it_is_observed(switch: str) -> None:
    assert (switch in rows(OBSERVED)) != (switch in rows(GUESSED))


@pytest.mark.parametrize("question", [q.id for q in QUESTIONS])
def test_each_question_is_open_until_it_is_answered(question: str) -> None:
    assert question in named(OBSERVED, GUESSED)


def own_fields() -> dict[str, set[str]]:
    """Fields by model of the client; those of ``Job`` are not told again for its details."""
    found = {}
    for module in (models, resource_usage):
        for name, kind in vars(module).items():
            is_model = isinstance(kind, type) and issubclass(kind, BaseModel)
            if is_model and kind.__module__ == module.__name__ and kind.__doc__:
                found[name.lstrip("_")] = set(kind.model_fields)
    found["JobDetail"] -= found["Job"]
    found["ErrorInfo"] = set(models._ErrorInfo.model_fields)
    return {name: fields for name, fields in found.items() if fields}


@pytest.mark.parametrize("model", [name for name in own_fields() if name != "JobFields"])
def test_each_field_is_proven_or_stated(model: str) -> None:
    proven, stated = (rows(title).get(model, set()) for title in (PROVEN, STATED))
    assert proven | stated == own_fields()[model]
    assert not proven & stated


def test_what_counts_as_proven_the_vendors_classes_have() -> None:
    theirs = {ours.lstrip("_"): getattr(vendor, their) for their, ours, _ in VENDOR_CLASSES}
    theirs["ResourceUsage"] = vendor.ResourceUsageInfo
    theirs["ResourceUsagePage"] = vendor.ShowResourceUsageResponse
    for model, fields in rows(PROVEN).items():
        assert fields <= set(theirs[model].attribute_map.values()), model


def test_each_command_code_and_operation_has_a_source() -> None:
    codes = {
        value
        for value in vars(errors).values()
        if isinstance(value, str) and re.fullmatch(r"(MSS|APIGW)\.\d+", value)
    }
    operations = {name for _, _, name in operation_names._ROUTES}
    assert len(codes) > 10
    for name in {*COMMANDS, *codes}:
        assert named(PROVEN, STATED).count(name) == 1, name
    assert operations <= set(named(PROVEN, STATED))
