"""An http(s) URL as a source: streamed through, never spooled to disk."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime

import requests
from requests.auth import HTTPBasicAuth
from requests.utils import get_auth_from_url

from ...common.redact import one_line
from ...errors import InputError
from .base import READ_ERRORS, Glance, OnRetry, Readable, url_label
from .resuming import FinalReadError, ResumingReader

_log = logging.getLogger(__name__)

_TIMEOUT = (10, 60)
#: How old a Last-Modified must be to prove anything.
_SETTLED = timedelta(minutes=1)
#: Small, so that a connection which breaks again and again still makes progress.
_BLOCK = 64 * 1024
#: Encodings whose bytes are the file's own; S3's second one is left over from an upload.
_AS_IT_IS = {"", "identity", "aws-chunked"}


def web_source(url: str) -> WebSource:
    """The source behind ``url``.

    Raises:
        InputError: it does not answer, is empty or compressed, or its length is unknown.
    """
    label = url_label(url)
    try:
        # Not HEAD: a URL signed for GET refuses it. The status of the answer to a Range says
        # whether the server knows ranges.
        answer = _get(url, label, "bytes=0-")
    except (requests.RequestException, ValueError) as error:
        raise InputError(f"'{label}' cannot be reached: {one_line(error, 120)}") from None
    with answer:
        status = answer.status_code
        if status == requests.codes.requested_range_not_satisfiable:
            raise InputError(f"'{label}' is empty")  # it has no first byte
        if status not in (200, 206):
            raise InputError(f"'{label}' answered HTTP {status}: it must be readable")
        encoded = _encoded(answer)
        if encoded:
            raise InputError(f"'{label}' {encoded}: store the file without it")
        whole = answer.headers.get("Content-Range", "").rpartition("/")[2]
        length = whole if whole.isdigit() else answer.headers.get("Content-Length", "")
        if not length.isdigit():
            raise InputError(f"'{label}' does not tell its Content-Length, which an upload needs")
        if int(length) == 0:
            raise InputError(f"'{label}' is empty")
        mark = _mark(answer)
    validator = f"{length}-{mark}" if mark else ""
    return WebSource(url, label, int(length), validator, _proof(answer), mark, status == 206)


def web_glance(url: str) -> Glance | None:
    """What HEAD tells of a URL; None where it tells nothing, as of one that is signed for GET."""
    label = url_label(url)
    try:
        answer = _ask("HEAD", url, label)
    except (requests.RequestException, ValueError):
        return None
    with answer:
        length = answer.headers.get("Content-Length", "")
        if answer.status_code != requests.codes.ok or not length.isdigit() or _encoded(answer):
            return None
        return Glance(url, label, int(length), _proof(answer))


@dataclass(frozen=True)
class WebSource:
    """See ``sources.Source``."""

    location: str = field(repr=False)
    label: str
    size: int
    validator: str
    proof: str
    mark: str
    seekable: bool
    local: bool = False
    #: The stream that the last reader left in the middle, of a server without Range.
    _left: list[_Body] = field(default_factory=list, repr=False, compare=False)

    def reader(
        self, start: int = 0, on_retry: OnRetry | None = None
    ) -> AbstractContextManager[Readable]:
        """Read from ``start`` on, by a Range header; again where a connection breaks.

        A server that knows no Range is read in order by one request for all readers, each of
        which begins where the last one ended; any other begin costs what is before it.
        """

        @contextmanager
        def opened_at(position: int) -> Iterator[Readable]:
            stream = self._left.pop() if self._left else None
            if stream and stream.position != position:
                stream.close()
                stream = None
            if stream is None:
                stream = self._open(position, resumed=position > start)
            try:
                yield stream
            finally:
                if self.seekable or stream.broken or stream.position == self.size:
                    stream.close()
                else:
                    self._left.append(stream)

        return ResumingReader(self.label, self.size, start, opened_at, on_retry)

    def _open(self, position: int, *, resumed: bool) -> _Body:
        answer = _get(self.location, self.label, f"bytes={position}-" if position else None)
        try:
            self._check(answer, position, resumed=resumed)
            stream = _Body(answer, position if answer.status_code == 206 else 0)
            stream.skip_to(position)
        except BaseException:
            answer.close()
            raise
        return stream

    def _check(self, answer: requests.Response, position: int, *, resumed: bool) -> None:
        status = answer.status_code
        if status >= 500 or status == requests.codes.too_many_requests:
            raise OSError(f"{self.label} answered HTTP {status} to a read")
        if status not in (200, 206) or (status == 206 and not position):
            raise FinalReadError(f"{self.label} answered HTTP {status} to a read")
        encoded = _encoded(answer)
        if encoded:
            raise FinalReadError(f"{self.label} {encoded}")
        if (resumed or (position and status == 200)) and _mark(answer) != self.mark:
            raise FinalReadError(f"{self.label} changed while it was being read")


class _Body:
    """The body of an answer, as a stream that knows where in the file it is."""

    def __init__(self, answer: requests.Response, position: int):
        self.position = position
        self.broken = False
        self._answer = answer

    def read(self, size: int = -1, /) -> bytes:
        try:
            block = bytes(self._answer.raw.read(size))
        except READ_ERRORS:
            self.broken = True
            raise
        self.broken = not block
        self.position += len(block)
        return block

    def readinto(self, buffer: memoryview | bytearray, /) -> int:
        block = self.read(min(len(buffer), _BLOCK))
        buffer[: len(block)] = block
        return len(block)

    def skip_to(self, position: int) -> None:
        while self.position < position and self.read(min(position - self.position, _BLOCK)):
            pass

    def close(self) -> None:
        self._answer.close()


class _Session(requests.Session):
    """Proxies and certificates are the environment's; credentials are the URL's, or none.

    Those in ~/.netrc, which requests would send, were given to other programs.
    """

    def __init__(self) -> None:
        super().__init__()
        self.auth = _of_url

    def rebuild_auth(
        self, prepared_request: requests.PreparedRequest, response: requests.Response
    ) -> None:
        """After a redirect: to another host no credentials go along."""
        urls = str(response.request.url), str(prepared_request.url)
        if self.should_strip_auth(*urls):  # type: ignore[no-untyped-call]
            prepared_request.headers.pop("Authorization", None)


def _of_url(request: requests.PreparedRequest) -> requests.PreparedRequest:
    user, password = get_auth_from_url(str(request.url))
    return HTTPBasicAuth(user, password)(request) if user or password else request


def _get(url: str, label: str, wanted: str | None) -> requests.Response:
    return _ask("GET", url, label, wanted)


def _ask(method: str, url: str, label: str, wanted: str | None = None) -> requests.Response:
    headers = {"Accept-Encoding": "identity", **({"Range": wanted} if wanted else {})}
    started = time.monotonic()
    with _Session() as session:
        answer = session.request(method, url, headers=headers, stream=True, timeout=_TIMEOUT)
    took = time.monotonic() - started
    what = method if method == "HEAD" else wanted or "all"
    _log.debug("read %s: HTTP %d, %s, %.3f s", label, answer.status_code, what, took)
    return answer


def _mark(answer: requests.Response) -> str:
    return answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""


def _proof(answer: requests.Response) -> str:
    """What proves equal bytes on any machine; empty where nothing does.

    A strong ETag does. A weak one promises equal meaning only, and a Last-Modified counts whole
    seconds: a file that changes twice in one has one time. Where the time was a minute old when
    the answer was given, no change within the same second can follow it (RFC 9110, 8.8.1 and
    8.8.2.2; the minute is RFC 7232's allowance for clocks that differ): then it counts, together
    with a weak ETag if there is one.
    """
    etag = answer.headers.get("ETag", "")
    if etag and not etag.startswith("W/"):
        return etag
    modified, given = (answer.headers.get(name, "") for name in ("Last-Modified", "Date"))
    try:
        age = parsedate_to_datetime(given) - parsedate_to_datetime(modified)
    except (ValueError, TypeError):
        return ""
    return f"{etag} {modified}" if age >= _SETTLED else ""


def _encoded(answer: requests.Response) -> str:
    """What is wrong with bytes that are not the file's own: their number and digest are not."""
    encoding = answer.headers.get("Content-Encoding", "")
    if {each.strip().lower() for each in encoding.split(",")} <= _AS_IT_IS:
        return ""
    return f"comes with Content-Encoding {one_line(encoding, 40)}"
