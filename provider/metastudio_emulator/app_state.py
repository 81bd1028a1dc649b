"""The state of a running emulator, assembled once: settings, clock, identity, stores."""

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
from .storage.credit_store import CreditStore
from .storage.database import Transactions, open_database
from .storage.folder_lock import FolderLock
from .storage.identity import Identity
from .storage.job_store import JobStore
from .storage.object_store import ObjectStore
from .storage.signed_urls import SignedUrls


@dataclass
class AppState:
    """What the services behind the HTTP routes work on.

    Only the event loop's thread uses it, so code that does not await needs no lock; code that
    changes a job across an await holds the job's lock.
    """

    folder_lock: FolderLock
    settings: Settings
    connection: sqlite3.Connection
    transactions: Transactions
    identity: Identity
    clock: Clock
    credentials: CredentialStore
    credits: CreditStore
    jobs: JobStore
    objects: ObjectStore
    urls: SignedUrls
    _locks: weakref.WeakValueDictionary[str, asyncio.Lock] = field(
        default_factory=weakref.WeakValueDictionary
    )

    @staticmethod
    def open(folder: Path, settings: Settings) -> AppState:
        """Open or create a data folder.

        Raises:
            EmulatorError: the folder cannot be used, or another emulator uses it.
        """
        folder_lock = FolderLock(folder)
        folder_lock.acquire()
        try:
            connection = open_database(folder)
            transactions = Transactions(connection)
            objects = ObjectStore(connection, transactions, folder)
        except (OSError, sqlite3.Error) as error:
            folder_lock.release()
            raise EmulatorError(f"the data folder {folder} cannot be used: {error}") from error
        identity = Identity(connection)
        clock = Clock(identity.clock_offset())
        return AppState(
            folder_lock=folder_lock,
            settings=settings,
            connection=connection,
            transactions=transactions,
            identity=identity,
            clock=clock,
            credentials=CredentialStore(connection, identity),
            credits=CreditStore(connection),
            jobs=JobStore(connection),
            objects=objects,
            urls=SignedUrls(connection, identity, clock, settings.url_validity),
        )

    def lock(self, job_id: str) -> asyncio.Lock:
        """The lock that a request holds while it changes a job."""
        lock = self._locks.get(job_id)
        if lock is None:
            lock = self._locks[job_id] = asyncio.Lock()
        return lock

    def transaction(self) -> AbstractContextManager[None]:
        """A block that is committed as a whole or not at all, see ``Transactions.begin``."""
        return self.transactions.begin()

    def close(self) -> None:
        """Close the database and release the folder."""
        self.connection.close()
        self.folder_lock.release()
