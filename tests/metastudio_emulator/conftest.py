"""A running emulator per test, and two ways to talk to it: the vendor's client and plain HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkmetastudio.v1 import MetaStudioClient

from metastudio_emulator import Emulator

OCTETS = {"Content-Type": "application/octet-stream"}
StartEmulator = Callable[..., Emulator]


@dataclass
class Api:
    """The service as plain HTTP with a fresh token for every request."""

    emulator: Emulator

    @property
    def jobs_url(self) -> str:
        base = f"{self.emulator.endpoint}/v1/{self.emulator.project_id}"
        return f"{base}/digital-human-training-manage/user/jobs"

    def token(self, project: dict[str, str] | None = None, **user: Any) -> requests.Response:
        """Ask the identity service; keyword arguments replace parts of the user."""
        who = {
            "name": self.emulator.user,
            "password": self.emulator.password,
            "domain": {"name": self.emulator.domain},
            **user,
        }
        scope = {"project": project or {"name": self.emulator.region}}
        identity = {"methods": ["password"], "password": {"user": who}}
        return requests.post(
            f"{self.emulator.iam_endpoint}/v3/auth/tokens",
            json={"auth": {"identity": identity, "scope": scope}},
            timeout=30,
        )

    def call(self, method: str, path: str = "", **arguments: Any) -> requests.Response:
        headers = {
            "X-Auth-Token": self.token().headers["X-Subject-Token"],
            **arguments.pop("headers", {}),
        }
        return requests.request(
            method, self.jobs_url + path, headers=headers, timeout=30, **arguments
        )

    def create(self, **fields: Any) -> dict[str, Any]:
        answer = self.call("POST", json={"name": "job", **fields})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def show(self, job_id: str) -> dict[str, Any]:
        answer = self.call("GET", f"/{job_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def list(self, **query: Any) -> dict[str, Any]:
        answer = self.call("GET", params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def command(self, job_id: str, command: str, **more: Any) -> dict[str, Any]:
        answer = self.call("POST", f"/{job_id}/command", json={"command": command, **more})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def upload_all(self, urls: dict[str, Any]) -> None:
        """Everything that the review of an ordinary tenant wants, in as many parts as asked."""
        for number, url in enumerate(urls["training_video_upload_url"]):
            assert put(url, f"video part {number}".encode()).status_code == 200
        for name in ("id_card_image1", "id_card_image2", "grant_file"):
            assert put(urls[f"{name}_upload_url"], name.encode()).status_code == 200

    def submitted(self, **fields: Any) -> str:
        """A complete job that was confirmed and submitted; returns its id."""
        urls = self.create(**fields)
        self.upload_all(urls)
        for command in ("CONFIRM_MULTIPART_UPLOADED", "SUBMITVERIFYING"):
            answer = self.command(urls["job_id"], command)
            assert answer["commond_result"] == "EXCUTE_SUCCESS", answer
        return str(urls["job_id"])


def put(url: str, body: Any, headers: dict[str, str] | None = None) -> requests.Response:
    """Upload to a one-time URL."""
    return requests.put(url, data=body, headers=headers or OCTETS, timeout=30)


@pytest.fixture(name="put")
def put_fixture() -> Callable[..., requests.Response]:
    return put


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartEmulator]:
    """Start emulators that end with the test; the data folder is the test's own by default."""
    with ExitStack() as stack:

        def start_one(folder: Path | None = None, **options: Any) -> Emulator:
            return stack.enter_context(Emulator(folder or tmp_path / "data", **options))

        yield start_one


@pytest.fixture
def emulator(start: StartEmulator) -> Emulator:
    return start()


@pytest.fixture
def api(emulator: Emulator) -> Api:
    return Api(emulator)


@pytest.fixture
def api_for() -> type[Api]:
    return Api


@pytest.fixture
def vendor_for() -> Callable[..., MetaStudioClient]:
    """The vendor's own client, unchanged, for an emulator and optionally other credentials."""

    def build(emulator: Emulator, credentials: BasicCredentials | None = None) -> MetaStudioClient:
        own = BasicCredentials(emulator.access_key, emulator.secret_key, emulator.project_id)
        return (
            MetaStudioClient.new_builder()
            .with_credentials(credentials or own)
            .with_endpoint(emulator.endpoint)
            .build()
        )

    return build


@pytest.fixture
def vendor(emulator: Emulator, vendor_for: Callable[..., MetaStudioClient]) -> MetaStudioClient:
    return vendor_for(emulator)
