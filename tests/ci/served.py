"""GitHub and GitLab as far as the scripts in ``examples/ci`` ask them, over real HTTP.

What is there is kept once, in a ``Desk``; the two dialects show it as each platform's REST API
documents it, with its pages, tokens and numbers.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "a-token-of-this-test"
CHANGE = 7
QUOTE = "<!-- metastudio-drift test -->\nanna has another name"
_BOT, _PERSON = 41, 42

Shown = dict[str, Any]
Query = dict[str, str]


@dataclass
class Text:
    """A comment, or an issue with its title and label."""

    id: int
    body: str
    by_bot: bool = True
    title: str = ""
    label: str = ""
    is_open: bool = True


@dataclass
class Desk:
    """What a platform keeps of one repository with one change, and what it was asked."""

    comments: list[Text] = field(default_factory=list)
    issues: list[Text] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)

    @property
    def writes(self) -> list[str]:
        """The requests that change something, without their paths."""
        return [asked.split()[0] for asked in self.requests if not asked.startswith("GET ")]

    def add_comment(self, body: str, by_bot: bool = True) -> Text:
        self.comments.append(Text(1000 + len(self.comments), body, by_bot))
        return self.comments[-1]

    def add_issue(self, title: str, body: str, label: str, by_bot: bool = True) -> Text:
        self.issues.append(Text(1 + len(self.issues), body, by_bot, title, label))
        return self.issues[-1]

    def open_issues(self, label: str) -> list[Text]:
        return [each for each in self.issues if each.is_open and each.label == label]


def _by_id(texts: list[Text], number: str) -> Text:
    return next(each for each in texts if each.id == int(number))


class GitHub:
    """GitHub's documents: REST API version 2022-11-28, issues and their comments and labels."""

    def environment(self, address: str, folder: Path, commit: str) -> dict[str, str]:
        event = folder / "event.json"
        event.write_text(json.dumps({"pull_request": {"number": CHANGE, "head": {"sha": commit}}}))
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": address,
            "GITHUB_REPOSITORY": "team/avatars",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        }

    def allows(self, headers: Any) -> bool:
        return bool(headers["Authorization"] == f"Bearer {TOKEN}")

    def answer(self, desk: Desk, asked: str, query: Query, body: Shown) -> Any:
        def comment(each: Text) -> Shown:
            return {"id": each.id, "body": each.body, "user": self._user(each)}

        def issue(each: Text) -> Shown:
            return {"id": 9000 + each.id, "number": each.id, "user": self._user(each)} | {
                "body": each.body
            }

        issues = "/repos/team/avatars/issues"
        routes: dict[str, Callable[..., Any]] = {
            f"GET {issues}/{CHANGE}/comments": lambda: list(map(comment, desk.comments)),
            f"POST {issues}/{CHANGE}/comments": lambda: comment(desk.add_comment(body["body"])),
            f"PATCH {issues}/comments/(\\d+)": lambda id: _edit(desk.comments, id, body),
            f"GET {issues}/{CHANGE}/labels": lambda: [{"name": name} for name in desk.labels],
            f"DELETE {issues}/{CHANGE}/labels/(.+)": lambda name: desk.labels.remove(unquote(name)),
            f"GET {issues}": lambda: [
                # Pull requests are listed with the issues; this one quotes a report.
                {"number": CHANGE, "pull_request": {}, "user": {"type": "Bot"}, "body": QUOTE},
                *map(issue, desk.open_issues(query["labels"])),
            ],
            f"POST {issues}": lambda: issue(
                desk.add_issue(body["title"], body["body"], *body["labels"])
            ),
            f"PATCH {issues}/(\\d+)": lambda id: _edit(desk.issues, id, body),
        }
        return _route(routes, asked)

    @staticmethod
    def _user(each: Text) -> Shown:
        return {"login": "somebody", "type": "Bot" if each.by_bot else "User"}


class GitLab:
    """GitLab's documents: REST API version 4, notes of merge requests, and issues."""

    def environment(self, address: str, folder: Path, commit: str) -> dict[str, str]:
        return {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": address,
            "CI_PROJECT_ID": "5",
            "CI_MERGE_REQUEST_PROJECT_ID": "5",
            "CI_MERGE_REQUEST_IID": str(CHANGE),
            "CI_COMMIT_SHA": commit,
            "METASTUDIO_GITLAB_TOKEN": TOKEN,
        }

    def allows(self, headers: Any) -> bool:
        return bool(headers["PRIVATE-TOKEN"] == TOKEN)

    def answer(self, desk: Desk, asked: str, query: Query, body: Shown) -> Any:
        def note(each: Text) -> Shown:
            return {"id": each.id, "body": each.body, "author": self._author(each)}

        def issue(each: Text) -> Shown:
            return {"id": 9000 + each.id, "iid": each.id, "author": self._author(each)} | {
                "description": each.body
            }

        def request() -> Shown:
            if "remove_labels" in body:
                desk.labels.remove(body["remove_labels"])
            return {"iid": CHANGE, "labels": desk.labels}

        change = f"/projects/5/merge_requests/{CHANGE}"
        routes: dict[str, Callable[..., Any]] = {
            "GET /user": lambda: {"id": _BOT},
            f"GET {change}/notes": lambda: list(map(note, desk.comments)),
            f"POST {change}/notes": lambda: note(desk.add_comment(body["body"])),
            f"PUT {change}/notes/(\\d+)": lambda id: _edit(desk.comments, id, body),
            f"(?:GET|PUT) {change}": request,
            "GET /projects/5/issues": lambda: list(map(issue, desk.open_issues(query["labels"]))),
            "POST /projects/5/issues": lambda: issue(
                desk.add_issue(body["title"], body["description"], body["labels"])
            ),
            "PUT /projects/5/issues/(\\d+)": lambda id: _edit(desk.issues, id, body),
        }
        return _route(routes, asked)

    @staticmethod
    def _author(each: Text) -> Shown:
        return {"id": _BOT if each.by_bot else _PERSON}


Dialect = GitHub | GitLab


def _edit(texts: list[Text], number: str, body: Shown) -> Shown:
    text = _by_id(texts, number)
    text.body = body.get("body") or body.get("description") or text.body
    if body.get("state") == "closed" or body.get("state_event") == "close":
        text.is_open = False
    return {}


def _route(routes: dict[str, Callable[..., Any]], asked: str) -> Any:
    for pattern, answer in routes.items():
        match = re.fullmatch(pattern, asked)
        if match:
            return answer(*match.groups())
    raise LookupError(asked)


@contextmanager
def serving(dialect: Dialect, desk: Desk) -> Iterator[str]:
    """The address at which a desk is asked in a dialect."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            parts = urlsplit(self.path)
            asked = f"{self.command} {parts.path}"
            desk.requests.append(asked)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            text = self.rfile.read(int(self.headers["Content-Length"] or 0))
            if not dialect.allows(self.headers):
                return self._send(401, {"message": "Bad credentials"})
            if self.command in desk.refuses:
                return self._send(403, {"message": "Resource not accessible by integration"})
            try:
                answer = dialect.answer(desk, asked, query, json.loads(text or b"{}"))
            except LookupError:
                return self._send(404, {"message": "Not Found"})
            if isinstance(answer, list) and "page" in query:
                size, page = int(query["per_page"]), int(query["page"])
                answer = answer[size * (page - 1) : size * page]
            return self._send(200, answer)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

        def _send(self, code: int, answer: Any) -> None:
            data = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
