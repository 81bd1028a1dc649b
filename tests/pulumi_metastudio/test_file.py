"""``File``: what a program may say, and what goes to the engine."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pulumi
import pytest

from pulumi_metastudio import File
from pulumi_metastudio.training_job import _location

A = "a" * 64


@pytest.mark.parametrize(
    ("file", "given"),
    [
        (File("x.mp4", A), {"path": "x.mp4", "sha256": A}),
        (File(Path("m/x.mp4"), sha256=A.upper(), size=5), {"path": "m/x.mp4", "size": 5}),
        (File("https://e/x.mp4", A), {"path": "https://e/x.mp4"}),
    ],
)
def test_it_travels_as_a_plain_object(file: File, given: dict[str, Any]) -> None:
    assert _location(file) == {"sha256": A, **given}


def test_it_works_inside_an_output() -> None:
    async def inside() -> Any:
        return await _location(pulumi.Output.from_input(File("x.mp4", A))).future()

    assert asyncio.run(inside()) == {"path": "x.mp4", "sha256": A}


@pytest.mark.parametrize("url", ["https://e/x.mp4?Signature=secret", "https://me:secret@e/x.mp4"])
@pytest.mark.parametrize("plain", [False, True])
def test_a_url_that_may_authorise_stays_secret(url: str, plain: bool) -> None:
    async def found() -> tuple[Any, bool]:
        output = _location({"path": url, "sha256": A} if plain else File(url, A))
        return await output.future(), await output.is_secret()

    assert asyncio.run(found()) == ({"path": url, "sha256": A}, True)
    assert "secret" not in repr(File(url, A))


@pytest.mark.parametrize(
    ("path", "sha256", "size", "reason"),
    [
        ("x", "abc", None, "File('x'): sha256 is 'abc': it must be 64 hexadecimal digits"),
        ("x", A[:-1] + "g", None, "File('x'): sha256 is"),
        ("x", None, None, "File('x'): sha256 is None"),
        ("x", "z" * 5000, None, "zzz…: it must be"),
        ("x", A, 0, "File('x'): size is 0: it must be a number of bytes, 1 or more"),
        ("x", A, True, "File('x'): size is True"),
        ("x", A, 1.5, "File('x'): size is 1.5"),
        ("", A, None, "File: the path is str: give a path or a URL"),
        (b"x", A, None, "File: the path is bytes"),
        (None, A, None, "File: the path is NoneType"),
        ("https://me:secret@e/x?secret#secret", "", None, "File('https://e/x'): sha256 is ''"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(path: Any, sha256: Any, size: Any, reason: str) -> None:
    with pytest.raises(pulumi.RunError) as raised:
        File(path, sha256, size)
    text = str(raised.value)
    assert reason in text
    assert "secret" not in text
    assert "\n" not in text
