"""Send bytes to one-time URLs.

A small file goes up in one request; a large video in parts, each retried by itself. A local
file's parts go up several at once, while one thread reads the file in order for its fingerprint,
never further than the newest part, so that it and the parts share the system's page cache. A
remote source would be fetched twice that way: its parts go up in order, one after the other.

A storage URL holds its own authorisation: nothing is added to it but the content type that the
URL was signed for, and its query string never enters a message.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import cast

import requests

from ..common.redact import one_line
from ..common.retry import repeated
from ..errors import UploadError, UploadFailure
from .connection import STALLED, WatchedAdapter
from .hashing import (
    LARGE_BLOCK,
    SMALL_BLOCK,
    OrderedSha256,
    PartMd5,
    SourceFailed,
    blocks,
)
from .parts import part_ranges
from .progress import Meter, Reporter
from .request_body import RequestBody, Watcher
from .sources import Source, open_source
from .storage_errors import bare_etag, is_md5, storage_error

_CONNECT_TIMEOUT = 10.0

_log = logging.getLogger(__name__)


class Uploader:
    """Sends files; safe to share between threads.

    Args:
        stall_timeout: seconds without a byte moving after which a request is given up and
            repeated.
        parallel: connections that one job may use at once, for its files and their parts.
    """

    def __init__(self, *, stall_timeout: float = 60.0, parallel: int = 4):
        self._stall_timeout = stall_timeout
        self.parallel = parallel
        self._session = requests.Session()
        self._session.auth = _untouched  # or a .netrc entry would add a header to signed URLs
        adapter = WatchedAdapter(stall_timeout, pool_connections=8, pool_maxsize=4 * parallel)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def slots(self) -> threading.Semaphore:
        """The connections of one job, for files that go up beside each other."""
        return threading.Semaphore(self.parallel)

    def send(
        self,
        name: str,
        source: Source,
        urls: Sequence[str],
        content_type: str,
        reporter: Reporter,
        done: frozenset[int] = frozenset(),
        slots: threading.Semaphore | None = None,
    ) -> str:
        """Send a source to its URLs and return its SHA-256 in hexadecimal.

        Args:
            name: the input's name, for messages.
            urls: one for each part, in order; a single one takes the whole.
            content_type: what the URLs were signed for.
            done: part numbers (from 1) that the service holds already; they are not sent.
            slots: the connections, where other files share them.

        Raises:
            UploadError: a part did not arrive after repeats, or the file changed meanwhile.
        """
        started = time.monotonic()
        ranges = part_ranges(source.size, len(urls))
        parts = [
            _Part(number, url, *extent)
            for number, (url, extent) in enumerate(zip(urls, ranges, strict=True), 1)
        ]
        todo = sum(part.length for part in parts if part.number not in done)
        meter = Meter(name, todo, reporter, parts=len(urls))
        upload = _Upload(
            name, source, content_type, reporter, meter, len(urls), slots or self.slots()
        )
        try:
            if source.local and len(urls) > 1:
                sha256 = self._in_parallel(upload, parts, done)
            else:
                sha256 = self._in_order(upload, parts, done)
        except SourceFailed as error:
            raise UploadError(name, UploadFailure.SOURCE, str(error)) from None
        _check_unchanged(name, source)
        _log.info("uploaded %s: %d bytes, %.3f s", name, todo, time.monotonic() - started)
        return sha256

    def matching_parts(
        self, name: str, source: Source, count: int, etags: Mapping[int, str]
    ) -> frozenset[int]:
        """The part numbers whose ETag is the MD5 of the source's own part.

        The storage's ETag of a plain part is its MD5; any other ETag proves nothing, so such a
        part is sent again.

        Raises:
            UploadError: the source cannot be read.
        """
        ranges = part_ranges(source.size, count)
        listed = {number: bare_etag(etag) for number, etag in etags.items()}
        try:
            return frozenset(
                number
                for number, etag in sorted(listed.items())
                if 1 <= number <= count
                and is_md5(etag)
                and _md5(source, *ranges[number - 1]) == etag
            )
        except SourceFailed as error:
            raise UploadError(name, UploadFailure.SOURCE, str(error)) from None

    def _in_order(self, upload: _Upload, parts: Iterable[_Part], done: frozenset[int]) -> str:
        sha256 = OrderedSha256()
        for part in parts:
            if part.number in done:
                position = part.start
                read = (upload.source, part.start, part.length, LARGE_BLOCK, upload.on_source_retry)
                for block in blocks(*read):
                    sha256.update(position, block)
                    position += len(block)
            else:
                with upload.slots:
                    self._part(upload, part, sha256)
        return sha256.hexdigest()

    def _in_parallel(self, upload: _Upload, parts: Sequence[_Part], done: frozenset[int]) -> str:
        begun = [threading.Event() for _ in parts]
        given_up = threading.Event()

        def send(part: _Part) -> None:
            with upload.slots:
                begun[part.number - 1].set()
                self._part(upload, part)

        def follow() -> str:
            sha256 = hashlib.sha256()
            for part in parts:
                if part.number not in done:
                    begun[part.number - 1].wait()
                for block in blocks(upload.source, part.start, part.length, LARGE_BLOCK):
                    if given_up.is_set():
                        return ""
                    sha256.update(block)
            return sha256.hexdigest()

        with ThreadPoolExecutor(self.parallel + 1) as pool:
            fingerprint = pool.submit(follow)
            sending = [pool.submit(send, part) for part in parts if part.number not in done]
            try:
                _wait(sending)
                return fingerprint.result()
            finally:
                # Parts that are on their way may arrive; no other begins.
                for each in sending:
                    each.cancel()
                given_up.set()
                for event in begun:
                    event.set()

    def _part(self, upload: _Upload, part: _Part, sha256: OrderedSha256 | None = None) -> None:
        """Send one part, repeating it."""
        report = partial(upload.on_storage_retry, part)
        upload.meter.begin(part.number)
        repeated(self._attempt, upload, part, sha256, again=_worth_repeating, on_retry=report)

    def _attempt(self, upload: _Upload, part: _Part, sha256: OrderedSha256 | None) -> None:
        # The ETag of a file in one piece is never compared: no MD5 is needed.
        md5 = PartMd5() if upload.parts > 1 else None
        watchers: list[Watcher] = [each for each in (sha256, md5) if each is not None]
        body = RequestBody(
            upload.source,
            part.start,
            part.length,
            count=upload.meter.add,
            watchers=watchers,
            block=SMALL_BLOCK if upload.parts > 1 else LARGE_BLOCK,
            on_retry=upload.on_source_retry,
        )
        try:
            with body:
                etag = self._put(upload, part, body)
            if md5 and is_md5(etag) and etag != md5.hexdigest():
                detail = "the storage service received other bytes than were sent"
                raise UploadError(upload.name, UploadFailure.CONNECTION, detail)
        except BaseException:
            upload.meter.add(-body.sent)
            raise

    def _put(self, upload: _Upload, part: _Part, body: RequestBody) -> str:
        """Send one body and return the ETag that the answer gives it, if any."""
        started = time.monotonic()
        try:
            answer = self._session.put(
                part.url,
                data=cast(Iterable[bytes], body),
                headers={"Content-Type": upload.content_type},
                timeout=(min(_CONNECT_TIMEOUT, self._stall_timeout), self._stall_timeout),
                allow_redirects=False,
                stream=True,
            )
            with answer:
                _log.debug(
                    "upload %s: HTTP %d, request id %s, %d bytes, %.3f s",
                    upload.label(part),
                    answer.status_code,
                    one_line(answer.headers.get("x-obs-request-id", "none"), 80),
                    body.sent,
                    time.monotonic() - started,
                )
                if answer.status_code == 200:
                    _drain(answer)
                    return bare_etag(answer.headers.get("ETag", ""))
                text = answer.text
        except (requests.RequestException, OSError) as error:
            if isinstance(error, requests.ReadTimeout) or STALLED in str(error):
                detail = f"{self._stall_timeout:g} s"
                raise UploadError(upload.name, UploadFailure.STALLED, detail) from None
            detail = one_line(error, 120)
            raise UploadError(upload.name, UploadFailure.CONNECTION, detail) from None
        raise storage_error(upload.name, answer.status_code, text)


@dataclass(frozen=True)
class _Part:
    """One part, or a whole file."""

    number: int
    url: str
    start: int
    length: int


@dataclass(frozen=True)
class _Upload:
    """What all parts of a file have in common."""

    name: str
    source: Source
    content_type: str
    reporter: Reporter
    meter: Meter
    parts: int
    slots: threading.Semaphore

    def on_source_retry(self, text: str) -> None:
        """Report trouble with the source."""
        self.reporter.status(f"{self.name}: {text}")

    def on_storage_retry(self, part: _Part, error: BaseException, pause: float) -> None:
        """Report trouble with the storage."""
        text = str(error).replace(self.name, self.label(part), 1)
        self.reporter.status(f"{text}; again in {pause:.0f} s")

    def label(self, part: _Part) -> str:
        """How to name a part to people."""
        return f"{self.name} part {part.number}/{self.parts}" if self.parts > 1 else self.name


def _untouched(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _wait(sending: Sequence[Future[None]]) -> None:
    """Wait for all; as soon as one fails raise its error, so that no other begins."""
    finished, _ = wait(sending, return_when=FIRST_EXCEPTION)
    for each in finished:
        each.result()


def _drain(answer: requests.Response) -> None:
    """Read what is left, so that the connection serves again; the bytes are there in any case."""
    with suppress(requests.RequestException):
        _ = answer.content


def _md5(source: Source, start: int, length: int) -> str:
    md5 = hashlib.md5(usedforsecurity=False)
    for block in blocks(source, start, length, LARGE_BLOCK):
        md5.update(block)
    return md5.hexdigest()


def _check_unchanged(name: str, source: Source) -> None:
    """Refuse a file that was written to meanwhile: what arrived is a mixture."""
    now = open_source(source.location)
    if now.validator != source.validator:
        detail = f"{source.label} changed while it was being uploaded"
        raise UploadError(name, UploadFailure.SOURCE, detail)


def _worth_repeating(error: BaseException) -> bool:
    again = (UploadFailure.CONNECTION, UploadFailure.STALLED, UploadFailure.BUSY)
    return isinstance(error, UploadError) and error.failure in again
