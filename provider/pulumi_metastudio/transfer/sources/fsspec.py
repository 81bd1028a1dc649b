"""Any URL that fsspec can read (``s3://``, ``obs://``, ``gs://``, ``sftp://``, …) as a source.

It needs the extra ``fsspec`` of this package, and the package that fsspec itself needs for the
scheme. Credentials are found as that package finds them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from ...common.redact import one_line
from ...errors import InputError
from .base import READ_ERRORS, OnRetry, Readable, url_label
from .resuming import FinalReadError, ResumingReader

_log = logging.getLogger(__name__)

#: What file systems call the values that change with a file's content.
_MARKS = "ETag etag e_tag md5Hash content_md5 generation version_id"
_MARKS_OF_TIME = "LastModified last_modified mtime modified updated created"


def fsspec_source(url: str) -> FsspecSource:
    """The source behind ``url``.

    Raises:
        InputError: fsspec is not there, cannot read such a URL, or finds no file.
    """
    scheme = url.partition("://")[0].lower()
    try:
        from fsspec.core import url_to_fs
        from fsspec.registry import get_filesystem_class
    except ImportError:
        raise InputError(
            f"'{scheme}' is not a scheme that can be read: give a path or an https URL, or "
            "install what reads others: pip install 'pulumi-metastudio[fsspec]'"
        ) from None
    label = url_label(url)
    try:
        get_filesystem_class(scheme)
    except ValueError:
        raise InputError(
            f"'{scheme}' is not a scheme that can be read: give a path or an https URL"
        ) from None
    except ImportError as error:
        raise InputError(f"'{label}' cannot be read: {one_line(error, 120)}") from None
    try:
        system, path = url_to_fs(url)
        found = system.info(path)
    except FileNotFoundError:
        raise InputError(f"'{label}': no such file") from None
    except Exception as error:  # noqa: BLE001  each file system has a family of its own
        raise InputError(f"'{label}' cannot be read: {one_line(error, 120)}") from None
    if found.get("type") == "directory":
        raise InputError(f"'{label}' is a directory: give a file")
    size = found.get("size")
    if not isinstance(size, int):
        raise InputError(f"'{label}' does not tell its size, which an upload needs")
    if size == 0:
        raise InputError(f"'{label}' is empty")
    proof = _first(_MARKS, found)
    return FsspecSource(
        url,
        label,
        size,
        _validator(size, found),
        # A time may be that of a coarse clock, and a weak ETag promises no equal bytes.
        "" if proof.startswith("W/") else proof,
        system,
        path,
    )


@dataclass(frozen=True)
class FsspecSource:
    """See ``sources.Source``."""

    location: str = field(repr=False)
    label: str
    size: int
    validator: str
    proof: str
    system: Any = field(repr=False)
    path: str = field(repr=False)
    local: bool = False
    seekable: bool = True

    def reader(
        self, start: int = 0, on_retry: OnRetry | None = None
    ) -> AbstractContextManager[Readable]:
        """Read from ``start`` on; again where it breaks."""

        @contextmanager
        def opened_at(position: int) -> Iterator[Readable]:
            stream = None
            try:
                stream = self.system.open(self.path, "rb")
                stream.seek(position)
                _log.debug("read %s from byte %d", self.label, position)
                yield _Translated(stream)
            except (FileNotFoundError, PermissionError) as error:
                raise FinalReadError(one_line(error)) from None
            except READ_ERRORS:
                raise
            except Exception as error:  # noqa: BLE001
                raise OSError(one_line(error)) from None
            finally:
                if stream is not None:
                    stream.close()

        return ResumingReader(self.label, self.size, start, opened_at, on_retry)


class _Translated:
    """A file system's stream, whose failures are all of one kind."""

    def __init__(self, stream: Any):
        self._stream = stream

    def read(self, size: int = -1, /) -> bytes:
        return bytes(self._stream.read(size))

    def readinto(self, buffer: memoryview | bytearray, /) -> int:
        try:
            return int(self._stream.readinto(buffer))
        except READ_ERRORS:
            raise
        except Exception as error:  # noqa: BLE001
            raise OSError(one_line(error)) from None


def _validator(size: int, found: Mapping[str, Any]) -> str:
    mark = _first(f"{_MARKS} {_MARKS_OF_TIME}", found)
    return f"{size}-{mark}" if mark else ""


def _first(names: str, found: Mapping[str, Any]) -> str:
    return next((str(found[name]) for name in names.split() if found.get(name)), "")
