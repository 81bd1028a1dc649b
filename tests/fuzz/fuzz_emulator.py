"""Sends malformed and odd requests to an emulator, and counts its answers.

    python -m tests.fuzz.fuzz_emulator --requests 5000 --seed 1 [--anonymous]

The emulator runs in its own process. Requests are sent over plain sockets, since no library would
send most of them: broken JSON and HTTP, odd paths, headers and signatures, bodies of megabytes.
With credentials (a token, signatures, the key of the control interface) they reach the operations.
A run is clean if there is no 5xx answer, no traceback and no forged line in the log, if the process
never uses more than 200 MB, and if a valid request still succeeds at the end.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from metastudio_emulator.auth.signing import SignedRequest, signature

from .odd_values import METHODS, OddValues
from .raw_http import RawAnswer, request_head, send_raw

MEGABYTE = 1024 * 1024
MEMORY_LIMIT = 200 * MEGABYTE
_JOB = {
    "name": "fuzz",
    "contact": "1",
    "command_message": "UPLOAD_VIDEO",
    "video_multipart_count": 2,
    "action_video_multipart_count": 1,
    "tags": ["a"],
    "batch_name": "b",
    "is_flexus": True,
    "is_fast_flexus": False,
    "audio_source_type": "VIDEO",
    "voice_properties": {"job_tag": "NEWS", "sex": "MALE", "language": "CN"},
    "supported_service": ["VIDEO_2D"],
    "samples_basic_info": [{"action_tag": "wave", "recommended_value": 1}],
}
_COMMANDS = (
    *("SUBMITVERIFYING", "GET_MULTIPART_UPLOADED", "CONFIRM_MULTIPART_UPLOADED", "CONFIRM_REPAIR"),
    *("GET_ACTION_VIDEO_MULTIPART_UPLOADED", "CONFIRM_ACTION_VIDEO_MULTIPART_UPLOADED"),
    *("CONFIRM_REJECT", "CONFIRM_ANSWER", "CONFIRM_AUTHORIZATION_LETTER", "DELETE_JOB_VIDEO"),
)
_QUERY = (
    *("offset", "limit", "state", "sort_key", "sort_dir", "create_since", "update_until", "name"),
    *("tag", "batch_name", "job_id", "is_flexus", "train_location", "query_project_id", "x"),
)
_STORAGE_QUERY = ("AccessKeyId", "Expires", "Signature", "ticket", "partNumber", "uploadId")
# Seconds to wait for an answer; requests that end in the middle get none.
_PATIENCE = 0.5
_LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ \S")


@dataclasses.dataclass
class Result:
    """The result of a run; ``statuses`` counts answers, "none" stands for a missing one."""

    statuses: Counter[str] = dataclasses.field(default_factory=Counter)
    failures: list[str] = dataclasses.field(default_factory=list)
    tracebacks: int = 0
    forged_lines: int = 0
    peak_memory: int = 0
    alive: bool = False

    def clean(self) -> bool:
        """Whether nothing went wrong."""
        return (
            not self.failures
            and not self.tracebacks + self.forged_lines
            and self.peak_memory < MEMORY_LIMIT
            and self.alive
        )


class Fuzz:
    """A run against one emulator.

    Args:
        folder: for its data and its log.
        seed: of all requests.
        anonymous: send no valid credentials.
    """

    def __init__(self, folder: Path, seed: int, *, anonymous: bool) -> None:
        self.result = Result()
        self._log = folder / "log"
        self._anonymous = anonymous
        self._random = random.Random(seed)
        self._odd = OddValues(self._random)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "metastudio_emulator", "--data", str(folder / "data")),
                    *("--transitions", "reads:2"),
                ],
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        self._info: dict[str, str] = json.loads(self._process.stdout.readline())
        self._jobs = f"/v1/{self._info['project_id']}/digital-human-training-manage/user/jobs"
        self._token = ""
        self._job_ids = ["0" * 32]
        self._urls = ["/obs/bucket/name?Expires=1&Signature=x&AccessKeyId=y"]

    def run(self, requests: int) -> Result:
        """Send that many requests, check the emulator and its log, and end it."""
        try:
            for number in range(requests):
                if number % 200 == 0:
                    self._recover()
                self._send_one()
            self._recover()
            self.result.alive = self._is_alive()
            self.result.peak_memory = self._peak_memory()
        finally:
            self._process.terminate()
            self._process.communicate(timeout=60)
        lines = self._log.read_text(errors="replace").splitlines()
        self.result.tracebacks = sum(line.startswith("Traceback") for line in lines)
        self.result.forged_lines = sum(not _LOG_LINE.match(line) for line in lines)
        return self.result

    def _send_one(self) -> None:
        kinds = (self._api, self._api, self._api, self._identity, self._storage, self._control)
        kind = self._random.choice((*kinds, self._framing, self._flood))
        kind()

    # Each interface, with valid requests that are then modified.

    def _api(self) -> None:
        job = f"{self._jobs}/{self._random.choice(self._job_ids)}"
        command = {"command": self._random.choice(_COMMANDS), "command_message": None}
        comment = {"comment_data": {"comment_title": "t", "attachment_name": ["a"]}}
        method, path, body = self._random.choice(
            (
                ("POST", self._jobs, _JOB),
                ("GET", self._jobs, None),
                ("GET", job, None),
                ("PUT", job, _JOB),
                ("DELETE", job, None),
                ("POST", f"{job}/command", command),
                ("POST", f"{job}/command", {**command, **comment}),
                ("GET", "/v1/digital-human-training-manage/user/encrypt-file-download", None),
            )
        )
        query = self._odd.query(_QUERY) if self._random.random() < 0.5 else ""
        content = self._odd.document(body) if body else b""
        answer = self._send(method, path, query, content, self._credentials)
        if answer.status == "200" and b"upload_url" in answer.body:
            self._remember(json.loads(answer.body))

    def _identity(self) -> None:
        user = {"name": self._info["user"], "domain": {"name": self._info["domain"]}}
        user["password"] = "wrong" if self._anonymous else self._info["password"]
        password = {"methods": ["password"], "password": {"user": user}}
        token = {"methods": ["token"], "token": {"id": self._token, "duration_seconds": 900}}
        method, path, identity = self._random.choice(
            (
                ("POST", "/v3/auth/tokens", password),
                ("POST", "/v3.0/OS-CREDENTIAL/securitytokens", token),
                ("GET", "/v3/projects", {}),
            )
        )
        inner = self._odd.document(identity)
        scope = self._odd.document({"project": {"name": self._info["region"]}})
        body = b'{"auth":{"identity":%b,"scope":%b}}' % (inner, scope)
        self._send(method, path, self._odd.query(("name", "nocatalog")), body, self._credentials)

    def _storage(self) -> None:
        path, _, query = self._random.choice(self._urls).partition("?")
        if self._random.random() < 0.5:
            query += "&" + self._odd.query(_STORAGE_QUERY)
        method = self._random.choice(("PUT", "PUT", "GET", "POST"))
        size = self._random.choice((0, 1, 1000, 200_000))
        content_type = [("Content-Type", "application/octet-stream")]
        self._send(method, path, query, self._odd.garbage(size or 1), lambda *_: content_type)

    def _control(self) -> None:
        job = f"jobs/{self._random.choice(self._job_ids)}"
        fields = {"fields": self._odd.value()}
        state = {"state": "MANUAL_VERIFY_FAILED", "reason": "r", "redo_reasons": ["x"]}
        # No rule may answer 5xx, since the run counts those as failures.
        rule = {"match": "list", "action": "status", "status": 429, "times": 1, "seconds": 0.01}
        method, path, body = self._random.choice(
            (
                ("GET", "info", None),
                ("GET", "jobs", None),
                ("POST", "jobs", fields),
                ("PATCH", job, fields),
                ("PUT", f"{job}/state", state),
                ("POST", f"{job}/step", {"count": 1}),
                ("GET", f"{job}/objects", None),
                ("GET", "counters", None),
                ("POST", "clock/advance", {"seconds": 1}),
                ("PUT", "clock/skew", {"seconds": 1}),
                ("POST", "upload-urls/expire", {"job_id": "x"}),
                ("POST", "faults", rule),
            )
        )
        content = self._odd.document(body) if body else b""
        if path == "faults":
            content = re.sub(rb'"(action|status)": [^,}]+', b'"action": "delay"', content)
        self._send(method, f"/_emulator/{path}", "", content, self._control_key)

    def _framing(self) -> None:
        """Malformed HTTP."""
        start = f"POST {self._jobs} HTTP/1.1\r\nHost: x\r\n".encode()
        chunked = start + b"Transfer-Encoding: chunked\r\n\r\n"
        self._exchange(
            self._random.choice(
                (
                    self._odd.garbage(),
                    start + b"Content-Length: 10\r\nContent-Length: 20\r\n\r\n" + b"x" * 20,
                    start + b"Content-Length: 1" + b"0" * 30 + b"\r\n\r\n",
                    start + b"Content-Length: -1\r\n\r\n",
                    start + b"X" * self._random.choice((10, 70_000, 600_000)) + b": y\r\n\r\n",
                    start + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n" + b"x" * 100,
                    start + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n",
                    chunked + b"zz\r\n\r\n",
                    chunked + b"5;" + b"e" * 100_000 + b"\r\nhello\r\n0\r\n\r\n",
                    chunked + b"0\r\n" + b"Trailer: x\r\n" * 50_000 + b"\r\n",
                    chunked + b"ffffffffffffffffff\r\n",
                    b"GET http://[::1/ HTTP/1.1\r\nHost: x\r\n\r\n",
                    b"GET " + b"/x" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
                    b"GET / HTTP/9.9\r\n\r\n",
                    b"GET /v3/projects HTTP/1.0\r\n\r\n",
                    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 20,
                )
            )
        )

    def _flood(self) -> None:
        """Sometimes, a body of megabytes."""
        if self._random.random() > 0.05:
            return self._api()
        size = self._random.choice((2, 11, 13, 40)) * MEGABYTE
        path = self._random.choice((self._jobs, f"{self._jobs}/x/command", "/v3/auth/tokens"))
        unit = self._random.choice((b" ", b"[", b"x"))
        headers = [("Host", "x"), *self._credentials("POST", path, "", b"")]
        announced = self._random.random() < 0.5
        length = ("Content-Length", str(size)) if announced else ("Transfer-Encoding", "chunked")
        chunk = unit * MEGABYTE
        if not announced:
            chunk = b"100000\r\n" + chunk + b"\r\n"
        end = b"" if announced else b"0\r\n\r\n"
        start = request_head("POST", path, [*headers, length])
        self._exchange(start, *[chunk] * (size // MEGABYTE), end)
        return None

    # Credentials

    def _credentials(self, method: str, path: str, query: str, body: bytes) -> Any:
        kind = self._random.random()
        if self._anonymous:
            odd = [("X-Auth-Token", self._odd.text()), ("Authorization", self._odd.text())]
            return [] if kind < 0.4 else [self._random.choice(odd)]
        if kind < 0.8:
            return [("X-Auth-Token", self._token)]
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        signed = {"host": "localhost", "x-sdk-date": date, "x-project-id": self._info["project_id"]}
        names = tuple(signed)
        request = SignedRequest(method, path, query, signed, body)
        try:
            right = signature(request, names, self._info["secret_key"])
        except UnicodeEncodeError:  # a lone surrogate cannot be signed
            right = "0"
        parts = [self._info["access_key"], ";".join(names), right]
        if kind > 0.95:
            parts[self._random.randrange(3)] = self._odd.text()
        line = "SDK-HMAC-SHA256 Access={}, SignedHeaders={}, Signature={}".format(*parts)
        return [*list(signed.items())[1:], ("Authorization", line)]

    def _control_key(self, *_: Any) -> list[tuple[str, str]]:
        key = self._odd.text() if self._anonymous else self._info["secret_key"]
        return [("Authorization", f"Bearer {key}")]

    # Sending

    def _send(self, method: str, path: str, query: str, body: bytes, credentials: Any) -> RawAnswer:
        path = self._odd.path(path)
        if self._random.random() < 0.05:
            method = self._random.choice(METHODS)
        valid = [("Host", "localhost"), ("Content-Length", str(len(body)))]
        headers = self._odd.headers([*valid, *credentials(method, path, query, body)])
        target = f"{path}?{query}" if query else path
        return self._exchange(request_head(method, target, headers) + body)

    def _exchange(self, *pieces: bytes) -> RawAnswer:
        answer = send_raw(self._info["endpoint"], *pieces, patience=_PATIENCE)
        self.result.statuses[answer.status] += 1
        if answer.status.startswith("5"):
            self.result.failures.append(f"{answer.status} {pieces[0][:300]!r}")
        return answer

    # Valid requests in between

    def _recover(self) -> None:
        """Undo locks, faults and expired tokens, and create a job for the next requests."""
        key = ("Authorization", f"Bearer {self._info['secret_key']}")
        self._valid("DELETE", "/_emulator/faults", [key], b"")
        self._valid("PUT", "/_emulator/clock/skew", [key], b'{"seconds":0}')
        self._valid("POST", "/_emulator/clock/advance", [key], b'{"seconds":301}')
        if self._anonymous:
            return
        self._token = self._new_token()
        answer = self._valid("POST", self._jobs, [("X-Auth-Token", self._token)], b'{"name":"job"}')
        if answer.status == "200":
            self._remember(json.loads(answer.body))
        else:
            self.result.failures.append(f"a valid create was refused: {answer}")

    def _is_alive(self) -> bool:
        token = ("X-Auth-Token", self._new_token())
        return self._valid("GET", self._jobs, [token], b"").status == "200"

    def _new_token(self) -> str:
        user = {"name": self._info["user"], "domain": {"name": self._info["domain"]}}
        user["password"] = self._info["password"]
        identity = {"methods": ["password"], "password": {"user": user}}
        scope = {"project": {"name": self._info["region"]}}
        body = json.dumps({"auth": {"identity": identity, "scope": scope}}).encode()
        answer = self._valid("POST", "/v3/auth/tokens", [], body)
        found = re.search(rb"(?i)x-subject-token: (\S+)", answer.head)
        return found[1].decode() if found else ""

    def _valid(
        self, method: str, path: str, headers: list[tuple[str, str]], body: bytes
    ) -> RawAnswer:
        framing = [("Host", "x"), ("Content-Length", str(len(body)))]
        start = request_head(method, path, [*framing, *headers])
        return send_raw(self._info["endpoint"], start + body)

    def _remember(self, answer: dict[str, Any]) -> None:
        self._job_ids = [*self._job_ids[-20:], answer["job_id"]]
        for name, value in answer.items():
            if name.endswith("_upload_url"):
                urls = value if isinstance(value, list) else [value]
                parts = [urlsplit(url) for url in urls]
                self._urls += [f"{part.path}?{part.query}" for part in parts]
        self._urls = self._urls[-60:]

    def _peak_memory(self) -> int:
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
            return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024  # type: ignore[index]
        except (OSError, TypeError):  # not Linux: current instead of peak memory
            return int(psutil.Process(self._process.pid).memory_info().rss)


def main() -> int:
    """Run with the options of the command line; returns 1 if the run was not clean."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--anonymous", action="store_true", help="without credentials")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fuzz = Fuzz(Path(folder), options.seed, anonymous=options.anonymous)
        result = fuzz.run(options.requests)
    counts = ", ".join(f"{status}: {n}" for status, n in sorted(result.statuses.items()))
    print(f"requests      {result.statuses.total()} ({counts})")
    print(f"5xx           {len(result.failures)}")
    print(f"tracebacks    {result.tracebacks}")
    print(f"forged lines  {result.forged_lines}")
    print(f"peak memory   {result.peak_memory / MEGABYTE:.0f} MB")
    print(f"still serves  {'yes' if result.alive else 'no'}")
    for failure in result.failures[:20]:
        print(failure)
    return 0 if result.clean() else 1


if __name__ == "__main__":
    sys.exit(main())
