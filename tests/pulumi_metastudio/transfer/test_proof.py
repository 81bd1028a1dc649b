"""What proves on any machine that a URL's bytes are the same, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pulumi_metastudio.transfer import glance, open_source, portable_validator

OLD = "Wed, 01 Jan 2020 00:00:00 GMT"
FUTURE = "Thu, 01 Jan 2099 00:00:00 GMT"


def validator(web: Any, path: str = "/x") -> str:
    """The same by HEAD, which reads nothing, and by GET."""
    web.requests.clear()
    seen = glance(f"{web.url}{path}")
    assert seen is not None
    assert web.requests == [(path, "HEAD")]
    assert (seen.size, seen.label) == (len(web.content), f"{web.url}{path.partition('?')[0]}")
    found = portable_validator(seen)
    assert found == portable_validator(open_source(f"{web.url}{path}"))
    return found


@pytest.mark.parametrize(
    ("etag", "modified", "proven"),
    [
        ('"v1"', None, True),
        ('"v1"', FUTURE, True),
        ('W/"v1"', None, False),
        ('W/"v1"', OLD, True),
        ('W/"v1"', FUTURE, False),
        (None, OLD, True),
        (None, FUTURE, False),
        (None, "yesterday", False),
        (None, None, False),
    ],
)
def test_what_proves_equal_bytes(
    etag: str | None, modified: str | None, proven: bool, web: Any
) -> None:
    web.etag, web.last_modified = etag, modified
    assert bool(validator(web)) is proven


def test_it_holds_for_one_place_one_size_and_one_content(web: Any) -> None:
    first = validator(web, "/x?Signature=1")
    assert validator(web, "/x?Signature=2") == first
    assert validator(web, "/y?Signature=1") != first
    web.content += b"more"
    assert validator(web, "/x?Signature=1") != first
    web.content = web.content[:10]
    web.etag = '"v2"'
    assert validator(web, "/x?Signature=1") != first


def test_where_it_has_moved_to_does_not_matter(web: Any) -> None:
    before = validator(web)
    web.moved_to = web.url
    seen = glance(f"{web.url}/x")
    assert seen
    assert portable_validator(seen) == before
    assert web.requests[-2:] == [("/x", "HEAD"), ("/moved", "HEAD")]


def test_a_file_has_none(file: Callable[..., Path]) -> None:
    path = str(file())
    assert glance(path) is None
    assert portable_validator(open_source(path)) == ""


@pytest.mark.parametrize("status", [403, 404, 405, 500])
def test_a_url_that_takes_no_head_tells_nothing(status: int, web: Any) -> None:
    web.status = status
    assert glance(web.url) is None
    assert glance("http://127.0.0.1:1/x") is None  # nobody listens there
