"""Kills the emulator while four clients write, and counts what the next start has lost.

    python tests/metastudio_emulator/kill_storm.py --kills 50 --seed 1

Four writers create jobs, upload parts and files, confirm videos and replace them. At a random
moment the process gets SIGKILL; the next one starts on the same folder. Then everything that had
been acknowledged must be there: jobs are listed, parts are listed and can be confirmed, and what
was confirmed or uploaded whole reads back byte by byte.
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
_LONGEST_LIFE = 0.8  # seconds from the writers' start to the kill
_FAILURES = ("lost_jobs", "lost_parts", "wrong_files", "not_confirmable", "errors", "tracebacks")


@dataclasses.dataclass
class Counts:
    """What was acknowledged, and what of it was lost; the last six must be 0."""

    kills: int = 0
    jobs: int = 0
    parts: int = 0
    files: int = 0
    confirmed: int = 0
    confirmations_cut_off: int = 0
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
    """Bytes that can be made again, so that thousands of them need no memory."""

    seed: int
    size: int

    def data(self) -> bytes:
        return random.Random(self.seed).randbytes(self.size)

    def md5(self) -> str:
        return hashlib.md5(self.data()).hexdigest()


@dataclasses.dataclass
class Record:
    """What one writer knows of one job; contents are those that were acknowledged."""

    job_id: str
    urls: dict[str, Any]
    parts: dict[int, Content] = dataclasses.field(default_factory=dict)
    video: list[Content] = dataclasses.field(default_factory=list)
    cover: Content | None = None
    #: The request whose answer the kill took: "part", "cover", "confirm" or "update".
    cut_off: str = ""
    sent: Content | None = None
    touched: bool = True
    refused: bool = False

    @property
    def missing(self) -> list[int]:
        count = len(self.urls["training_video_upload_url"])
        return [number for number in range(1, count + 1) if number not in self.parts]


class Refused(Exception):
    """An answer that no client of a healthy service sees."""


class Service:
    """One life of the emulator's process, as its clients see it."""

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
    """Requests of one thread; every answer that is no success counts as an error."""

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
            raise Refused(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def command(self, job_id: str, command: str) -> Any:
        return self.call("POST", f"/{job_id}/command", json={"command": command})

    def upload(self, url: str, content: Content) -> None:
        """A URL that is used up was so by an earlier attempt, whose answer the kill took."""
        answer = self._session.put(self._here(url), data=content.data(), headers=OCTETS, timeout=60)
        used_up = answer.status_code == 403 and "already used" in answer.text
        if answer.status_code != 200 and not used_up:
            self._counts.errors += 1

    def download(self, url: str) -> bytes:
        return self._session.get(self._here(url), timeout=60).content

    def _here(self, url: str) -> str:
        """A URL of an earlier life: the signature covers no host, and the port has changed."""
        parts = urlsplit(url)
        return f"{self._service.info['endpoint']}{parts.path}?{parts.query}"


class KillStorm:
    """Lives and deaths of one data folder.

    Args:
        folder: everything is in here.
        seed: decides what is written and when a life ends.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.counts = Counts()
        self._data = folder / "data"
        self._log = folder / "log"
        self._random = random.Random(seed)
        self._records: list[list[Record]] = [[] for _ in range(WRITERS)]
        self._lock = threading.Lock()
        self._token = ""

    def blow(self, kills: int) -> None:
        """Kill as often, then start once more, finish every job and check all of it."""
        for _ in range(kills):
            service = Service(self._data, self._log)
            self._token = self._token or service.token()
            self._check(service, lambda record: record.touched)
            self._write_until_killed(service)
            self.counts.kills += 1
        service = Service(self._data, self._log)
        for records in self._records:
            for record in records:
                client = Client(service, self._token, self.counts)
                while not self._finished(record):
                    self._try(client, record, self._random)
        self._check(service, lambda record: True)
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
        time.sleep(self._random.uniform(0.05, _LONGEST_LIFE))  # a moment, not a condition
        service.end(signal.SIGKILL)
        for writer in writers:
            writer.join()

    def _writer(self, service: Service, records: list[Record], chance: random.Random) -> None:
        client = Client(service, self._token, self.counts)
        try:
            while True:
                open_ones = [record for record in records[-5:] if not self._finished(record)]
                if open_ones and chance.random() < 0.9:
                    self._try(client, chance.choice(open_ones), chance)
                elif records and self._finished(records[-1]) and chance.random() < 0.2:
                    self._replace(client, records[-1], chance)
                else:
                    body = {"name": "storm", "video_multipart_count": chance.randint(1, 4)}
                    urls = client.call("POST", json=body)
                    records.append(Record(urls["job_id"], urls))
                    self._add("jobs")
        except requests.RequestException:
            return

    def _try(self, client: Client, record: Record, chance: random.Random) -> None:
        try:
            self._go_on(client, record, chance)
        except Refused as error:
            print(error, file=sys.stderr)
            record.refused = True

    @staticmethod
    def _finished(record: Record) -> bool:
        done = bool(record.video) and not record.parts and not record.cut_off
        return done or record.refused

    def _go_on(self, client: Client, record: Record, chance: random.Random) -> None:
        """One more request for a job: what was cut off first, then a part, or the confirmation."""
        record.touched = True
        if record.cut_off == "update":
            self._replace(client, record, chance)
        elif record.cut_off == "cover" or (
            not record.cut_off and record.cover is None and chance.random() < 0.2
        ):
            record.cover = self._send(client, record, "cover", record.urls["cover_upload_url"])
            self._add("files")
        elif record.missing:
            number = record.missing[0]
            url = record.urls["training_video_upload_url"][number - 1]
            record.parts[number] = self._send(client, record, "part", url)
            self._add("parts")
        else:
            self._confirm(client, record)

    def _send(self, client: Client, record: Record, what: str, url: str) -> Content:
        if record.cut_off != what or record.sent is None:
            with self._lock:
                size = int(10 ** self._random.uniform(0, 5.5))
                record.sent = Content(self._random.getrandbits(64), size)
        record.cut_off = what
        client.upload(url, record.sent)
        record.cut_off = ""
        return record.sent

    def _confirm(self, client: Client, record: Record) -> None:
        if record.cut_off == "confirm":
            self._add("confirmations_cut_off")
        record.cut_off = "confirm"
        answer = client.command(record.job_id, "CONFIRM_MULTIPART_UPLOADED")
        record.cut_off = ""
        if answer["commond_result"] != "EXCUTE_SUCCESS":
            self._add("not_confirmable")
        record.video = [content for _, content in sorted(record.parts.items())]
        record.parts = {}
        self._add("confirmed")

    def _replace(self, client: Client, record: Record, chance: random.Random) -> None:
        """Another video for a confirmed job; the old one stays until that is confirmed."""
        record.touched = True
        record.cut_off = "update"
        count = chance.randint(1, 4)
        record.urls = client.call("PUT", f"/{record.job_id}", json={"video_multipart_count": count})
        record.cut_off = ""
        record.parts[1] = self._send(
            client, record, "part", record.urls["training_video_upload_url"][0]
        )

    def _check(self, service: Service, wanted: Any) -> None:
        client = Client(service, self._token, self.counts)
        listed: set[str] = set()
        while True:
            query = {"offset": len(listed), "limit": 100, "sort_key": "create_time"}
            page = client.call("GET", params={**query, "sort_dir": "asc"})
            listed |= {job["job_id"] for job in page["jobs"]}
            if len(listed) >= page["count"]:
                break
        for records in self._records:
            for record in filter(wanted, records):
                record.touched = False
                if record.job_id in listed:
                    self._check_job(client, record)
                else:
                    self._add("lost_jobs")

    def _check_job(self, client: Client, record: Record) -> None:
        if record.parts and record.cut_off not in ("confirm", "update") and not record.refused:
            answer = client.command(record.job_id, "GET_MULTIPART_UPLOADED")
            there = {
                int(part["part_number"]): part["etag"].strip('"')
                for part in answer["multipart_data"]
            }
            for number, content in record.parts.items():
                if there.get(number) != content.md5():
                    self._add("lost_parts")
        detail = client.call("GET", f"/{record.job_id}")
        if record.video and record.cut_off != "confirm":
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
    """Run a storm by its options; 1 when something was lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        storm = KillStorm(Path(folder), options.seed)
        storm.blow(options.kills)
    for name, number in dataclasses.asdict(storm.counts).items():
        print(f"{name:22} {number}")
    return 0 if storm.counts.clean() else 1


if __name__ == "__main__":
    sys.exit(main())
