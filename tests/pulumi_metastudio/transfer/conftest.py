"""Files to send, a web server to read them from, and URLs to send them to."""

from __future__ import annotations

import datetime
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
    server: ThreadingHTTPServer | None = None
    content: bytes = b"0123456789"
    etag: str | None = '"v1"'
    last_modified: str | None = None
    tells_length: bool = True
    takes_ranges: bool = True
    status: int = 200
    breaks_after: int | None = None
    breaks_once: bool = False
    encoding: str | None = None
    moved_to: str | None = None
    authorizations: list[str | None] = field(default_factory=list)
    requests: list[tuple[str, str | None]] = field(default_factory=list)


@pytest.fixture
def web() -> Iterator[Web]:
    served = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            served.requests.append((self.path, "HEAD" if self.command == "HEAD" else wanted))
            served.authorizations.append(self.headers["Authorization"])
            if served.moved_to and not self.path.startswith("/moved"):
                self.send_response(302)
                self.send_header("Location", f"{served.moved_to}/moved")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body, status = served.content, served.status
            # Before the headers go out: a test changes the switches once it has them.
            breaks_after = served.breaks_after
            if served.breaks_once:
                served.breaks_after = None
            if wanted and served.takes_ranges and status == 200:
                begin = int(wanted.removeprefix("bytes=").rstrip("-"))
                body, status = body[begin:], 206 if body else 416
            self.send_response(status)
            if served.tells_length:
                self.send_header("Content-Length", str(len(body)))
            if served.etag:
                self.send_header("ETag", served.etag)
            if served.encoding:
                self.send_header("Content-Encoding", served.encoding)
            if served.last_modified:
                self.send_header("Last-Modified", served.last_modified)
            self.end_headers()
            self.close_connection = True
            if self.command == "HEAD":
                return
            with suppress(ConnectionError):  # of a reader that only wanted the headers
                self.wfile.write(body[:breaks_after])

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.server = server
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
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


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that signs itself, with its key in the same file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path
