"""A web server that serves objects as an object storage does, and counts what is asked of it."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Bucket:
    """Objects by path; a query, which would be a signature, is not looked at.

    Attributes:
        etags: ETags by path; by default a digest of the content.
        requests: how many of each method.
        bytes_offered: of objects, all together; who wanted the headers only has read none.
    """

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    bytes_offered: int = 0

    def put(self, path: str, content: bytes) -> str:
        """Store an object; its URL."""
        self.objects[path] = content
        return f"{self.url}{path}"

    def forget(self) -> None:
        """Count from nothing."""
        self.requests.clear()
        self.bytes_offered = 0

    def told(self) -> str:
        """The counts, to be read."""
        counted = [f"{count} x {method}" for method, count in sorted(self.requests.items())]
        return ", ".join([*counted, f"{self.bytes_offered} bytes"])


@contextmanager
def serve_bucket() -> Iterator[Bucket]:
    """A bucket on a free port."""
    bucket = Bucket()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            bucket.requests[self.command] += 1
            path = self.path.partition("?")[0]
            content = bucket.objects.get(path)
            if content is None:
                self.send_error(404)
                return
            # Before anybody gets the answer, so that whoever has it finds it counted.
            if self.command == "GET":
                bucket.bytes_offered += len(content)
            digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", bucket.etags.get(path, f'"{digest}"'))
            self.end_headers()
            if self.command == "GET":
                with suppress(ConnectionError):  # of a reader that only wanted the headers
                    self.wfile.write(content)

        do_GET = do_HEAD = answer

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    bucket.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
