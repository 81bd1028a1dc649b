"""The tree of exceptions."""

from __future__ import annotations

import re

import pytest

from pulumi_metastudio import errors
from pulumi_metastudio.errors import MetaStudioError, ServiceError, UploadError, UploadFailure

CLASSES = [
    found
    for found in vars(errors).values()
    if isinstance(found, type) and issubclass(found, Exception)
]


@pytest.mark.parametrize("kind", CLASSES)
def test_one_root_catches_all(kind: type[Exception]) -> None:
    assert issubclass(kind, MetaStudioError)


def test_the_tree_in_the_text_is_the_tree() -> None:
    """Name and depth of each line against the classes themselves."""
    drawn: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"    ((?:[│ ]   )*(?:[├└]── )?)([A-Z]\w+) ", line)
        if found:
            depth = len(found[1]) // 4
            path[depth:] = [found[2]]
            drawn[found[2]] = path[depth - 1] if depth else "Exception"
    assert drawn == {kind.__name__: kind.__bases__[0].__name__ for kind in CLASSES}


@pytest.mark.parametrize(
    ("code", "detail", "request_id", "expected"),
    [
        ("MSS.1", "bad", "r", "create: MSS.1: bad (HTTP 400, request id r)"),
        ("", "bad", "", "create: bad (HTTP 400)"),
        ("", "", "", "create: no reason given (HTTP 400)"),
    ],
)
def test_a_service_error_in_words(code: str, detail: str, request_id: str, expected: str) -> None:
    assert str(ServiceError("create", 400, code, detail, request_id)) == expected


@pytest.mark.parametrize("failure", UploadFailure)
def test_an_upload_error_in_words(failure: UploadFailure) -> None:
    assert str(UploadError("cover", failure)) == f"cover: {failure.value}"
    assert str(UploadError("cover", failure, "why")) == f"cover: {failure.value} (why)"
