"""One emulator per data folder: a lock that ends with the process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO

from ..errors import EmulatorError

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FolderLock:
    """Held from ``acquire`` to ``release`` or the end of the process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            EmulatorError: another emulator runs on the folder, or it cannot be written.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = (self._folder / "emulator.lock").open("ab")
        except OSError as error:
            raise EmulatorError(
                f"the data folder {self._folder} cannot be used: {error.strerror}"
            ) from error
        try:
            _lock(file)
        except OSError:
            file.close()
            raise EmulatorError(f"an emulator already runs on {self._folder}") from None
        self._file = file

    def release(self) -> None:
        """Release the lock, if it is held."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def is_free(self) -> bool:
        """Whether no emulator holds the lock right now."""
        try:
            self.acquire()
        except EmulatorError:
            return False
        self.release()
        return True
