"""Keep secrets out of messages and logs.

An upload or download URL carries its authorisation in the query string, so a query string is
never shown, nor a fragment, nor a URL's user and password.
"""

from __future__ import annotations

import re

# A URL ends only at what may not stand in one (RFC 3986): quotes, commas and brackets may.
_HIDDEN = [
    (re.compile(r"//[^\s\"<>/?#]*@"), "//[hidden]@"),
    (re.compile(r"\?[^\s\"<>]+"), "?[hidden]"),
    (re.compile(r"(/[^\s\"<>/?#]*)#[^\s\"<>]+"), r"\1#[hidden]"),
]


def hide_queries(text: str) -> str:
    """``text`` with ``[hidden]`` for every query, fragment and user information of a URL."""
    for secret, instead in _HIDDEN:
        text = secret.sub(instead, text)
    return text


def one_line(error: object, limit: int = 300) -> str:
    """Any exception or answer body as one safe line of at most ``limit`` characters."""
    text = hide_queries(" ".join(str(error).split()))
    # Control characters would act on a terminal, and lone surrogates cannot be encoded.
    text = "".join(letter if letter.isprintable() else "�" for letter in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
