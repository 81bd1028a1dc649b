"""Nothing that opens a door stands in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_metastudio.redact import hide_queries, one_line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://e/x?a=secret", "https://e/x?[hidden]"),
        ("GET /x?a=secret&b=secret HTTP/1.1", "GET /x?[hidden] HTTP/1.1"),
        (
            "('http://e/x?a=secret', 'http://e/y?b=secret')",
            "('http://e/x?[hidden]', 'http://e/y?[hidden]')",
        ),
        ("<a href=http://e/x?a=secret>", "<a href=http://e/x?[hidden]>"),
        ("Really? Yes", "Really? Yes"),
        ("no query", "no query"),
    ],
)
def test_hide_queries(text: str, expected: str) -> None:
    assert hide_queries(text) == expected


@given(st.text(max_size=500), st.integers(2, 400))
def test_one_line_is_one_short_line(text: str, limit: int) -> None:
    shown = one_line(text, limit)
    assert len(shown) <= max(limit, len("?[hidden]"))
    assert len(shown.splitlines()) <= 1


def test_a_long_text_says_that_it_goes_on() -> None:
    assert one_line("x" * 400) == "x" * 299 + "…"


def test_an_exception_is_its_text() -> None:
    assert one_line(ValueError("two\n  lines")) == "two lines"
