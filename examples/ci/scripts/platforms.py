"""GitHub and GitLab behind one face: comments and labels of one change, and issues.

All addresses, and which change a run is for, come from the variables that each platform sets for
its runs. Only what the token's own user wrote is edited: somebody else's comment with the same
marker could be changed by its author afterwards.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote, urlencode

_PAGE = 100


class Text(NamedTuple):
    """A comment or an issue, with the number that its URL has."""

    id: int
    body: str

    def begins_with(self, marker: str) -> bool:
        return self.body.partition("\n")[0].strip() == marker


class Platform(Protocol):
    """What the scripts need of either."""

    commit: str  #: the change's newest commit

    def comments(self) -> Iterator[Text]: ...
    def create_comment(self, body: str) -> None: ...
    def update_comment(self, id: int, body: str) -> None: ...
    def labels(self) -> list[str]: ...
    def remove_label(self, label: str) -> None: ...
    def issues(self, label: str) -> Iterator[Text]: ...
    def create_issue(self, title: str, body: str, label: str) -> None: ...
    def update_issue(self, id: int, body: str) -> None: ...
    def close_issue(self, id: int) -> None: ...


def here() -> Platform:
    """The platform that this runs on."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        return GitHub()
    if os.environ.get("GITLAB_CI") == "true":
        return GitLab()
    sys.exit("neither GITHUB_ACTIONS nor GITLAB_CI is set: this runs in one of the two")


def approval() -> str:
    """The label that approves what FAIL_ON names."""
    return os.environ.get("APPROVAL_LABEL") or "training-approved"


class GitHub:
    """GitHub's REST API, with the token that each job has (GITHUB_TOKEN)."""

    def __init__(self) -> None:
        self._repository = f"/repos/{os.environ['GITHUB_REPOSITORY']}"
        self._api = _Api(
            os.environ.get("GITHUB_API_URL") or "https://api.github.com",
            {
                "Authorization": f"Bearer {_needed('GITHUB_TOKEN')}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
        change = event.get("pull_request") or {}
        self.commit = change.get("head", {}).get("sha", "")
        self._change = f"{self._repository}/issues/{change.get('number')}"

    def comments(self) -> Iterator[Text]:
        return self._own(self._api.pages(f"{self._change}/comments"))

    def create_comment(self, body: str) -> None:
        self._api.call("POST", f"{self._change}/comments", {"body": body})

    def update_comment(self, id: int, body: str) -> None:
        self._api.call("PATCH", f"{self._repository}/issues/comments/{id}", {"body": body})

    def labels(self) -> list[str]:
        return [each["name"] for each in self._api.pages(f"{self._change}/labels")]

    def remove_label(self, label: str) -> None:
        if label in self.labels():
            self._api.call("DELETE", f"{self._change}/labels/{quote(label, safe='')}")

    def issues(self, label: str) -> Iterator[Text]:
        found = self._api.pages(f"{self._repository}/issues", state="open", labels=label)
        # Pull requests are listed with the issues.
        return self._own((each for each in found if "pull_request" not in each), "number")

    def create_issue(self, title: str, body: str, label: str) -> None:
        issue = {"title": title, "body": body, "labels": [label]}
        self._api.call("POST", f"{self._repository}/issues", issue)

    def update_issue(self, id: int, body: str) -> None:
        self._api.call("PATCH", f"{self._repository}/issues/{id}", {"body": body})

    def close_issue(self, id: int) -> None:
        self._api.call("PATCH", f"{self._repository}/issues/{id}", {"state": "closed"})

    @staticmethod
    def _own(found: Iterator[Any], number: str = "id") -> Iterator[Text]:
        """What an app wrote: a job's token cannot ask who it is, but it is never a person."""
        for each in found:
            if each["user"]["type"] == "Bot":
                yield Text(each[number], each["body"] or "")


class GitLab:
    """GitLab's REST API, with a project access token (METASTUDIO_GITLAB_TOKEN).

    The token that each job has (CI_JOB_TOKEN) may not write notes.
    """

    def __init__(self) -> None:
        self._api = _Api(
            os.environ["CI_API_V4_URL"], {"PRIVATE-TOKEN": _needed("METASTUDIO_GITLAB_TOKEN")}
        )
        self._project = f"/projects/{os.environ['CI_PROJECT_ID']}"
        self.commit = (
            os.environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or os.environ["CI_COMMIT_SHA"]
        )
        project = os.environ.get("CI_MERGE_REQUEST_PROJECT_ID")
        number = os.environ.get("CI_MERGE_REQUEST_IID")
        self._change = f"/projects/{project}/merge_requests/{number}"

    def comments(self) -> Iterator[Text]:
        return self._own(self._api.pages(f"{self._change}/notes", sort="asc"), "id", "body")

    def create_comment(self, body: str) -> None:
        self._api.call("POST", f"{self._change}/notes", {"body": body})

    def update_comment(self, id: int, body: str) -> None:
        self._api.call("PUT", f"{self._change}/notes/{id}", {"body": body})

    def labels(self) -> list[str]:
        labels: list[str] = self._api.call("GET", self._change)["labels"]
        return labels

    def remove_label(self, label: str) -> None:
        if label in self.labels():
            self._api.call("PUT", self._change, {"remove_labels": label})

    def issues(self, label: str) -> Iterator[Text]:
        found = self._api.pages(f"{self._project}/issues", state="opened", labels=label)
        return self._own(found, "iid", "description")

    def create_issue(self, title: str, body: str, label: str) -> None:
        issue = {"title": title, "description": body, "labels": label}
        self._api.call("POST", f"{self._project}/issues", issue)

    def update_issue(self, id: int, body: str) -> None:
        self._api.call("PUT", f"{self._project}/issues/{id}", {"description": body})

    def close_issue(self, id: int) -> None:
        self._api.call("PUT", f"{self._project}/issues/{id}", {"state_event": "close"})

    def _own(self, found: Iterator[Any], number: str, text: str) -> Iterator[Text]:
        own = self._api.call("GET", "/user")["id"]
        for each in found:
            if each["author"]["id"] == own:
                yield Text(each[number], each[text] or "")


class _Api:
    """Calls with JSON, and lists over all their pages."""

    def __init__(self, base: str, headers: dict[str, str]):
        self._base = base.rstrip("/")
        self._headers = {**headers, "Content-Type": "application/json", "User-Agent": "metastudio"}

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self._base + path, data=data, headers=self._headers, method=method
        )
        asked = f"{method} {path.partition('?')[0]}"
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            said = " ".join(error.read().decode(errors="replace").split())[:300]
            hint = ": may its token do that?" if error.code in (401, 403, 404) else ""
            sys.exit(f"{asked} is answered {error.code}{hint} {said}")
        except OSError as error:
            sys.exit(f"{asked} gets no answer: {error}; run this job again")
        return json.loads(text) if text else None

    def pages(self, path: str, **query: str) -> Iterator[Any]:
        page = 1
        while True:
            asked = urlencode({**query, "per_page": _PAGE, "page": page})
            listed = self.call("GET", f"{path}?{asked}")
            yield from listed
            if len(listed) < _PAGE:
                return
            page += 1


def _needed(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        sys.exit(f"{name} is not set: give it to this job")
    return value
