"""Send bytes to one-time URLs.

A small file goes up in one request; a large video in parts, several at once, each retried by
itself. The fingerprint is taken from the bytes that are sent, so a file is read once; parts are
sent out of order, so beside them one thread reads the file in order for the fingerprint (from
the page cache, which the parts warm).

A storage URL holds its own authorisation: nothing is added to it but the content type that the
URL was signed for, and its query string never enters a message.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import accumulate
from typing import Any

import requests
import tenacity
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from ..errors import UploadError, UploadFailure
from ..redact import one_line
from .fingerprint import digest
from .progress import Meter, Reporter
from .sources import READ_ERRORS, Readable, Source, open_source

__all__ = ["Uploader", "part_count", "part_ranges", "parts_fit"]

_BLOCK = 256 * 1024
_ATTEMPTS = 5
#: Limits of the object storage for one part, in bytes, and of the API for the number of parts.
_SMALLEST_PART = 100 * 1024
_LARGEST_PART = 5 * 1000**3
_MOST_PARTS = 1000


def part_count(size: int, part_size: int) -> int:
    """In how many parts to send ``size`` bytes: as few as ``part_size`` bytes each allow."""
    fewest = -(-size // _LARGEST_PART)
    return max(fewest, min(_MOST_PARTS, -(-size // part_size)))


def part_ranges(size: int, count: int) -> list[tuple[int, int]]:
    """Start and length of each part; the same for the same arguments, so that a resume fits.

    The lengths differ by one byte at most, so every part has some if there are enough.
    """
    length, longer = divmod(size, count)
    lengths = [length + (number < longer) for number in range(count)]
    return list(zip(accumulate([0, *lengths]), lengths, strict=False))


def parts_fit(size: int, count: int) -> bool:
    """Whether ``count`` parts of ``size`` bytes are neither too small nor too large."""
    return -(-size // count) <= _LARGEST_PART and (count == 1 or size // count >= _SMALLEST_PART)


class Uploader:
    """Sends files; safe to share between threads.

    Args:
        stall_timeout: seconds without a byte moving after which a request is given up and
            repeated.
        parallel: parts of one file that go up at once.
    """

    def __init__(self, *, stall_timeout: float = 60.0, parallel: int = 4):
        self._stall_timeout = stall_timeout
        self._parallel = parallel
        self._session = requests.Session()
        self._session.auth = _untouched  # or a .netrc entry would add a header to signed URLs
        adapter = _LargeBlocks(pool_connections=8, pool_maxsize=4 * parallel)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def send(
        self,
        name: str,
        source: Source,
        urls: Sequence[str],
        content_type: str,
        reporter: Reporter,
        done: frozenset[int] = frozenset(),
    ) -> str:
        """Send a source to its URLs and return its SHA-256 in hexadecimal.

        Args:
            name: the input's name, for messages.
            urls: one for each part, in order; a single one takes the whole.
            content_type: what the URLs were signed for.
            done: part numbers (from 1) that the service holds already; they are not sent.

        Raises:
            UploadError: a part did not arrive after repeats, or the file changed meanwhile.
        """
        ranges = part_ranges(source.size, len(urls))
        todo = [
            (url, extent)
            for number, (url, extent) in enumerate(zip(urls, ranges, strict=True), 1)
            if number not in done
        ]
        meter = Meter(name, sum(length for _, (_, length) in todo), reporter)

        def part(url: str, extent: tuple[int, int], hashed: bool = False) -> str:
            return self._part(name, source, url, extent, content_type, meter, reporter, hashed)

        if len(urls) == 1 and todo:
            sha256 = part(*todo[0], hashed=True)
        else:
            with ThreadPoolExecutor(self._parallel + 1) as pool:
                fingerprint = pool.submit(_digest, name, source)
                sending = [pool.submit(part, *each) for each in todo]
                try:
                    for each in sending:
                        each.result()
                    sha256 = fingerprint.result()
                finally:
                    pool.shutdown(cancel_futures=True)
        _unchanged(name, source)
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
        try:
            return frozenset(
                number
                for number, etag in etags.items()
                if 1 <= number <= count and _md5(source, *ranges[number - 1]) == _bare(etag)
            )
        except READ_ERRORS as problem:
            raise UploadError(name, UploadFailure.SOURCE, one_line(problem)) from None

    def _part(
        self,
        name: str,
        source: Source,
        url: str,
        extent: tuple[int, int],
        content_type: str,
        meter: Meter,
        reporter: Reporter,
        hashed: bool,
    ) -> str:
        """Send one extent (start, length), repeating it; its SHA-256 if ``hashed``, else ""."""

        def tell(state: tenacity.RetryCallState) -> None:
            problem = state.outcome.exception() if state.outcome else None
            reporter.status(f"{problem}; again in {state.upcoming_sleep:.0f} s")

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_worth_repeating),
            wait=tenacity.wait_exponential(multiplier=0.5, max=15) + tenacity.wait_random(0, 1),
            stop=tenacity.stop_after_attempt(_ATTEMPTS),
            before_sleep=tell,
            reraise=True,
        )

        def attempt() -> str:
            sha256 = hashlib.sha256() if hashed else None
            body = _Body(source, *extent, meter.add, sha256)
            try:
                self._put(name, url, body, content_type)
            except UploadError:
                meter.add(-body.sent)
                raise
            finally:
                body.close()
            return sha256.hexdigest() if sha256 else ""

        return retrying(attempt)

    def _put(self, name: str, url: str, body: _Body, content_type: str) -> None:
        try:
            answer = self._session.put(
                url,
                data=body,
                headers={"Content-Type": content_type},
                # A blocked send counts against the first of the two, silence against the second.
                timeout=(self._stall_timeout, self._stall_timeout),
                allow_redirects=False,
            )
        except _SourceFailed as problem:
            raise UploadError(name, problem.failure, str(problem)) from None
        except requests.Timeout as problem:
            raise UploadError(name, UploadFailure.STALLED, one_line(problem, 80)) from None
        except requests.RequestException as problem:
            stalled = "timed out" in str(problem)
            failure = UploadFailure.STALLED if stalled else UploadFailure.CONNECTION
            raise UploadError(name, failure, one_line(problem, 120)) from None
        if answer.status_code != 200:
            raise _refused(name, answer)


class _SourceFailed(Exception):
    """Reading the source failed; kept apart from failures of the connection to the storage."""

    def __init__(self, text: str, failure: UploadFailure = UploadFailure.SOURCE):
        self.failure = failure
        super().__init__(text)


class _Body:
    """One extent of a source as a request body: read once, hashed and counted as it goes out."""

    def __init__(
        self,
        source: Source,
        start: int,
        length: int,
        count: Callable[[int], None],
        digest: hashlib._Hash | None,
    ):
        self.sent = 0
        self._source = source
        self._start = start
        self._length = length
        self._count = count
        self._digest = digest
        self._opened = ExitStack()
        self._stream: Readable | None = None

    def __len__(self) -> int:
        # Asked before the request goes out: it becomes the Content-Length.
        return self._length

    def __iter__(self) -> Iterator[bytes]:  # pragma: no cover
        # requests takes a body for a stream only if it can be iterated; it is never iterated.
        raise TypeError("read it instead")

    def read(self, size: int = -1) -> bytes:
        left = self._length - self.sent
        if left == 0:
            return b""
        try:
            if self._stream is None:
                self._stream = self._opened.enter_context(self._source.reader(self._start))
            block = self._stream.read(min(left, size) if size > 0 else left)
        except (HTTPError, requests.ConnectionError, requests.Timeout) as problem:
            # A source that is streamed through deserves another try, like the other end.
            text = f"from {self._source.label}: {one_line(problem, 120)}"
            raise _SourceFailed(text, UploadFailure.CONNECTION) from None
        except READ_ERRORS as problem:
            raise _SourceFailed(one_line(problem)) from None
        if not block:
            raise _SourceFailed(f"{self._source.label} ended {left} bytes early")
        if self._digest is not None:
            self._digest.update(block)
        self.sent += len(block)
        self._count(len(block))
        return block

    def close(self) -> None:
        self._opened.close()


class _LargeBlocks(HTTPAdapter):
    """Sends in larger blocks than the library's 16 KiB, which cost a system call each."""

    def init_poolmanager(self, *arguments: Any, **settings: Any) -> None:
        super().init_poolmanager(*arguments, **settings, blocksize=_BLOCK)


def _untouched(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _digest(name: str, source: Source) -> str:
    try:
        return digest(source)
    except READ_ERRORS as problem:
        raise UploadError(name, UploadFailure.SOURCE, one_line(problem)) from None


def _md5(source: Source, start: int, length: int) -> str:
    md5 = hashlib.md5(usedforsecurity=False)
    with source.reader(start) as stream:
        while length and (block := stream.read(min(_BLOCK, length))):
            md5.update(block)
            length -= len(block)
    return md5.hexdigest()


def _bare(etag: str) -> str:
    return etag.strip().strip('"').lower()


def _unchanged(name: str, source: Source) -> None:
    """A file written to while it went up is a mixture that nobody wants reviewed."""
    now = open_source(source.location)
    if now.validator != source.validator:
        detail = f"{source.label} changed while it was being uploaded"
        raise UploadError(name, UploadFailure.SOURCE, detail)


def _worth_repeating(problem: BaseException) -> bool:
    again = (UploadFailure.CONNECTION, UploadFailure.STALLED, UploadFailure.BUSY)
    return isinstance(problem, UploadError) and problem.failure in again


def _refused(name: str, answer: requests.Response) -> UploadError:
    """The storage service tells used, expired and wrongly signed URLs apart in its XML only."""
    code, message = (_xml(answer.text, tag) for tag in ("Code", "Message"))
    told = f"HTTP {answer.status_code} {code}: {message}".strip(" :")
    words = set(re.findall(r"[a-z]+", f"{code} {message}".lower()))
    if answer.status_code >= 500 or answer.status_code == 429:
        failure = UploadFailure.BUSY
    elif "expired" in words:
        failure = UploadFailure.EXPIRED
    elif "used" in words or code == "NoSuchUpload":  # the parts were put together, or dropped
        failure = UploadFailure.USED
    elif code == "SignatureDoesNotMatch":
        failure = UploadFailure.SIGNATURE
    else:
        failure = UploadFailure.REFUSED
    return UploadError(name, failure, one_line(told, 160))


def _xml(text: str, tag: str) -> str:
    found = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
    return found.group(1) if found else ""
