"""A fresh runner previews a stack without its material: digests stand for files, HEAD for URLs."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..bucket import Bucket, serve_bucket
from .conftest import Stack

JOBS = 10


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with serve_bucket() as bucket:
        yield bucket


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_fresh_runner_reads_nothing(stack: Stack, bucket: Bucket, tmp_path: Path) -> None:
    letters = stack.folder / "letters"
    letters.mkdir()
    jobs: dict[str, dict[str, Any]] = {}
    lines = []
    for number in range(JOBS):
        text = f"letter {number}"
        (letters / f"{number}.pdf").write_text(text)
        lines.append(f"{sha256(text)}  {number}.pdf\n")
        bucket.objects[f"/{number}.pdf"] = f"object {number}".encode()
        # The query of every other URL is a signature: those are secrets of the state.
        query = "?Signature=first" if number % 2 else ""
        near, far = f"letters/{number}.pdf", f"{bucket.url}/{number}.pdf{query}"
        jobs[f"near{number}"] = {"name": "n", "submit": False, "grant_file": near}
        jobs[f"far{number}"] = {"name": "n", "submit": False, "grant_file": far}
    # A digest in the program stands for a URL as well; this is what File hands to the engine.
    bucket.objects["/declared.pdf"] = b"declared"
    signed = f"{bucket.url}/declared.pdf?Signature=first"
    declared = {"path": signed, "sha256": sha256("declared"), "size": 8}
    jobs["declared"] = {"name": "n", "submit": False, "grant_file": declared}
    sums = letters / "SHA256SUMS"
    sums.write_text("".join(lines))
    stack.declare(**jobs)
    stack.run("up").ok()
    assert "Signature" not in stack.checkpoint()
    assert stack.recorded("declared")["fingerprints"] == {"grant_file": sha256("declared")}

    # Another machine: nothing in its home, nothing remembered, and no material but its digests.
    for path in letters.glob("*.pdf"):
        path.unlink()
    for name in ("home", "cache"):
        shutil.rmtree(tmp_path / name, ignore_errors=True)
    bucket.forget()
    renewed = json.loads(json.dumps(jobs).replace("=first", "=second"))  # as signatures are
    stack.declare(**renewed)
    assert stack.steps() == {}
    print(f"{len(jobs)} jobs, {JOBS} URLs without a digest: {bucket.told()}")
    assert bucket.told() == "10 x HEAD, 0 bytes"

    # An edit that sends no file is applied without the files, and its preview shows no digests.
    bucket.forget()
    for name in ("near0", "far0", "declared"):
        renewed[name]["name"] = "another name"
    stack.declare(**renewed)
    assert stack.run("up", preview=True).ok().text.count("[diff: ~name]") >= 3
    assert bucket.bytes_offered == 0
    assert stack.recorded("near0")["name"] == "another name"

    # A changed line is a changed content; to upload it the file must be there.
    sums.write_text("".join([f"{'0' * 64}  0.pdf\n", *lines[1:]]))
    refused = stack.run("up")
    assert refused.code != 0
    assert "grant_file 'letters/0.pdf': no such file" in refused.text
    assert "fetch it from where it is kept" in refused.text
