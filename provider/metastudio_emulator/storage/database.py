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
CREATE TABLE IF NOT EXISTS tokens (
    token TEXT PRIMARY KEY,
    project_id TEXT,
    expires_at REAL NOT NULL
);
"""

# Folders from before the column `file`: their files lay where the other columns said.
_NAME_THE_FILES = """
BEGIN;
ALTER TABLE objects ADD COLUMN file TEXT NOT NULL DEFAULT '';
UPDATE objects SET file = job_id || '/' || name;
ALTER TABLE parts ADD COLUMN file TEXT NOT NULL DEFAULT '';
UPDATE parts SET file =
    job_id || '/parts/' || name || '/' || upload_id || '/' || printf('%05d', part_number);
COMMIT;
"""


def open_database(folder: Path) -> sqlite3.Connection:
    """Open, or create, the database of a data folder.

    Outside `Transactions.one`, the connection commits each statement by itself. It may be used
    from one thread at a time.

    Raises:
        OSError, sqlite3.Error: the folder cannot be written, or the file is none of ours.
    """
    path = folder / "emulator.sqlite3"
    path.touch(mode=0o600)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.executescript(_SCHEMA)
    if "file" not in {row["name"] for row in connection.execute("PRAGMA table_info(objects)")}:
        connection.executescript(_NAME_THE_FILES)
    return connection


class Transactions:
    """Commits together what belongs together, and deletes files only after that.

    A process that is killed at any moment then leaves either all of it or nothing, and the files
    that its rows name are there: a file is complete before a row names it, and goes after none
    does any more.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._afterwards: list[Callable[[], None]] = []

    @contextmanager
    def one(self) -> Iterator[None]:
        """All statements in the block, or none of them; a block inside another joins it.

        Nothing may be awaited inside: the connection is everybody's.
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
            self._afterwards.clear()
            raise
        actions, self._afterwards = self._afterwards, []
        for action in actions:
            action()

    def afterwards(self, action: Callable[[], None]) -> None:
        """Do something once the block around is committed; it is dropped when that fails."""
        assert self._connection.in_transaction
        self._afterwards.append(action)
