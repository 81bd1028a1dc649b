"""What was found out about a source, remembered for as long as the source does not change.

The memory is keyed by location and validator (size, mtime and inode of a file, ETag of a URL):
a touched file is read again, and if its bytes are the same there is no change. A URL's location
is kept as a digest, and without its signature, which is another each time for the same object.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

from .sources import Glance, Source, is_url


class SourceCache:
    """Remembers one text for each source in a small SQLite file, shared by processes.

    It is a convenience: when the file cannot be written the texts are computed again, and
    nothing else changes.

    Args:
        file: where.
    """

    def __init__(self, file: Path):
        self._file = file

    def get(self, source: Source) -> str | None:
        """The remembered text, if the source has not changed since."""
        if not source.validator or not os.path.exists(self._file):
            return None
        try:
            with closing(self._open()) as db:
                row = db.execute(
                    "SELECT value FROM known WHERE location = ? AND validator = ?",
                    (place(source), source.validator),
                ).fetchone()
        except sqlite3.Error:
            return None
        return str(row[0]) if row else None

    def put(self, source: Source, value: str) -> None:
        """Remember a text for a source."""
        if not source.validator:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                self._insert(source, value)
            except sqlite3.OperationalError:
                return  # locked, or a place that cannot be written
            except sqlite3.DatabaseError:
                self._file.unlink()  # damaged: start again
                self._insert(source, value)
        except (sqlite3.Error, OSError):
            return

    def _insert(self, source: Source, value: str) -> None:
        with closing(self._open()) as db, db:
            db.execute(
                "INSERT OR REPLACE INTO known VALUES (?, ?, ?)",
                (place(source), source.validator, value),
            )

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._file, timeout=10)
        db.execute(
            "CREATE TABLE IF NOT EXISTS known "
            "(location TEXT PRIMARY KEY, validator TEXT, value TEXT)"
        )
        return db


#: What object storages put into the query of a signed URL, in small letters. Any other parameter
#: may name the object, its version or a part of it.
_SIGNED = re.compile(
    r"sig|signature|(aws|oss)?accesskeyid|googleaccessid|key-pair-id|(x-(obs|oss)-)?security-token"
    r"|x-(amz|goog|obs)-(algorithm|credential|date|expires|signedheaders|signature|security-token)"
    r"|x-oss-(signature(-version)?|credential|date|expires|additional-headers|access-key-id)"
)
#: These too, beside a signature only: they are common words, or as short as Azure's.
_BESIDE = frozenset(
    "expires policy se sp sv st sr ss srt spr sip si skoid sktid skt ske sks skv".split()
)


def place(source: Source | Glance) -> str:
    """Where a source is, without what differs from one signature of the same object to the next."""
    if not is_url(source.label):
        # A name may have bytes that are no text, which no database takes.
        path = os.fsencode(Path(source.label).expanduser().resolve())
        return path.decode(errors="backslashreplace")
    query = urlsplit(source.location).query.split("&")
    names = [unquote(each.partition("=")[0]).lower() for each in query]
    beside = _BESIDE if {"sig", "signature"} & set(names) else ()
    kept = [
        each
        for name, each in zip(names, query, strict=True)
        if name not in beside and not _SIGNED.fullmatch(name)
    ]
    return hashlib.sha256("&".join([source.label, *kept]).encode(errors="replace")).hexdigest()
