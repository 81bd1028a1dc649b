"""Shared by all tests of the provider: a service of the test's own, and no real waiting."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import imageio_ffmpeg
import pytest
import tenacity.nap
from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from metastudio_emulator import Emulator
from pulumi_metastudio.api import AccessKey, MetaStudioClient, Settings
from pulumi_metastudio.lifecycle import Context
from pulumi_metastudio.transfer import SourceCache, Uploader

StartEmulator = Callable[..., Emulator]

_OWN_VARIABLES = ("METASTUDIO_", "HUAWEICLOUD_", "HW_", "CLOUD_SDK_", "XDG_", "NETRC")


@pytest.fixture(autouse=True)
def _own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting and no file of the machine that runs the tests reaches them."""
    for name in list(os.environ):
        if name.startswith(_OWN_VARIABLES):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.delenv("CI", raising=False)  # texts are rarer there
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("METASTUDIO_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between two attempts, noted instead of slept."""
    noted: list[float] = []
    monkeypatch.setattr(tenacity.nap, "time", SimpleNamespace(sleep=noted.append))
    return noted


@dataclass
class Notes:
    """A reporter that keeps every text."""

    texts: list[tuple[str, str]] = field(default_factory=list)

    def status(self, text: str) -> None:
        self.texts.append(("status", text))

    def info(self, text: str) -> None:
        self.texts.append(("info", text))

    def warning(self, text: str) -> None:
        self.texts.append(("warning", text))

    def error(self, text: str) -> None:
        self.texts.append(("error", text))

    def of(self, kind: str) -> list[str]:
        return [text for its_kind, text in self.texts if its_kind == kind]


@pytest.fixture
def notes() -> Notes:
    return Notes()


Film = Callable[..., Path]


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """Makes real MP4 videos, one frame a second, each once in a run; not to be written to."""
    folder = tmp_path_factory.mktemp("films")
    program = imageio_ffmpeg.get_ffmpeg_exe()

    def make(size: str = "1920x1080", seconds: int = 185, *options: str) -> Path:
        path = folder / f"{'-'.join([size, str(seconds), *options])}.mp4"
        if not path.exists():
            picture = f"color=c=green:size={size}:rate=1:duration={seconds}"
            command = [program, "-loglevel", "error", "-f", "lavfi", "-i", picture, *options]
            codec = ["-c:v", "libx264", "-preset", "ultrafast"]
            subprocess.run([*command, *codec, path], check=True)
        return path

    return make


@pytest.fixture
def start(tmp_path: Path, stop_meanwhile: Callable[[Emulator], None]) -> Iterator[StartEmulator]:
    """Start emulators that serve this test alone, each on a free port."""
    started: list[Emulator] = []

    def start_one(**options: Any) -> Emulator:
        chosen = {"transitions": "manual", **options}
        service = Emulator(tmp_path / f"service{len(started)}", **chosen)
        started.append(service.start())
        return service

    yield start_one
    for service in started:
        stop_meanwhile(service)


@pytest.fixture
def emulator(start: StartEmulator) -> Emulator:
    return start()


@pytest.fixture
def settings_for() -> Callable[..., Settings]:
    """Settings for an emulator, quick enough for a test; keyword arguments replace some."""

    def build(emulator: Emulator, **changes: Any) -> Settings:
        settings = Settings(
            endpoint=emulator.endpoint,
            iam_endpoint=emulator.iam_endpoint,
            region=emulator.region,
            project_id=emulator.project_id,
            credentials=AccessKey(emulator.access_key, emulator.secret_key),
            reads_per_second=1000,
            writes_per_second=1000,
        )
        return replace(settings, **changes)

    return build


@pytest.fixture
def client_for(settings_for: Callable[..., Settings]) -> Callable[..., MetaStudioClient]:
    def build(emulator: Emulator, **changes: Any) -> MetaStudioClient:
        return MetaStudioClient(settings_for(emulator, **changes))

    return build


@pytest.fixture
def client(emulator: Emulator, client_for: Callable[..., MetaStudioClient]) -> MetaStudioClient:
    return client_for(emulator)


@pytest.fixture
def context_for(
    settings_for: Callable[..., Settings], tmp_path: Path, notes: Notes
) -> Callable[..., Context]:
    """What the life cycle works with, for an emulator; reports go to ``notes``."""

    def build(emulator: Emulator, **changes: Any) -> Context:
        return Context(
            MetaStudioClient(
                settings_for(emulator, **{n: v for n, v in changes.items() if n != "owner"})
            ),
            Uploader(stall_timeout=changes.get("stall_timeout", 20.0)),
            cache=SourceCache(tmp_path / "fingerprints.db"),
            reporter=notes,
            owner=changes.get("owner", "0123456789abcdef"),
        )

    return build


def outputs_of(result: CreateResult | ReadResult | UpdateResult) -> dict[str, Any]:
    """What the engine would record; the SDK allows a provider to give nothing."""
    assert result.outs is not None
    return result.outs


@pytest.fixture
def answers() -> Callable[[dict[str, dict[str, int]], str], int]:
    """How many requests of one operation the service saw, whatever came of them."""

    def count(counters: dict[str, dict[str, int]], operation: str) -> int:
        return sum(counters.get(operation, {}).values())

    return count


@dataclass
class Canned:
    """A server with prepared answers, also such as the emulator would never give.

    Answers in order, the last one for ever; ``None`` closes the connection unanswered.
    """

    endpoint: str = ""
    answers: list[tuple[int, dict[str, str], bytes] | None] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def say(self, status: int, body: str = "", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, named, body.encode()))

    def hang_up(self) -> None:
        self.answers.append(None)


@pytest.fixture
def canned() -> Iterator[Canned]:
    script = Canned()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            script.requests.append((self.command, self.path, dict(self.headers)))
            turn = min(len(script.requests), len(script.answers)) - 1
            found = script.answers[turn]
            self.close_connection = True
            if found is None:
                return
            status, headers, body = found
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield script
    server.shutdown()
    thread.join()
    server.server_close()
