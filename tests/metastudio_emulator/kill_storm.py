"""Kills the emulator again and again while four clients write, and counts what is lost.

    python tests/metastudio_emulator/kill_storm.py --kills 50 --seed 1

Four writers create jobs, upload parts and files, confirm videos and replace them. At a random
moment the process gets SIGKILL, and another one starts on the same folder. Everything that was
acknowledged must be there: jobs are listed, parts are listed and can be confirmed, and confirmed
or complete files have the same content, byte by byte.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

WRITERS = 4
OCTETS = {"Content-Type": "application/octet-stream"}
_LONGEST_RUN = 0.8  # seconds from the start of the writers to the kill
_FAILURES = ("lost_jobs", "lost_parts", "wrong_files", "not_confirmable", "errors", "tracebacks")


@dataclasses.dataclass
class Counts:
    """What was acknowledged, and what of it was lost; the last six must be 0."""

    kills: int = 0
    jobs: int = 0
    parts: int = 0
    files: int = 0
    confirmed: int = 0
    confirmations_interrupted: int = 0
    lost_jobs: int = 0
    lost_parts: int = 0
    wrong_files: int = 0
    not_confirmable: int = 0
    errors: int = 0
    tracebacks: int = 0

    def clean(self) -> bool:
        """Whether nothing was lost."""
        return not any(getattr(self, name) for name in _FAILURES)


@dataclasses.dataclass
class Content:
    """Random bytes, generated when needed, so that thousands of files take no memory."""

    seed: int
    size: int

    def data(self) -> bytes:
        return random.Random(self.seed).randbytes(self.size)

    def md5(self) -> str:
        return hashlib.md5(self.data()).hexdigest()


@dataclasses.dataclass
class Record:
    """What a writer knows of a job.

    Attributes:
        job_id: its id.
        urls: the latest answer with its upload URLs.
        parts: acknowledged parts of the current upload, by number.
        video: parts of the confirmed video.
        cover: the acknowledged cover.
        interrupted: the request whose answer the kill prevented: "part", "cover", "confirm" or
            "update".
        sent: the content of that request.
        is_changed: a request was sent since the last check.
        has_failed: an answer was an error.
    """

    job_id: str
    urls: dict[str, Any]
    parts: dict[int, Content] = dataclasses.field(default_factory=dict)
    video: list[Content] = dataclasses.field(default_factory=list)
    cover: Content | None = None
    interrupted: str = ""
    sent: Content | None = None
    is_changed: bool = True
    has_failed: bool = False

    @property
    def is_finished(self) -> bool:
        done = bool(self.video) and not self.parts and not self.interrupted
        return done or self.has_failed

    @property
    def missing_parts(self) -> list[int]:
        count = len(self.urls["training_video_upload_url"])
        return [number for number in range(1, count + 1) if number not in self.parts]


class UnexpectedAnswer(Exception):
    """An error response to a valid request."""


class Service:
    """One process of the emulator."""

    def __init__(self, folder: Path, log: Path) -> None:
        self._log = log.open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "metastudio_emulator", "--data", str(folder)],
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        assert self.process.stdout is not None
        self.info: dict[str, str] = json.loads(self.process.stdout.readline())
        self.jobs_url = (
            f"{self.info['endpoint']}/v1/{self.info['project_id']}"
            "/digital-human-training-manage/user/jobs"
        )

    def end(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        self.process.communicate(timeout=60)
        self._log.close()

    def token(self) -> str:
        user = {"name": self.info["user"], "domain": {"name": self.info["domain"]}}
        user["password"] = self.info["password"]
        identity = {"methods": ["password"], "password": {"user": user}}
        scope = {"project": {"name": self.info["region"]}}
        answer = requests.post(
            f"{self.info['iam_endpoint']}/v3/auth/tokens",
            json={"auth": {"identity": identity, "scope": scope}},
            timeout=60,
        )
        return answer.headers["X-Subject-Token"]


class Client:
    """The requests of one thread; every error response is counted."""

    def __init__(self, service: Service, token: str, counts: Counts) -> None:
        self._service = service
        self._counts = counts
        self._session = requests.Session()
        self._headers = {"X-Auth-Token": token}

    def call(self, method: str, path: str = "", **more: Any) -> Any:
        url = self._service.jobs_url + path
        answer = self._session.request(method, url, headers=self._headers, timeout=60, **more)
        if answer.status_code != 200:
            self._counts.errors += 1
            raise UnexpectedAnswer(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def command(self, job_id: str, command: str) -> Any:
        return self.call("POST", f"/{job_id}/command", json={"command": command})

    def upload(self, url: str, content: Content) -> None:
        """Upload; a used URL is no error, since the kill may have prevented the first answer."""
        answer = self._session.put(self._here(url), data=content.data(), headers=OCTETS, timeout=60)
        is_used = answer.status_code == 403 and "already used" in answer.text
        if answer.status_code != 200 and not is_used:
            self._counts.errors += 1

    def download(self, url: str) -> bytes:
        return self._session.get(self._here(url), timeout=60).content

    def _here(self, url: str) -> str:
        """A URL of an earlier process with the current port, which is not part of the signature."""
        parts = urlsplit(url)
        return f"{self._service.info['endpoint']}{parts.path}?{parts.query}"


class KillStorm:
    """Repeated starts and kills on one data folder.

    Args:
        folder: for the data and the log.
        seed: of what is written and when a process is killed.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.counts = Counts()
        self._data = folder / "data"
        self._log = folder / "log"
        self._random = random.Random(seed)
        self._records: list[list[Record]] = [[] for _ in range(WRITERS)]
        self._lock = threading.Lock()
        self._token = ""

    def run(self, kills: int) -> None:
        """Start and kill that often; then start once more, finish every job and check it."""
        for _ in range(kills):
            service = Service(self._data, self._log)
            self._token = self._token or service.token()
            self._check(service, only_changed=True)
            self._write_until_killed(service)
            self.counts.kills += 1
        service = Service(self._data, self._log)
        for records in self._records:
            for record in records:
                client = Client(service, self._token, self.counts)
                while not record.is_finished:
                    self._try(client, record, self._random)
        self._check(service, only_changed=False)
        service.end(signal.SIGTERM)
        self.counts.tracebacks = self._log.read_text(errors="replace").count("Traceback")

    def _write_until_killed(self, service: Service) -> None:
        seeds = [self._random.getrandbits(64) for _ in range(WRITERS)]
        writers = [
            threading.Thread(target=self._writer, args=(service, records, random.Random(seed)))
            for records, seed in zip(self._records, seeds, strict=True)
        ]
        for writer in writers:
            writer.start()
        time.sleep(self._random.uniform(0.05, _LONGEST_RUN))
        service.end(signal.SIGKILL)
        for writer in writers:
            writer.join()

    def _writer(self, service: Service, records: list[Record], rng: random.Random) -> None:
        client = Client(service, self._token, self.counts)
        try:
            while True:
                unfinished = [record for record in records[-5:] if not record.is_finished]
                if unfinished and rng.random() < 0.9:
                    self._try(client, rng.choice(unfinished), rng)
                elif records and records[-1].is_finished and rng.random() < 0.2:
                    self._replace(client, records[-1], rng)
                else:
                    body = {"name": "storm", "video_multipart_count": rng.randint(1, 4)}
                    urls = client.call("POST", json=body)
                    records.append(Record(urls["job_id"], urls))
                    self._add("jobs")
        except requests.RequestException:
            return

    def _try(self, client: Client, record: Record, rng: random.Random) -> None:
        try:
            self._continue(client, record, rng)
        except UnexpectedAnswer as error:
            print(error, file=sys.stderr)
            record.has_failed = True

    def _continue(self, client: Client, record: Record, rng: random.Random) -> None:
        """Send the next request for a job: the interrupted one, a cover, a part, or confirm."""
        record.is_changed = True
        if record.interrupted == "update":
            self._replace(client, record, rng)
        elif record.interrupted == "cover" or (
            not record.interrupted and record.cover is None and rng.random() < 0.2
        ):
            record.cover = self._send(client, record, "cover", record.urls["cover_upload_url"])
            self._add("files")
        elif record.missing_parts:
            number = record.missing_parts[0]
            url = record.urls["training_video_upload_url"][number - 1]
            record.parts[number] = self._send(client, record, "part", url)
            self._add("parts")
        else:
            self._confirm(client, record)

    def _send(self, client: Client, record: Record, what: str, url: str) -> Content:
        if record.interrupted != what or record.sent is None:
            with self._lock:
                size = int(10 ** self._random.uniform(0, 5.5))
                record.sent = Content(self._random.getrandbits(64), size)
        record.interrupted = what
        client.upload(url, record.sent)
        record.interrupted = ""
        return record.sent

    def _confirm(self, client: Client, record: Record) -> None:
        if record.interrupted == "confirm":
            self._add("confirmations_interrupted")
        record.interrupted = "confirm"
        answer = client.command(record.job_id, "CONFIRM_MULTIPART_UPLOADED")
        record.interrupted = ""
        if answer["commond_result"] != "EXCUTE_SUCCESS":
            self._add("not_confirmable")
        record.video = [content for _, content in sorted(record.parts.items())]
        record.parts = {}
        self._add("confirmed")

    def _replace(self, client: Client, record: Record, rng: random.Random) -> None:
        """Start another video for a job; the old one stays until the new one is confirmed."""
        record.is_changed = True
        record.interrupted = "update"
        count = rng.randint(1, 4)
        record.urls = client.call("PUT", f"/{record.job_id}", json={"video_multipart_count": count})
        record.interrupted = ""
        record.parts[1] = self._send(
            client, record, "part", record.urls["training_video_upload_url"][0]
        )

    def _check(self, service: Service, *, only_changed: bool) -> None:
        client = Client(service, self._token, self.counts)
        listed: set[str] = set()
        while True:
            query = {"offset": len(listed), "limit": 100, "sort_key": "create_time"}
            page = client.call("GET", params={**query, "sort_dir": "asc"})
            listed |= {job["job_id"] for job in page["jobs"]}
            if len(listed) >= page["count"]:
                break
        for records in self._records:
            for record in records:
                if only_changed and not record.is_changed:
                    continue
                record.is_changed = False
                if record.job_id in listed:
                    self._check_job(client, record)
                else:
                    self._add("lost_jobs")

    def _check_job(self, client: Client, record: Record) -> None:
        if (
            record.parts
            and record.interrupted not in ("confirm", "update")
            and not record.has_failed
        ):
            answer = client.command(record.job_id, "GET_MULTIPART_UPLOADED")
            there = {
                int(part["part_number"]): part["etag"].strip('"')
                for part in answer["multipart_data"]
            }
            for number, content in record.parts.items():
                if there.get(number) != content.md5():
                    self._add("lost_parts")
        detail = client.call("GET", f"/{record.job_id}")
        if record.video and record.interrupted != "confirm":
            whole = b"".join(content.data() for content in record.video)
            self._compare(client, detail, "training_video", whole)
        if record.cover is not None:
            self._compare(client, detail, "cover", record.cover.data())

    def _compare(self, client: Client, detail: dict[str, Any], name: str, data: bytes) -> None:
        url = detail.get(f"{name}_download_url")
        if url is None or client.download(url) != data:
            self._add("wrong_files")

    def _add(self, name: str) -> None:
        with self._lock:
            setattr(self.counts, name, getattr(self.counts, name) + 1)


def main() -> int:
    """Run with the options of the command line; returns 1 if something was lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        storm = KillStorm(Path(folder), options.seed)
        storm.run(options.kills)
    for name, number in dataclasses.asdict(storm.counts).items():
        print(f"{name:22} {number}")
    return 0 if storm.counts.clean() else 1


if __name__ == "__main__":
    sys.exit(main())
