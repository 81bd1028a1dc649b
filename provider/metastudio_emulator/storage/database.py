"""The SQLite file behind the emulator: its tables and its transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS identity (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS jobs (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL UNIQUE,
    fields TEXT NOT NULL,
    control TEXT NOT NULL,
    next_step_at REAL
);
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (next_step_at) WHERE next_step_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS objects (
    job_id TEXT NOT NULL,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    md5 TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    content_type TEXT NOT NULL,
    uploaded_at REAL NOT NULL,
    file TEXT NOT NULL,
    PRIMARY KEY (job_id, name)
);
CREATE TABLE IF NOT EXISTS parts (
    job_id TEXT NOT NULL,
    name TEXT NOT NULL,
    upload_id TEXT NOT NULL,
    part_number INTEGER NOT NULL,
    size INTEGER NOT NULL,
    md5 TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    content_type TEXT NOT NULL,
    file TEXT NOT NULL,
    PRIMARY KEY (job_id, name, upload_id, part_number)
);
CREATE TABLE IF NOT EXISTS upload_counts (
    job_id TEXT NOT NULL,
    name TEXT NOT NULL,
    part_number INTEGER NOT NULL,
    uploads INTEGER NOT NULL,
    PRIMARY KEY (job_id, name, part_number)
);
CREATE TABLE IF NOT EXISTS tickets (
    ticket TEXT PRIMARY KEY,
    job_id TEXT NOT NULL,
    name TEXT NOT NULL,
    part_number INTEGER NOT NULL,
    upload_id TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'used', 'expired'))
);
CREATE INDEX IF NOT EXISTS tickets_of_job ON tickets (job_id);
CREATE TABLE IF NOT EXISTS keys (
    access_key TEXT PRIMARY KEY,
    secret_key TEXT NOT NULL,
    security_token TEXT,
    expires_at REAL,
    failures INTEGER NOT NULL DEFAULT 0,
    locked_until REAL NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS credits (
    business TEXT PRIMARY KEY,
    total INTEGER NOT NULL,
    used INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS tokens (
    token TEXT PRIMARY KEY,
    project_id TEXT,
    expires_at REAL NOT NULL
);
"""

# For data folders from before the column ``file``, whose paths followed from other columns.
_ADD_FILE_COLUMNS = """
BEGIN;
ALTER TABLE objects ADD COLUMN file TEXT NOT NULL DEFAULT '';
UPDATE objects SET file = job_id || '/' || name;
ALTER TABLE parts ADD COLUMN file TEXT NOT NULL DEFAULT '';
UPDATE parts SET file =
    job_id || '/parts/' || name || '/' || upload_id || '/' || printf('%05d', part_number);
COMMIT;
"""


def open_database(folder: Path) -> sqlite3.Connection:
    """Open or create the database of a data folder.

    Outside ``Transactions.begin``, each statement commits by itself. The connection may be used
    by one thread at a time.

    Raises:
        OSError, sqlite3.Error: the folder cannot be written, or the file is not a database.
    """
    path = folder / "emulator.sqlite3"
    path.touch(mode=0o600)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.executescript(_SCHEMA)
    if "file" not in {row["name"] for row in connection.execute("PRAGMA table_info(objects)")}:
        connection.executescript(_ADD_FILE_COLUMNS)
    return connection


class Transactions:
    """Transactions over the database and the files that its rows name.

    A file is complete before a row names it, and is deleted after the commit of the transaction
    that removes the row. So a process killed at any moment leaves all of a transaction or nothing,
    and every file that a row names exists.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._after_commit: list[Callable[[], None]] = []

    @contextmanager
    def begin(self) -> Iterator[None]:
        """Commit all statements of the block or none; an inner block joins the outer one.

        The block must not await: other requests use the same connection.
        """
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            self._after_commit.clear()
            raise
        actions, self._after_commit = self._after_commit, []
        for action in actions:
            action()

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run ``action`` once the current transaction is committed; never, if it fails."""
        assert self._connection.in_transaction
        self._after_commit.append(action)
