"""Nothing that opens a door stands in a text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_metastudio.common.redact import hide_queries, one_line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://e/x?a=secret", "https://e/x?[hidden]"),
        ("GET /x?a=secret&b=secret HTTP/1.1", "GET /x?[hidden] HTTP/1.1"),
        (
            "('http://e/x?a=secret', 'http://e/y?b=secret')",
            # A quote, a comma and a bracket may stand in a query: they are hidden with it.
            "('http://e/x?[hidden] 'http://e/y?[hidden]",
        ),
        ("<a href=http://e/x?a=secret>", "<a href=http://e/x?[hidden]>"),
        ('{"url":"http://e/x?a=secret","more":1}', '{"url":"http://e/x?[hidden]","more":1}'),
        ("https://e/x?a=(s)e[c]r'e,t}", "https://e/x?[hidden]"),
        ("https://e/x#secret at", "https://e/x#[hidden] at"),
        ("https://e#secret", "https://e#[hidden]"),
        ("https://user:secret@e/x", "https://[hidden]@e/x"),
        ("https://us@er:(sec'ret)@e:80/x?a=b@c", "https://[hidden]@e:80/x?[hidden]"),
        ("https://e/x?mail=a@b&more=secret", "https://e/x?[hidden]"),
        ("s3://key:secret@bucket/x", "s3://[hidden]@bucket/x"),
        ("Really? Yes: issue #9, a@b", "Really? Yes: issue #9, a@b"),
        ("no query", "no query"),
    ],
)
def test_hide_queries(text: str, expected: str) -> None:
    assert hide_queries(text) == expected


# What RFC 3986 lets stand in user information, and in a query or fragment; and, as browsers do,
# letters of any script.
_USER = "abcXYZ019-._~%!$&'()*+,;=:"
_ANY = _USER + "@/?"
_SCRIPT = st.characters(categories=["L", "N"])


def _texts(characters: str) -> st.SearchStrategy[str]:
    return st.text(st.sampled_from(characters) | _SCRIPT, min_size=1)


@pytest.mark.parametrize("around", ["{}", "no answer from '{}': reset", '<a href="{}">', "({})"])
@settings(deadline=None)
@given(_texts(_USER), _texts(_ANY), _texts(_ANY), st.integers(0, 7))
def test_what_is_shown_tells_nothing_of_what_is_hidden(
    around: str, user: str, query: str, fragment: str, parts: int
) -> None:
    def shown(user: str, query: str, fragment: str) -> str:
        user = f"{user}@" if parts & 1 else ""
        query = f"?{query}" if parts & 2 else ""
        fragment = f"#{fragment}" if parts & 4 else ""
        return one_line(around.format(f"https://{user}host:8/path/x.mp4{query}{fragment}"))

    assert shown(user, query, fragment) == shown("other", "other", "other")


@given(st.text(max_size=500), st.integers(2, 400))
def test_one_line_is_one_short_line(text: str, limit: int) -> None:
    shown = one_line(text, limit)
    assert len(shown) <= max(limit, len("?[hidden]"))
    assert len(shown.splitlines()) <= 1


def test_a_long_text_says_that_it_goes_on() -> None:
    assert one_line("x" * 400) == "x" * 299 + "…"


def test_an_exception_is_its_text() -> None:
    assert one_line(ValueError("two\n  lines")) == "two lines"
