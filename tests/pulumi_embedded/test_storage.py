"""A backend that cannot be written: one line says so, and nothing that was made is forgotten."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_embedded.engine import snapshot_manager as snapshots
from pulumi_embedded.errors import EngineError
from pulumi_embedded.model.resources import ResourceState, Snapshot

from .conftest import Workspace


@pytest.fixture
def small_disk(workspace: Workspace) -> Iterator[Workspace]:
    """A backend on a file system of 256 KiB."""
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(workspace.backend)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a file system cannot be mounted here")
    workspace.up()
    yield workspace
    subprocess.run(["umount", str(workspace.backend)], check=True)


def fill(folder: Path) -> Path:
    """Leave no room in a file system."""
    file = folder / "everything else"
    with file.open("wb", buffering=0) as stream:
        for size in (4096, 1):
            try:
                while True:
                    stream.write(b"x" * size)
            except OSError:
                pass
    return file


@pytest.fixture
def empty_program(workspace: Workspace) -> None:
    workspace.program("pass")


@pytest.mark.timeout(60)
def test_a_full_disk_is_told_in_one_line(empty_program: None, small_disk: Workspace) -> None:
    filling = fill(small_disk.backend)
    small_disk.program('Thing("a")')
    result = small_disk.run("up", skip_preview=True)
    assert result.code == 1
    assert "Traceback" not in result.text
    assert "No space left on device" in result.text
    assert small_disk.things() == {}
    filling.unlink()
    small_disk.up()
    assert small_disk.things().keys() == {"a"}


@pytest.mark.timeout(60)
def test_what_was_made_while_the_disk_filled_up_is_named(
    empty_program: None, small_disk: Workspace
) -> None:
    small_disk.program('Thing("a", pause=True)')
    process = small_disk.start("up")
    small_disk.wait_until_paused()
    filling = fill(small_disk.backend)
    small_disk.resume()
    output, _ = process.communicate()
    (thing,) = small_disk.service.glob("*.json")
    assert process.returncode == 1
    assert "Traceback" not in output
    assert f"Thing::a (id '{thing.stem}') was created" in output
    assert f"{small_disk.backend}/.pulumi/stacks/proj/dev.json: could not be written" in output
    filling.unlink()
    (operation,) = small_disk.checkpoint()["pending_operations"]
    assert operation["type"] == "creating"
    assert small_disk.run("refresh", clear_pending_creates=True).code == 0


def test_what_could_not_be_recorded_at_first_is_when_there_is_room_again(tmp_path: Path) -> None:
    stored: list[str] = []
    full = False

    def write(text: str) -> None:
        if full:
            raise OSError(28, "No space left on device", "dev.json")
        stored.append(text)

    manager = snapshots.SnapshotManager(Snapshot(), write, "organization/proj/dev", None)
    state = ResourceState(urn="urn:pulumi:dev::proj::a:b:C::x", type="a:b:C", custom=True, id="17")
    operation = manager.begin("creating", state)
    full = True
    with pytest.raises(EngineError, match=r"No space left.*::x \(id '17'\) was created"):
        manager.complete(operation, add=state)
    with pytest.raises(EngineError, match="look after it yourself"):
        manager.close()
    full = False
    assert manager.close() == [f"{state.urn} (id '17') was created"]
    assert '"id":"17"' in stored[-1]
    assert "pending" not in stored[-1]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("operation", ["up", "refresh", "destroy"])
def test_a_backend_that_is_a_file_in_places_is_told_in_one_line(
    workspace: Workspace, operation: str
) -> None:
    workspace.program("pass")
    workspace.up()
    locks = workspace.backend / ".pulumi" / "locks"
    for folder in sorted(locks.rglob("*"), reverse=True):
        folder.rmdir()
    locks.rmdir()
    locks.write_text("in the way")
    result = workspace.run(operation, skip_preview=True)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"error: {locks}")
    assert result.err.count("\n") == 1


@pytest.mark.timeout(60)
def test_a_backend_that_cannot_be_written_is_told_in_one_line(workspace: Workspace) -> None:
    workspace.program("pass")
    workspace.up()
    mount = ["mount", "--bind", str(workspace.backend), str(workspace.backend)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a file system cannot be mounted here")
    try:
        subprocess.run([mount[0], "-o", "remount,bind,ro", mount[-1]], check=True)
        result = workspace.run("up", skip_preview=True)
        assert workspace.run("preview").code == 0
    finally:
        subprocess.run(["umount", str(workspace.backend)], check=True)
    assert (result.code, result.out) == (1, "")
    assert "Read-only file system" in result.err
    assert result.err.count("\n") == 1


@pytest.mark.timeout(60)
def test_an_interpreter_that_cannot_be_started_is_told_in_one_line(workspace: Workspace) -> None:
    folder = workspace.folder / "env" / "bin"
    folder.mkdir(parents=True)
    (folder / "python").write_text("#!/nowhere/at/all\n")
    (folder / "python").chmod(0o755)
    (workspace.folder / "Pulumi.yaml").write_text(
        "name: proj\nruntime:\n  name: python\n  options:\n    virtualenv: env\n"
    )
    workspace.program("pass")
    result = workspace.run("up", skip_preview=True)
    assert result.code == 1
    assert f"{folder / 'python'}: could not be started" in result.text
    assert "Traceback" not in result.text
