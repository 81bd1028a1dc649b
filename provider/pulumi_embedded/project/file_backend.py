"""The file backend: where stacks and locks live on disk.

The layout is the Pulumi CLI's (``pkg/backend/diy`` in pulumi/pulumi), below the backend's folder::

    .pulumi/meta.yaml                                    version: 1
    .pulumi/stacks/PROJECT/STACK.json                    the checkpoint (and .bak, the one before)
    .pulumi/locks/organization/PROJECT/STACK/UUID.json   who is working on the stack
"""

from __future__ import annotations

import contextlib
import datetime
import getpass
import json
import os
import re
import shutil
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from ..errors import EngineError, StackNotFoundError, UnsupportedError
from ..files import write_atomically
from .checkpoint import ORGANIZATION, latest_deployment
from .project import Project


class FileBackend:
    """The stacks of one project in a backend's folder."""

    def __init__(self, folder: Path, project: str) -> None:
        self._root = folder / ".pulumi"
        self._stacks = self._root / "stacks" / project
        self._project = project

    def stacks(self) -> list[str]:
        """The names of the project's stacks, sorted."""
        return sorted(file.stem for file in self._stacks.glob("*.json"))

    def exists(self, stack: str) -> bool:
        """Whether the stack exists."""
        return self._file(stack).exists()

    def read(self, stack: str) -> dict[str, Any]:
        """The stack's checkpoint.

        Raises:
            StackNotFoundError: there is no such stack.
        """
        file = self._file(stack)
        try:
            checkpoint = json.loads(file.read_bytes())
            latest_deployment(checkpoint)
        except FileNotFoundError as error:
            raise StackNotFoundError(stack) from error
        except (OSError, ValueError) as error:
            raise EngineError(
                f"{file} is not the state of a stack: {error}; the state before the last operation "
                f"is in {file.name}.bak"
            ) from error
        return checkpoint  # type: ignore[no-any-return]

    def write(self, stack: str, checkpoint: str) -> None:
        """Store the stack's checkpoint, whole or not at all."""
        self._ensure_layout()
        write_atomically(self._file(stack), checkpoint)

    def back_up(self, stack: str) -> None:
        """Keep the checkpoint as it is now next to the one that is about to change."""
        file = self._file(stack)
        if file.exists():
            backup = file.with_name(f"{file.name}.bak")
            write_atomically(backup, file.read_text(encoding="utf-8"))

    def remove(self, stack: str) -> None:
        """Forget the stack, its backups, and the history that the CLI wrote."""
        file = self._file(stack)
        if not file.exists():
            raise StackNotFoundError(stack)
        for suffix in ("", ".bak", ".attrs", ".bak.attrs"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
        for kind in ("history", "backups"):
            shutil.rmtree(self._root / kind / self._project / stack, ignore_errors=True)

    @contextlib.contextmanager
    def lock(self, stack: str, command: str) -> Iterator[None]:
        """Keep every other process away from the stack.

        Args:
            command: the program whose ``cancel`` removes a lock that a killed run left.
        """
        self._ensure_layout()
        folder = self._locks(stack)
        mine = folder / f"{uuid.uuid4()}.json"
        _refuse_if_locked(folder, mine, command)
        content = {
            "pid": os.getpid(),
            "username": getpass.getuser(),
            "hostname": socket.gethostname(),
            "timestamp": datetime.datetime.now(datetime.timezone.utc).isoformat(),
        }
        folder.mkdir(parents=True, exist_ok=True)
        try:
            # Not written atomically: to the CLI, every file in this folder is a lock, also a
            # temporary one that a killed run leaves.
            mine.write_text(json.dumps(content), encoding="utf-8")
            # Look again now that ours is visible: of two that came together, both give up.
            _refuse_if_locked(folder, mine, command)
            self._remove_unfinished_writes(stack)
            yield
        finally:
            mine.unlink(missing_ok=True)

    def unlock(self, stack: str) -> int:
        """Remove every lock on the stack; returns how many there were."""
        locks = list(self._locks(stack).glob("*.json"))
        for lock in locks:
            lock.unlink(missing_ok=True)
        return len(locks)

    def _remove_unfinished_writes(self, stack: str) -> None:
        """Remove the temporary files of runs that were killed while they wrote the stack's file."""
        unfinished = re.compile(rf"\.{re.escape(stack)}\.json(\.bak)?\.[^.]+")
        for file in self._stacks.glob(".*"):
            if unfinished.fullmatch(file.name):
                file.unlink(missing_ok=True)

    def _locks(self, stack: str) -> Path:
        return self._root / "locks" / ORGANIZATION / self._project / stack

    def _file(self, stack: str) -> Path:
        file = self._stacks / f"{stack}.json"
        for ending in (".gz", ".zst"):
            if not file.exists() and Path(f"{file}{ending}").exists():
                raise UnsupportedError(f"{file}{ending}: compressed checkpoints are not supported")
        return file

    def _ensure_layout(self) -> None:
        meta = self._root / "meta.yaml"
        if meta.exists():
            version = (yaml.safe_load(meta.read_text(encoding="utf-8")) or {}).get("version")
            if version != 1:
                raise UnsupportedError(f"{meta}: the embedded engine knows layout version 1 only")
            return
        if any((self._root / "stacks").glob("*.json")):
            raise UnsupportedError(
                f"{self._root}: has the layout of before projects (pulumi state upgrade changes it)"
            )
        write_atomically(meta, "version: 1\n")


def _refuse_if_locked(folder: Path, mine: Path, command: str) -> None:
    others = [file for file in folder.glob("*.json") if file != mine]
    if not others:
        return
    lines = [
        f"the stack is currently locked by {len(others)} lock(s). Either wait for the other "
        f"process(es) to end or delete the lock file with `{command} cancel`."
    ]
    for file in others:
        with contextlib.suppress(OSError, ValueError, KeyError):
            lock = json.loads(file.read_bytes())
            lines.append(
                f"  {file}: created by {lock['username']}@{lock['hostname']} "
                f"(pid {lock['pid']}) at {lock['timestamp']}"
            )
    raise EngineError("\n".join(lines))


def url_path(url: str) -> str:
    """The path in a ``file://`` URL; before a drive, ``file:///C:/state``, the slash is not its."""
    path = unquote(url[len("file://") :].partition("?")[0])
    return re.sub(r"^/(?=[A-Za-z]:)", "", path) if os.name == "nt" else path


def open_backend(project: Project) -> FileBackend:
    """The backend that the CLI would use here.

    PULUMI_BACKEND_URL, else the project's ``backend.url``, else the CLI's own login, else the
    home folder.

    Raises:
        UnsupportedError: it is not on a disk.
    """
    url = os.environ.get("PULUMI_BACKEND_URL") or project.backend_url or _login() or "file://~"
    if not url.startswith("file://"):
        raise UnsupportedError(
            f"the embedded engine keeps state in folders (file://...), not in {url}"
        )
    path = Path(url_path(url)).expanduser()
    base = project.root if url == project.backend_url else Path.cwd()
    folder = (base / path).resolve()
    if not folder.is_dir():
        problem = "is not a directory" if folder.exists() else "does not exist"
        raise EngineError(
            f"unable to open state directory {url!r}: {folder} {problem}; make it, or correct the "
            "address (PULUMI_BACKEND_URL, 'backend.url' of the project, or the CLI's login)"
        )
    return FileBackend(folder, project.name)


def _login() -> str:
    home = Path(os.environ.get("PULUMI_HOME") or "~/.pulumi").expanduser()
    try:
        credentials = json.loads((home / "credentials.json").read_bytes())
    except (OSError, ValueError):
        return ""
    return str(credentials.get("current") or "") if isinstance(credentials, dict) else ""
