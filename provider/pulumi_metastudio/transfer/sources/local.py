"""A file on this machine as a source."""

from __future__ import annotations

import os
import stat as stat_module
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from ...errors import InputError
from .base import OnRetry, Readable


@dataclass(frozen=True)
class LocalSource:
    path: Path
    location: str
    label: str
    size: int
    validator: str
    proof: str = ""
    local: bool = True
    seekable: bool = True

    def reader(
        self, start: int = 0, on_retry: OnRetry | None = None
    ) -> AbstractContextManager[Readable]:
        stream = self.path.open("rb", buffering=0)
        stream.seek(start)
        return stream


def local_source(location: str) -> LocalSource:
    """The source at a path.

    Raises:
        InputError: it does not exist, is not a file, is empty or cannot be read.
    """
    try:
        path = Path(location).expanduser()
        found = path.stat()
    except (ValueError, RuntimeError):  # a zero byte, half a surrogate, an unknown user's home
        raise InputError(f"{location!r} is not a path") from None
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise InputError(f"'{location}': {reason} (relative to {Path.cwd()})") from None
    if stat_module.S_ISDIR(found.st_mode):
        raise InputError(f"'{location}' is a directory: give a file")
    if not stat_module.S_ISREG(found.st_mode):
        raise InputError(f"'{location}' is not a regular file")
    if found.st_size == 0:
        raise InputError(f"'{location}' is empty")
    if not os.access(path, os.R_OK):
        raise InputError(f"'{location}' cannot be read: check its permissions")
    validator = f"{found.st_size}-{found.st_mtime_ns}-{found.st_dev}-{found.st_ino}"
    return LocalSource(path, location, location, found.st_size, validator)
