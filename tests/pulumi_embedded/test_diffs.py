"""Where two sets of inputs differ, as the engine itself compares them."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_embedded.errors import EngineError
from pulumi_embedded.model.diffs import compare, with_replace_on_changes
from pulumi_embedded.model.property_paths import path_text
from pulumi_embedded.model.values import Secret


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {"a": True}, {"a": "update"}),
        ({"a": None}, {}, {}),
        ({}, {"a": 1}, {"a": "add"}),
        ({"a": 1}, {"a": None}, {"a": "delete"}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, {"a.c": "update"}),
        ({"a": {"b": 1}}, {"a": [1]}, {"a": "update"}),
        ({"a": [1, 2]}, {"a": [1]}, {"a[1]": "delete"}),
        ({"a": [1]}, {"a": [2, None]}, {"a[0]": "update", "a[1]": "add"}),
        ({"a": [{"b.c": 1}]}, {"a": [{"b.c": 2}]}, {'a[0]["b.c"]': "update"}),
        ({"a": Secret("x")}, {"a": "x"}, {}),
        ({"a": {"b": Secret("x")}}, {"a": {"b": "y"}}, {"a.b": "update"}),
    ],
)
def test_differences(old: dict[str, Any], new: dict[str, Any], expected: dict[str, str]) -> None:
    diff = compare(old, new)
    assert {path_text(path): kind for path, kind in (diff.detailed or {}).items()} == expected
    assert diff.changes == bool(expected)
    assert not diff.replaces


@pytest.mark.parametrize(
    ("wanted", "keys", "replaced"),
    [
        (["o.p"], (), ["o.p"]),
        (["o"], ("o",), ["o.p"]),
        (["l[*].k"], (), ["l[0].k"]),
        (["l[0]"], (), ["l[0].j", "l[0].k"]),
        (["l[1].k", "o.q", "p"], (), []),
        (["*"], ("l", "o"), ["l[0].k", "l[0].j", "o.p"]),
    ],
)
def test_replace_on_changes(wanted: list[str], keys: tuple[str, ...], replaced: list[str]) -> None:
    diff = compare(
        {"o": {"p": 1, "q": 1}, "l": [{"k": 1, "j": 1}]},
        {"o": {"p": 2, "q": 1}, "l": [{"k": 2, "j": 2}]},
    )
    diff = with_replace_on_changes(diff, wanted)
    kinds = {path_text(path): kind for path, kind in (diff.detailed or {}).items()}
    assert diff.replace_keys == keys
    assert sorted(path for path, kind in kinds.items() if kind == "update-replace") == sorted(
        replaced
    )
    assert diff.replaces == bool(replaced)


def test_a_path_that_is_none_matters_only_when_something_changes() -> None:
    same = compare({"a": 1}, {"a": 1})
    assert with_replace_on_changes(same, ["x["]) is same
    with pytest.raises(EngineError, match=r"replace_on_changes: 'x\[' is not a property path"):
        with_replace_on_changes(compare({"a": 1}, {"a": 2}), ["x["])
