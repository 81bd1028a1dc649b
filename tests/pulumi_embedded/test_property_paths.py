"""Property paths: read, written, compared and followed."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pulumi_embedded.model import property_paths as paths
from pulumi_embedded.model.values import UNKNOWN


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a", ["a"]),
        ("a.b", ["a", "b"]),
        ("a[0].b", ["a", 0, "b"]),
        ('a["b.c"]', ["a", "b.c"]),
        (r'["quo\"te"]', ['quo"te']),
        ("a[*]", ["a", "*"]),
        ("*", ["*"]),
    ],
)
def test_paths(text: str, parts: list[str | int]) -> None:
    assert paths.parse_path(text) == parts


@pytest.mark.parametrize("text", ["a[", 'a["b]', "a[x]", ".a", "a.", "[]"])
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(ValueError, match="not a property path"):
        paths.parse_path(text)


def test_a_path_contains_what_is_below_it() -> None:
    assert paths.contains(["a"], ["a", "b"])
    assert paths.contains(["*"], ["a"])
    assert not paths.contains(["a", "b"], ["a"])
    assert not paths.contains(["a"], ["b"])


@pytest.mark.parametrize(
    ("path", "old", "new", "done", "result"),
    [
        ("a", {"a": 1}, {"a": 2}, True, {"a": 1}),
        ("a", {}, {"a": 2}, True, {}),
        ("a", {"a": 1}, {}, True, {"a": 1}),
        ("a.b", {"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}, True, {"a": {"b": 1, "c": 3}}),
        ("a.b", {}, {"a": {"b": 2}}, False, {"a": {"b": 2}}),
        ("a[1]", {"a": [1, 2]}, {"a": [3, 4]}, True, {"a": [3, 2]}),
        ("a[1]", {"a": [1]}, {"a": [3, 4]}, False, {"a": [3, 4]}),
        ("a[-1]", {"a": [1]}, {"a": [2]}, False, {"a": [2]}),
        ("", {"a": 1}, {"a": 2}, False, {"a": 2}),
        ("a[", {"a": 1}, {"a": 2}, True, {"a": 2}),
        ("*", {"a": 1, "b": 2}, {"a": 3, "c": 4}, True, {"a": 1, "b": 2}),
        ("a[*].x", {"a": [{"x": 1}]}, {"a": [{"x": 2}]}, True, {"a": [{"x": 1}]}),
    ],
)
def test_resetting_a_path(
    path: str, old: dict[str, Any], new: dict[str, Any], done: bool, result: dict[str, Any]
) -> None:
    before = copy.deepcopy(new)
    assert paths.ignore([path], old, new) == (result, [] if done else [path])
    assert new == before


@pytest.mark.parametrize("text", ["a", "a.b", "a[0].b[*]", '["a.b"].c', 'a["b \\"c\\""][2]', "a-b"])
def test_paths_are_written_as_they_are_read(text: str) -> None:
    assert paths.parse_path(paths.path_text(paths.parse_path(text))) == paths.parse_path(text)


def test_what_is_not_known_yet_stays_so() -> None:
    assert paths.ignore(["a"], {"a": 1}, {"a": 2, "b": [UNKNOWN]})[0]["b"][0] is UNKNOWN
