"""Everything that one running emulator consists of, put together once."""

from __future__ import annotations

import asyncio
import sqlite3
import weakref
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from .clock import Clock
from .errors import EmulatorError
from .settings import Settings
from .storage.credential_store import CredentialStore
from .storage.database import Transactions, open_database
from .storage.folder_lock import FolderLock
from .storage.identity import Identity
from .storage.job_store import JobStore
from .storage.object_store import ObjectStore
from .storage.signed_urls import SignedUrls


@dataclass
class AppState:
    """The stores and choices that the HTTP routes work on.

    All of it is used from the event loop's thread, so that requests that await nothing come one
    after the other; one that awaits holds the lock of its job.
    """

    lock_on_folder: FolderLock
    settings: Settings
    connection: sqlite3.Connection
    transactions: Transactions
    identity: Identity
    clock: Clock
    credentials: CredentialStore
    jobs: JobStore
    objects: ObjectStore
    urls: SignedUrls
    _locks: weakref.WeakValueDictionary[str, asyncio.Lock] = field(
        default_factory=weakref.WeakValueDictionary
    )

    @staticmethod
    def open(folder: Path, settings: Settings) -> AppState:
        """Open a data folder, or make it.

        Raises:
            EmulatorError: the folder cannot be used, or another emulator uses it.
        """
        lock_on_folder = FolderLock(folder)
        lock_on_folder.acquire()
        try:
            connection = open_database(folder)
            transactions = Transactions(connection)
            objects = ObjectStore(connection, transactions, folder)
        except (OSError, sqlite3.Error) as error:
            lock_on_folder.release()
            raise EmulatorError(f"the data folder {folder} cannot be used: {error}") from error
        identity = Identity(connection)
        clock = Clock(identity.clock_offset())
        return AppState(
            lock_on_folder=lock_on_folder,
            settings=settings,
            connection=connection,
            transactions=transactions,
            identity=identity,
            clock=clock,
            credentials=CredentialStore(connection, identity),
            jobs=JobStore(connection),
            objects=objects,
            urls=SignedUrls(connection, identity, clock, settings.url_validity),
        )

    def lock(self, job_id: str) -> asyncio.Lock:
        """The lock that requests which change a job hold, one after the other."""
        lock = self._locks.get(job_id)
        if lock is None:
            lock = self._locks[job_id] = asyncio.Lock()
        return lock

    def transaction(self) -> AbstractContextManager[None]:
        """A block whose changes are kept together or not at all, see `Transactions.one`."""
        return self.transactions.one()

    def close(self) -> None:
        """Close the database and let another emulator have the folder."""
        self.connection.close()
        self.lock_on_folder.release()
