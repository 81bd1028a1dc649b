"""Ownership tags: made from a URN, read back, and kept apart from everybody else's tags."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_metastudio.lifecycle.ownership import Identity, owner_tag, stack_of, without_tags

NAMES = st.from_regex(r"[A-Za-z0-9_.-]{1,20}", fullmatch=True)
RESOURCES = st.from_regex(r"[A-Za-z0-9:$/ _.-]{1,30}", fullmatch=True)
KIND = "pulumi-python:dynamic/metastudio:TrainingJob"
TAG = "pulumi:p:s:0123456789ab"


OWNER = "0123456789abcdef"


def own_tag(urn: str) -> str:
    return Identity(urn, OWNER).label


def urn(stack: str, project: str, resource: str, kind: str = KIND) -> str:
    return f"urn:pulumi:{stack}::{project}::{kind}::{resource}"


@given(stack=NAMES, project=NAMES, resource=RESOURCES)
def test_a_tag_tells_its_project_and_stack(stack: str, project: str, resource: str) -> None:
    tag = own_tag(urn(stack, project, resource))
    assert stack_of(tag) == (project, stack)
    assert re.fullmatch(r"[0-9a-f]{12}", tag.rpartition(":")[2])
    assert without_tags(["a", tag, "b"]) == ["a", "b"]


def test_each_resource_has_its_own_tag() -> None:
    urns = [
        urn("s", "p", "anna"),
        urn("s", "p", "ben"),
        urn("s", "q", "anna"),
        urn("t", "p", "anna"),
        urn("s", "p", "anna", f"my:team:Cast${KIND}"),
    ]
    tags = [own_tag(each) for each in urns]
    assert len(set(tags)) == len(urns)
    assert tags == [own_tag(each) for each in urns]
    # Jobs carry it for years: another one would make them orphans.
    assert tags[0] == "pulumi:p:s:e0e54e29a8fd"


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "a",
        "pulumi",
        "pulumi:p:s",
        "pulumi:p:s:0:1",
        "Pulumi:p:s:0",
        "a:pulumi:p:s",
        "pulumi:team:x:y",
        "pulumi-owner:",
        "pulumi-owner:me",
    ],
)
def test_anybody_elses_tag_is_none_of_ours(tag: str) -> None:
    assert stack_of(tag) is None
    assert without_tags([tag]) == [tag]


@given(st.lists(st.sampled_from(["a", "b", "", TAG, own_tag(urn("s", "p", "anna"))])))
def test_the_others_keep_their_order(tags: list[str]) -> None:
    assert without_tags(tags) == [tag for tag in tags if not tag.startswith("pulumi:")]


def test_both_tags_prove_whose_a_job_is() -> None:
    mine = Identity(urn("s", "p", "anna"), OWNER)
    assert mine.proven_by(["a", *mine.tags, "b"])
    for other in (
        Identity(mine.urn, "fedcba9876543210"),
        Identity(urn("t", "p", "anna"), OWNER),
        Identity(urn("s", "q", "anna"), OWNER),
        Identity(urn("s", "p", "ben"), OWNER),
    ):
        assert not mine.proven_by(other.tags)
        assert other.key != mine.key
    for part in (None, [], [mine.label], [owner_tag(OWNER)]):
        assert not mine.proven_by(part)
    assert without_tags(["a", *mine.tags]) == ["a"]


def test_no_tags_at_all_stay_none() -> None:
    assert without_tags(None) is None
    assert without_tags([]) == []
