"""Two ways to talk to an emulator: plain HTTP and the vendor's client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkmetastudio.v1 import MetaStudioClient

from metastudio_emulator import Emulator

StartEmulator = Callable[..., Emulator]
SUCCESS = {"commond_result": "EXCUTE_SUCCESS"}
_REVIEW_DOCUMENTS = ("id_card_image1", "id_card_image2", "grant_file")


@dataclass
class Api:
    """The service over plain HTTP, with a new token for every request."""

    emulator: Emulator

    @property
    def jobs_url(self) -> str:
        base = f"{self.emulator.endpoint}/v1/{self.emulator.project_id}"
        return f"{base}/digital-human-training-manage/user/jobs"

    def request_token(
        self, project: dict[str, str] | None = None, **user: Any
    ) -> requests.Response:
        """Ask the identity service for a token; keyword arguments replace parts of the user."""
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

    def token(self) -> str:
        return self.request_token().headers["X-Subject-Token"]

    def call(self, method: str, path: str = "", **arguments: Any) -> requests.Response:
        """Send a request to the jobs' URL plus ``path``, whatever the answer."""
        headers = {"X-Auth-Token": self.token(), **arguments.pop("headers", {})}
        return requests.request(
            method, self.jobs_url + path, headers=headers, timeout=30, **arguments
        )

    def create(self, **fields: Any) -> dict[str, Any]:
        """Create a job; returns its id and upload URLs."""
        return self._success("POST", json={"name": "job", **fields})

    def show(self, job_id: str) -> dict[str, Any]:
        return self._success("GET", f"/{job_id}")

    def list(self, **query: Any) -> dict[str, Any]:
        return self._success("GET", params=query)

    def update(self, job_id: str, **fields: Any) -> dict[str, Any]:
        """Update a job; returns its new upload URLs."""
        return self._success("PUT", f"/{job_id}", json=fields)

    def command(self, job_id: str, command: str, **more: Any) -> dict[str, Any]:
        """Run a command, which may also fail in its HTTP 200 answer."""
        return self._success("POST", f"/{job_id}/command", json={"command": command, **more})

    def submitted(self, **fields: Any) -> str:
        """Create a complete job, confirm and submit it; returns its id."""
        urls = self.create(**fields)
        upload_all(urls)
        for command in ("CONFIRM_MULTIPART_UPLOADED", "SUBMITVERIFYING"):
            assert self.command(urls["job_id"], command) == SUCCESS
        return str(urls["job_id"])

    def _success(self, method: str, path: str = "", **arguments: Any) -> dict[str, Any]:
        answer = self.call(method, path, **arguments)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def put(
    url: str, body: Any, content_type: str = "application/octet-stream", *, timeout: float = 30
) -> requests.Response:
    """Upload a body to a one-time URL."""
    return requests.put(url, data=body, headers={"Content-Type": content_type}, timeout=timeout)


def upload_all(urls: dict[str, Any]) -> None:
    """Upload what the review of an ordinary tenant needs, the video in all its parts."""
    for number, url in enumerate(urls["training_video_upload_url"]):
        assert put(url, f"video part {number}".encode()).status_code == 200
    for name in _REVIEW_DOCUMENTS:
        assert put(urls[f"{name}_upload_url"], name.encode()).status_code == 200


def get_with_token(url: str, token: str) -> requests.Response:
    return requests.get(url, headers={"X-Auth-Token": token}, timeout=30)


def error_of(answer: requests.Response) -> tuple[int, str]:
    """HTTP status and error_code of an error response of the training service."""
    return answer.status_code, answer.json()["error_code"]


def vendor_client(
    emulator: Emulator, credentials: BasicCredentials | None = None
) -> MetaStudioClient:
    """The vendor's client, unchanged, by default with the emulator's own key."""
    own = BasicCredentials(emulator.access_key, emulator.secret_key, emulator.project_id)
    builder = MetaStudioClient.new_builder().with_credentials(credentials or own)
    return builder.with_endpoint(emulator.endpoint).build()


def vendor_error(call: Callable[..., object], *arguments: Any) -> ClientRequestException:
    """The error that a call of the vendor's client raises."""
    with pytest.raises(ClientRequestException) as caught:
        call(*arguments)
    assert caught.value.request_id
    return caught.value
