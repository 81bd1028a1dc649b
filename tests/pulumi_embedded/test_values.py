"""Property values: the wire form, secrets, comparison and paths."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_embedded.errors import UnsupportedError
from pulumi_embedded.model.values import (
    SECRET_SIGNATURE,
    SIGNATURE_KEY,
    UNKNOWN,
    UNKNOWN_WIRE,
    Secret,
    annotate_secrets,
    changed_properties,
    contains_secret,
    equal,
    from_struct,
    mask,
    protect_outputs,
    reveal,
    to_struct,
)

EVERYTHING = {
    "null": None,
    "yes": True,
    "no": False,
    "zero": 0,
    "integer": 3,
    "big": 2**53,
    "real": 0.1,
    "text": "ümlaut",
    "empty text": "",
    "list": [1, "two", None, [3]],
    "empty list": [],
    "object": {"nested": {"deep": Secret([1, {"k": "v"}])}},
    "empty object": {},
    "secret": Secret("hush"),
    "unknown": UNKNOWN,
    "secret unknown": Secret(UNKNOWN),
}


def test_the_wire_form_loses_nothing() -> None:
    back = from_struct(to_struct(EVERYTHING, keep_secrets=True))
    assert equal(back, EVERYTHING)
    assert isinstance(back["integer"], int)
    assert back["yes"] is True


def test_a_provider_gets_what_a_secret_holds_and_no_unknowns() -> None:
    sent = from_struct(to_struct(EVERYTHING, keep_secrets=False, keep_unknowns=False))
    assert sent["secret"] == "hush"
    assert sent["object"] == {"nested": {"deep": [1, {"k": "v"}]}}
    assert "unknown" not in sent


def test_numbers_are_stored_as_they_were_written() -> None:
    struct = to_struct({"int": 3, "float": 3.5, "huge": 1e300}, keep_secrets=True)
    assert {k: repr(v) for k, v in from_struct(struct).items()} == {
        "int": "3",
        "float": "3.5",
        "huge": "1e+300",
    }


def test_a_provider_gets_the_id_in_the_place_of_a_reference() -> None:
    tag = {SIGNATURE_KEY: "5cf8f73096256a8f31e491e813e4eb8e", "urn": "the urn"}
    references = {"resource": {**tag, "id": "1"}, "component": tag, "later": {**tag, "id": ""}}
    sent = from_struct(to_struct(references, keep_secrets=False))
    assert sent == {"resource": "1", "component": "the urn", "later": UNKNOWN}
    kept = from_struct(to_struct(references, keep_secrets=True))
    assert kept["resource"] == {**tag, "id": "1", "packageVersion": ""}


def test_output_values_of_newer_sdks_are_understood() -> None:
    tag = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
    wire = to_struct(
        {
            "known": {SIGNATURE_KEY: tag, "value": 1, "dependencies": ["urn"]},
            "secret": {SIGNATURE_KEY: tag, "value": 1, "secret": True},
            "unknown": {SIGNATURE_KEY: tag},
        },
        keep_secrets=True,
    )
    assert from_struct(wire) == {"known": 1, "secret": Secret(1), "unknown": UNKNOWN}


def test_assets_are_refused() -> None:
    wire = to_struct(
        {"file": {SIGNATURE_KEY: "c44067f5952c0a294b673a41bacd8c17", "path": "x"}},
        keep_secrets=True,
    )
    with pytest.raises(UnsupportedError, match="assets"):
        from_struct(wire)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (1, 1.0, True),
        (1, True, False),
        ([1], [True], False),
        ({"a": None}, {}, False),
        (Secret(1), 1, False),
        (Secret([1]), Secret([1]), True),
        (UNKNOWN, UNKNOWN, True),
        (UNKNOWN, "x", False),
    ],
)
def test_equality(left: Any, right: Any, same: bool) -> None:
    assert equal(left, right) is same


def test_changed_properties() -> None:
    assert changed_properties({"a": 1, "b": 2}, {"b": 3, "c": 4}) == ("a", "b", "c")
    assert changed_properties({"a": [1]}, {"a": [1]}) == ()


def test_secrets_are_put_back_by_name() -> None:
    sent = {
        "secret": Secret("x"),
        "object": {"inner": Secret("y"), "open": 1},
        "list": [1, Secret(2)],
        "open": 1,
    }
    answer = {"secret": "x", "object": {"inner": "y", "open": 1}, "list": [2, 1], "open": 1, "n": 2}
    annotate_secrets(answer, sent)
    assert answer == {
        "secret": Secret("x"),
        "object": {"inner": Secret("y"), "open": 1},
        "list": Secret([2, 1]),
        "open": 1,
        "n": 2,
    }


def test_outputs_are_secret_that_are_named_or_whose_input_is() -> None:
    outputs = {"a": 1, "b": 2, "c": 3}
    protect_outputs(outputs, {"a": Secret(1), "c": 3}, ["b", "missing"])
    assert outputs == {"a": Secret(1), "b": Secret(2), "c": 3}


def test_masking_and_revealing() -> None:
    value = {"a": [Secret({"b": 1})], "u": UNKNOWN}
    assert mask(value) == {"a": ["[secret]"], "u": "[unknown]"}
    assert reveal(value) == {"a": [{"b": 1}], "u": UNKNOWN}
    assert repr(Secret("hush")) == "[secret]"
    assert contains_secret(value)


def test_unknown_text_is_the_protocols_own() -> None:
    assert to_struct({"u": UNKNOWN}, keep_secrets=True)["u"] == UNKNOWN_WIRE
    struct = to_struct({"s": Secret(1)}, keep_secrets=True)
    assert struct["s"][SIGNATURE_KEY] == SECRET_SIGNATURE
