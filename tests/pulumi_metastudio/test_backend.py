"""Where states are kept, whom that makes the owner, and which jobs the states record."""

from __future__ import annotations

import gzip
import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from pulumi_metastudio.backend import Backend, Record
from pulumi_metastudio.errors import StateUnreadable

KIND = "pulumi-python:dynamic/metastudio:TrainingJob"


@pytest.fixture(autouse=True)
def _no_login(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("PULUMI_"):
            monkeypatch.delenv(name)


def resource(name: str, job_id: str | None, **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:dev::proj::{KIND}::{name}"
    return {"urn": urn, "type": KIND, **({"id": job_id} if job_id else {}), **more}


def write(backend: Path, stack: str, *resources: dict[str, Any], project: str = "proj") -> Path:
    file = backend / ".pulumi" / "stacks" / project / f"{stack}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    latest = {"resources": list(resources)} if resources else None
    file.write_text(json.dumps({"version": 3, "checkpoint": {"stack": stack, "latest": latest}}))
    return file


# -------------------------------------------------------------------------- which backend


def test_the_environment_comes_before_the_project_before_the_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    program = tmp_path / "project" / "program"
    program.mkdir(parents=True)
    assert Backend.here(program).folder == tmp_path
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "t")
    assert Backend.here(program).url == "https://api.pulumi.com"
    login = tmp_path / ".pulumi" / "credentials.json"
    login.parent.mkdir()
    login.write_text(json.dumps({"current": "s3://team"}))
    assert Backend.here(program).url == "s3://team"
    file = tmp_path / "project" / "Pulumi.yaml"
    file.write_text("name: proj\nbackend: {url: 'file://./state'}\n")
    assert Backend.here(program).folder == tmp_path / "project" / "state"
    # A program's folder may hold another project's file.
    (program / "Pulumi.yaml").write_text("name: another\nbackend: {url: 's3://other'}\n")
    assert Backend.here(program, "proj").folder == tmp_path / "project" / "state"
    monkeypatch.setenv("PULUMI_BACKEND_URL", "gs://named")
    assert Backend.here(program, "proj").url == "gs://named"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("file:///a", "file:///b", False),
        ("s3://a", "s3://b", False),
        ("s3://a", "gs://a", False),
        ("s3://a?endpoint=x&region=y", "s3://a?region=y&endpoint=x", True),
        ("s3://a?endpoint=x", "s3://a?endpoint=y", False),
        ("https://api.pulumi.com", "https://API.pulumi.com/", True),
        ("postgres://anna:secret@db/x", "postgres://ben:other@db/x", True),
    ],
)
def test_what_makes_an_owner(one: str, other: str, same: bool, tmp_path: Path) -> None:
    assert (Backend(one, tmp_path).owner == Backend(other, tmp_path).owner) is same
    assert Backend(one, tmp_path).owner != Backend(one, tmp_path, "acme").owner


# --------------------------------------------------------------------------- which jobs


def test_the_jobs_of_all_stacks_of_the_project(tmp_path: Path) -> None:
    write(
        tmp_path,
        "dev",
        resource("anna", "1", outputs={"deletion_policy": "retain"}),
        resource("ben", "2", delete=True),
        resource("ben", "3"),
        resource("made just now", None),
        resource("looked up", "1", external=True),
        {"urn": "urn:x", "type": "aws:s3:Bucket", "id": "4"},
    )
    renamed = write(tmp_path, "prod", resource("anna", "1"))
    renamed.with_name("prod.json.gz").write_bytes(gzip.compress(renamed.read_bytes()))
    renamed.rename(renamed.with_name("prod.json.bak"))
    write(tmp_path, "fresh")
    write(tmp_path, "elsewhere", resource("carl", "5"), project="other")
    backend = Backend(f"file://{tmp_path}", tmp_path)
    urn = f"urn:pulumi:dev::proj::{KIND}::"
    assert backend.records("proj") == {
        "1": (Record("dev", f"{urn}anna", "retain"), Record("prod", f"{urn}anna")),
        "2": (Record("dev", f"{urn}ben", to_delete=True),),
        "3": (Record("dev", f"{urn}ben"),),
    }
    assert sorted(backend.stacks("proj")) == ["dev", "fresh", "prod"]


@pytest.mark.parametrize(
    "content",
    ["", "null", "[]", "{}", '{"checkpoint": null}', '{"checkpoint": []}', "\x00", '{"checkpoint"'],
)
def test_a_state_that_is_none_does_not_count_as_empty(content: str, tmp_path: Path) -> None:
    write(tmp_path, "dev", resource("anna", "1"))
    write(tmp_path, "torn").write_text(content)
    with pytest.raises(StateUnreadable, match=r"torn\.json cannot be read"):
        Backend(f"file://{tmp_path}", tmp_path).records("proj")


def test_a_folder_that_is_not_there_is_no_empty_backend(tmp_path: Path) -> None:
    with pytest.raises(StateUnreadable, match="is not there: check PULUMI_BACKEND_URL"):
        Backend(f"file://{tmp_path}/mistyped", tmp_path).records("proj")


def test_a_lock_is_seen(tmp_path: Path) -> None:
    backend = Backend(f"file://{tmp_path}", tmp_path)
    write(tmp_path, "dev")
    assert backend.locked("proj", "dev") is False
    lock = tmp_path / ".pulumi" / "locks" / "organization" / "proj" / "dev" / "x.json"
    lock.parent.mkdir(parents=True)
    lock.write_text("{}")
    assert backend.locked("proj", "dev") is True
    assert backend.locked("proj", "prod") is False


# --------------------------------------------------- backends that only the CLI can read


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `pulumi` on PATH that answers from files: no backend in the cloud is at hand."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "pulumi"
    program.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\n"
        "answer = pathlib.Path(__file__).with_name('-'.join(sys.argv[1:3]))\n"
        "sys.exit('no') if not answer.exists() else print(answer.read_text())\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_other_backends_are_asked_through_the_cli(command: Path, tmp_path: Path) -> None:
    backend = Backend("s3://user:secret@team?key=secret", tmp_path)
    with pytest.raises(StateUnreadable, match=r"s3://team cannot be read: 'pulumi stack ls' fails"):
        backend.records("proj")
    listed = [{"name": "acme/proj/dev", "updateInProgress": True}, {"name": "prod"}]
    (command / "stack-ls").write_text(json.dumps(listed))
    with pytest.raises(StateUnreadable, match="'pulumi stack export' fails"):
        backend.records("proj")
    exported = {"version": 3, "deployment": {"resources": [resource("anna", "1")]}}
    (command / "stack-export").write_text(json.dumps(exported))
    assert [r.stack for r in backend.records("proj")["1"]] == ["dev", "prod"]
    assert (backend.locked("proj", "dev"), backend.locked("proj", "prod")) == (True, None)
    (command / "stack-export").write_text("not JSON")
    with pytest.raises(StateUnreadable):
        backend.records("proj")


def test_without_the_cli_they_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StateUnreadable, match="are read with the Pulumi CLI: install it"):
        Backend("https://api.pulumi.com", tmp_path).records("proj")
