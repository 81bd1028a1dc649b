"""Files to send, a web server to read them from, and URLs to send them to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pulumi_metastudio.api import CreateJob, MetaStudioClient, UploadUrls
from pulumi_metastudio.transfer import Uploader


@dataclass
class Web:
    """Serves ``content`` at every path, in the way the switches say."""

    url: str = ""
    content: bytes = b"0123456789"
    etag: str | None = '"v1"'
    last_modified: str | None = None
    tells_length: bool = True
    takes_ranges: bool = True
    status: int = 200
    breaks_after: int | None = None
    breaks_once: bool = False
    requests: list[tuple[str, str | None]] = field(default_factory=list)


@pytest.fixture
def web() -> Iterator[Web]:
    told = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            told.requests.append((self.path, wanted))
            body, status = told.content, told.status
            # Before the headers go out: a test changes the switches once it has them.
            breaks_after = told.breaks_after
            if told.breaks_once:
                told.breaks_after = None
            if wanted and told.takes_ranges and status == 200:
                body, status = body[int(wanted.removeprefix("bytes=").rstrip("-")) :], 206
            self.send_response(status)
            if told.tells_length:
                self.send_header("Content-Length", str(len(body)))
            if told.etag:
                self.send_header("ETag", told.etag)
            if told.last_modified:
                self.send_header("Last-Modified", told.last_modified)
            self.end_headers()
            self.close_connection = True
            with suppress(ConnectionError):  # of a reader that only wanted the headers
                self.wfile.write(body[:breaks_after])

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def make(content: bytes = b"0123456789", name: str = "video.mp4") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return make


@pytest.fixture
def urls(client: MetaStudioClient) -> UploadUrls:
    """A new job's URLs, four for its video."""
    return client.create_job(CreateJob(name="n", video_multipart_count=4))


@pytest.fixture
def uploader() -> Uploader:
    return Uploader(stall_timeout=20, parallel=3)
