"""One request of the probe and its answer, as they went over the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: What the answers to uploads are called in evidence; the rest are the API's own operations.
UPLOAD = "upload"


@dataclass(frozen=True)
class Content:
    """The bytes of an upload: one letter, repeated, so that a recording can name them."""

    size: int
    letter: str = "A"

    def __bytes__(self) -> bytes:
        return self.letter.encode() * self.size


@dataclass(frozen=True)
class Asked:
    """A request.

    Attributes:
        operation: ``create``, ``list``, ``show``, ``update``, ``delete``, ``command``, ``usage``
            or ``upload``.
        path: below ``/v1/{project_id}``; of an upload, the one-time URL as it was given.
        query, body: parameters; the JSON object, or None for none.
        app_user_id: the header X-App-UserId, "" for none.
        content, content_type: of an upload.
        changed: parameters of an upload URL that were given other values.
        forged: signed with a wrong key, on purpose.
    """

    operation: str
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    app_user_id: str = ""
    content: Content | None = None
    content_type: str = "application/json"
    changed: Mapping[str, str] = field(default_factory=dict)
    forged: bool = False


@dataclass(frozen=True)
class Answered:
    """An answer.

    Attributes:
        status: HTTP status.
        code: the service's ``error_code``, the storage's ``Code``, "" for none; also of a command
            that failed inside a 200.
        message: the text beside the code.
        request_id: "" where the answer has none.
        value: the JSON value, None where there is none.
        etag, retry_after: the headers, "" where they are missing.
    """

    asked: Asked
    status: int
    code: str = ""
    message: str = ""
    request_id: str = ""
    value: Any = None
    etag: str = ""
    retry_after: str = ""

    @property
    def ok(self) -> bool:
        """Whether it was carried out: 2xx, and no EXCUTE_FAILED inside."""
        if not 200 <= self.status < 300:
            return False
        return self.asked.operation != "command" or self.get("commond_result") == "EXCUTE_SUCCESS"

    @property
    def refused(self) -> bool:
        """Whether the service judged the request and said no; a throttling or a 5xx is neither."""
        if 200 <= self.status < 300:
            return not self.ok
        return 400 <= self.status < 500 and self.status not in (401, 403, 408, 429)

    def get(self, name: str) -> Any:
        """A field of the answer; None where it is absent, null, "null" or empty text."""
        found = self.value.get(name) if isinstance(self.value, dict) else None
        return None if found in ("", "null") else found

    def jobs(self) -> list[Mapping[str, Any]]:
        """The jobs of a list's answer."""
        listed = self.get("jobs")
        return [job for job in listed if isinstance(job, dict)] if isinstance(listed, list) else []

    def texts(self, name: str) -> list[str]:
        """A field that is a list of texts; empty where it is anything else."""
        found = self.get(name)
        return [text for text in found if isinstance(text, str)] if isinstance(found, list) else []

    def shown(self) -> str:
        """Status and code, such as ``404 MSS.00000002``."""
        return f"{self.status} {self.code}".strip()
