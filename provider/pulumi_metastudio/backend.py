"""The Pulumi backend of this run: who jobs are made for, and which jobs its states record.

Two people's ``dev`` stacks have the same URNs, so what distinguishes them is where their state is
kept. And whether a job at the service is a left-over can only be said by the states themselves:
all stacks of the project are asked, because a stack can be renamed and a resource moved.

A folder is read as the CLI lays it out (``pkg/backend/diy`` in pulumi/pulumi), which takes no
passphrase and no CLI; any other backend is asked through the Pulumi CLI.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from .errors import StateUnreadable

#: What Pulumi puts in the place of an organization where the backend has none.
ORGANIZATION = "organization"

_JOB_TYPE = "pulumi-python:dynamic/metastudio:TrainingJob"
_BATCH_TYPE = "metastudio:index:TrainingBatch"
_CLOUD = "https://api.pulumi.com"
_PATIENCE = 120.0
_AT_ONCE = 8


@dataclass(frozen=True)
class Record:
    """One place where a state records a job.

    Attributes:
        stack: the stack's name, without organization and project.
        urn: the resource's URN.
        deletion_policy: as recorded with the job.
        to_delete: the engine has replaced it and is still to delete it.
    """

    stack: str
    urn: str
    deletion_policy: str | None = None
    to_delete: bool = False


@dataclass(frozen=True)
class BatchRecord:
    """A ``TrainingBatch`` that a state records.

    Attributes:
        stack: the stack's name, without organization and project.
        name: the component's.
        shard: which share of the batch the stack has, such as ``3/8``; None for all of it.
        batch_name: the batch's name at the service; None where it is not recorded (yet).
        jobs: the ids of its jobs by the names of their resources.
    """

    stack: str
    name: str
    shard: str | None
    batch_name: str | None
    jobs: Mapping[str, str]


#: The records of jobs by their ids.
Records = Mapping[str, tuple[Record, ...]]


@dataclass(frozen=True)
class Backend:
    """Where the stacks of a project keep their state.

    Attributes:
        url: as the CLI would take it; a folder's with an absolute path.
        root: the folder of the project file, in which the CLI is run.
        organization: the stacks' organization.
    """

    url: str = field(repr=False)  # it may hold a password
    root: Path
    organization: str = ORGANIZATION

    @classmethod
    def here(
        cls, folder: Path, project: str | None = None, organization: str = ORGANIZATION
    ) -> Backend:
        """The backend that Pulumi uses in a folder.

        ``PULUMI_BACKEND_URL``, else the project file's ``backend.url``, else the CLI's login;
        without any, Pulumi Cloud where there is a token for it, else the home folder.

        Args:
            folder: the project's folder, or one below it.
            project: the project's name: a folder on the way may hold another project's file.
        """
        root, settings = _project(folder, project)
        url = os.environ.get("PULUMI_BACKEND_URL") or _project_url(settings) or _login()
        if not url:
            url = _CLOUD if os.environ.get("PULUMI_ACCESS_TOKEN") else "file://~"
        return cls(_absolute(url, root), root, organization)

    @property
    def folder(self) -> Path | None:
        """The folder of a ``file://`` backend; None for any other."""
        return Path(self.url[len("file://") :]) if self.url.startswith("file://") else None

    @property
    def owner(self) -> str:
        """16 hexadecimal digits that stand for this backend and organization.

        A path names another folder on each machine, so a folder counts together with the machine.
        User names and passwords in a URL are no part of it.
        """
        if self.folder:
            names = ["file", _machine(), str(self.folder)]
        else:
            parts = urlsplit(self.url)
            host = parts.netloc.rpartition("@")[2].lower()
            query = "&".join(sorted(parts.query.split("&")))
            names = [parts.scheme.lower(), host, parts.path.rstrip("/"), query]
        text = json.dumps([*names, self.organization])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def records(self, project: str) -> Records:
        """Every job that a state of the project records as its own, in whichever stack.

        Raises:
            StateUnreadable: one of the states cannot be read, so that nothing is certain.
        """
        found: dict[str, tuple[Record, ...]] = {}
        for stack, deployment in self._deployments(project):
            for resource in deployment.get("resources") or []:
                # What a program only looks up (`TrainingJob.get`) is managed elsewhere.
                external = resource.get("external")
                if resource.get("type") == _JOB_TYPE and resource.get("id") and not external:
                    policy = (resource.get("outputs") or {}).get("deletion_policy")
                    record = Record(
                        stack,
                        str(resource.get("urn")),
                        policy if isinstance(policy, str) else None,
                        bool(resource.get("delete")),
                    )
                    found[resource["id"]] = (*found.get(resource["id"], ()), record)
        return found

    def batches(self, project: str) -> list[BatchRecord]:
        """Every batch that a state of the project records, in whichever stack.

        Raises:
            StateUnreadable: one of the states cannot be read, so that nothing is certain.
        """
        found = []
        for stack, deployment in self._deployments(project):
            resources = deployment.get("resources") or []
            for batch in resources:
                if batch.get("type") != _BATCH_TYPE or batch.get("delete"):
                    continue
                jobs = {
                    str(job.get("urn")).rpartition("::")[2]: str(job["id"])
                    for job in resources
                    if job.get("parent") == batch.get("urn") and job.get("id")
                    if job.get("type") == _JOB_TYPE and not job.get("delete")
                }
                name = str(batch.get("urn")).rpartition("::")[2]
                shard = (batch.get("inputs") or {}).get("shard")
                batch_name = (batch.get("outputs") or {}).get("batch_name")
                found.append(
                    BatchRecord(
                        stack,
                        name,
                        shard if isinstance(shard, str) else None,
                        batch_name if isinstance(batch_name, str) else None,
                        jobs,
                    )
                )
        return found

    def stacks(self, project: str) -> list[str]:
        """The names of the project's stacks.

        Raises:
            StateUnreadable: they cannot be listed.
        """
        if self.folder:
            return [stack for stack, _ in self._files(project)]
        return [name.rpartition("/")[2] for name, _ in self._listed(project)]

    def locked(self, project: str, stack: str) -> bool | None:
        """Whether a run holds the stack's lock; None where that cannot be asked.

        Raises:
            StateUnreadable: the backend does not answer.
        """
        if self.folder:
            locks = self.folder / ".pulumi" / "locks"
            return any(
                any(folder.glob("*.json"))
                for folder in (locks / ORGANIZATION / project / stack, locks / stack)
            )
        for name, listed in self._listed(project):
            if name.rpartition("/")[2] == stack and "updateInProgress" in listed:
                return bool(listed["updateInProgress"])
        return None

    def _deployments(self, project: str) -> Iterator[tuple[str, dict[str, Any]]]:
        if self.folder:
            for stack, file in self._files(project):
                yield stack, _checkpoint(file)
            return
        names = [name for name, _ in self._listed(project)]
        # Each takes the CLI a second or two, most of it waiting.
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            exports = pool.map(lambda name: self._ask(["stack", "export", "--stack", name]), names)
            for name, exported in zip(names, exports, strict=True):
                deployment = exported.get("deployment") if isinstance(exported, dict) else None
                if deployment is not None and not isinstance(deployment, dict):
                    raise StateUnreadable(f"the state of stack {name} is not understood")
                yield name.rpartition("/")[2], deployment or {}

    def _files(self, project: str) -> Iterator[tuple[str, Path]]:
        """The checkpoints of a project, and those of before stacks belonged to projects."""
        assert self.folder is not None
        if not self.folder.is_dir():
            raise StateUnreadable(f"the backend {self.url} is not there: check PULUMI_BACKEND_URL")
        stacks = self.folder / ".pulumi" / "stacks"
        for folder in (stacks / project, stacks):
            for file in sorted(folder.glob("*.json*")):
                stack, _, ending = file.name.rpartition(".json")
                if file.is_file() and ending in ("", ".gz"):
                    yield stack, file

    def _listed(self, project: str) -> Iterator[tuple[str, dict[str, Any]]]:
        words = ["stack", "ls", "--json", "--project", project]
        if self.organization != ORGANIZATION:
            words += ["--organization", self.organization]
        listed = self._ask(words)
        for stack in listed if isinstance(listed, list) else ():
            yield str(stack["name"]), stack

    def _ask(self, words: list[str]) -> Any:
        program = shutil.which("pulumi")
        where = urlsplit(self.url)
        named = f"{where.scheme}://{where.netloc.rpartition('@')[2]}"
        if program is None:
            raise StateUnreadable(f"the states in {named} are read with the Pulumi CLI: install it")
        try:
            done = subprocess.run(  # noqa: S603 - the program is the one on the user's PATH
                [program, *words, "--non-interactive"],
                cwd=self.root,
                capture_output=True,
                timeout=_PATIENCE,
                check=False,
            )
            if done.returncode == 0:
                return json.loads(done.stdout)
        except (OSError, ValueError, subprocess.TimeoutExpired):
            pass
        # What the CLI said may hold what a backend's address holds.
        raise StateUnreadable(
            f"the states in {named} cannot be read: 'pulumi {' '.join(words[:2])}' fails; run it "
            "to see why"
        )


def _project(folder: Path, project: str | None) -> tuple[Path, dict[str, Any]]:
    """The folder of the project's file, and what the file says; without one, this folder."""
    import yaml

    folder = folder.resolve()
    for parent in (folder, *folder.parents):
        for name in ("Pulumi.yaml", "Pulumi.yml"):
            try:
                settings = yaml.safe_load((parent / name).read_text(encoding="utf-8"))
            except (OSError, ValueError, yaml.YAMLError):
                continue
            if isinstance(settings, dict) and project in (None, settings.get("name")):
                return parent, settings
    return folder, {}


def _project_url(settings: dict[str, Any]) -> str:
    backend = settings.get("backend")
    return str(backend.get("url") or "") if isinstance(backend, dict) else ""


def _login() -> str:
    home = os.environ.get("PULUMI_CREDENTIALS_PATH") or os.environ.get("PULUMI_HOME")
    file = Path(home or "~/.pulumi").expanduser() / "credentials.json"
    try:
        return str(json.loads(file.read_bytes()).get("current") or "")
    except (OSError, ValueError, AttributeError):
        return ""


def url_path(url: str) -> Path:
    """The path in a ``file://`` URL; before a drive, ``file:///C:/state``, the slash is not its."""
    path = unquote(url[len("file://") :].partition("?")[0])
    return Path(re.sub(r"^/(?=[A-Za-z]:)", "", path) if os.name == "nt" else path)


def _absolute(url: str, root: Path) -> str:
    if not url.startswith("file://"):
        return url
    path = url_path(url).expanduser()
    return f"file://{(root / path).resolve()}"


def _machine() -> str:
    """This machine, also among containers that were made from one image."""
    for file in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            number = Path(file).read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            continue
        if number:
            return f"{number} {socket.gethostname()}"
    return f"{uuid.getnode():x} {socket.gethostname()}"


def _checkpoint(file: Path) -> dict[str, Any]:
    """The deployment in a checkpoint file.

    Raises:
        StateUnreadable: it is none; it must not count as an empty one.
    """
    try:
        content = file.read_bytes()
        checkpoint = json.loads(gzip.decompress(content) if file.suffix == ".gz" else content)
        # A stack that was just made has a checkpoint without a deployment.
        deployment = checkpoint["checkpoint"].get("latest") or {}
        if not isinstance(deployment.get("resources") or [], list):
            raise TypeError
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError):
        raise StateUnreadable(f"the state in {file} cannot be read: mend or remove it") from None
    return dict(deployment)
