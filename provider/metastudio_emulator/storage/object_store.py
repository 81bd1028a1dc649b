"""Stored files: parts and whole objects on disk, their checksums in the database."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sqlite3
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .database import Transactions

_BLOCK = 1024 * 1024


@dataclass(frozen=True)
class StoredObject:
    """A file that is whole.

    Attributes:
        name: the file kind, or "attachment/NAME".
        size: bytes.
        md5, sha256: lower-case hexadecimal.
        content_type: as the upload declared it.
        uploaded_at: virtual Unix seconds.
        file: where its bytes are, below the folder of objects.
    """

    name: str
    size: int
    md5: str
    sha256: str
    content_type: str
    uploaded_at: float
    file: str


@dataclass(frozen=True)
class StoredPart:
    """One part of a multipart upload; numbers start at 1, `file` is empty once it was joined."""

    part_number: int
    size: int
    md5: str
    sha256: str
    content_type: str
    file: str


@dataclass(frozen=True)
class Received:
    """Content that is whole, in a file that no row names yet."""

    path: Path
    size: int
    md5: str
    sha256: str


class _Writer:
    """Writes blocks to a file and takes both checksums on the way."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self.size = 0

    def write(self, block: bytes | bytearray) -> None:
        self._file.write(block)
        self._md5.update(block)
        self._sha256.update(block)
        self.size += len(block)

    def received(self, path: Path) -> Received:
        return Received(path, self.size, self._md5.hexdigest(), self._sha256.hexdigest())


class ObjectStore:
    """The files of one data folder.

    Every file is written aside and renamed when whole, to a name that was never used before. Only
    then a row names it, in place of an earlier file, which is deleted last.
    """

    def __init__(
        self, connection: sqlite3.Connection, transactions: Transactions, folder: Path
    ) -> None:
        self._connection = connection
        self._transactions = transactions
        self._folder = folder / "objects"
        self._incoming = folder / "incoming"
        # What lies there was interrupted by the end of an earlier run.
        shutil.rmtree(self._incoming, ignore_errors=True)
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder.mkdir(exist_ok=True, mode=0o700)
        self._sweep()

    async def receive(self, chunks: AsyncIterator[bytes]) -> Received:
        """Write a body to a temporary file, holding at most a block of it in memory.

        If the iteration fails, nothing stays behind.
        """
        path = self._temporary()
        try:
            with path.open("wb") as file:
                writer = _Writer(file)
                block = bytearray()
                async for chunk in chunks:
                    block += chunk
                    if len(block) >= _BLOCK:
                        # Off the event loop, so that parallel uploads hash in parallel.
                        await asyncio.to_thread(writer.write, block)
                        block = bytearray()
                await asyncio.to_thread(writer.write, block)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return writer.received(path)

    def keep_object(
        self, job_id: str, name: str, received: Received, content_type: str, now: float
    ) -> StoredObject:
        """Make a received body the object of that name, in place of an earlier one."""
        file = self._adopt(job_id, received.path)
        content = (received.size, received.md5, received.sha256)
        kept = StoredObject(name, *content, content_type, now, file)
        with self._transactions.one():
            self._delete_files("objects", "job_id = ? AND name = ?", (job_id, name))
            self._connection.execute(
                "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (job_id, name, *content, content_type, now, file),
            )
        return kept

    def keep_part(
        self,
        job_id: str,
        name: str,
        upload_id: str,
        part_number: int,
        received: Received,
        content_type: str,
    ) -> None:
        """Make a received body one part of a multipart upload, in place of an earlier one."""
        file = self._adopt(job_id, received.path)
        key = (job_id, name, upload_id, part_number)
        with self._transactions.one():
            self._delete_files(
                "parts", "job_id = ? AND name = ? AND upload_id = ? AND part_number = ?", key
            )
            self._connection.execute(
                "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*key, received.size, received.md5, received.sha256, content_type, file),
            )

    def count_upload(self, job_id: str, name: str, part_number: int) -> None:
        """Count one accepted upload of an object (part 0) or of a part."""
        self._connection.execute(
            "INSERT INTO upload_counts VALUES (?, ?, ?, 1)"
            " ON CONFLICT (job_id, name, part_number) DO UPDATE SET uploads = uploads + 1",
            (job_id, name, part_number),
        )

    def upload_counts(self, job_id: str, name: str) -> dict[int, int]:
        """Accepted uploads by part number; part 0 is an object uploaded whole."""
        rows = self._connection.execute(
            "SELECT part_number, uploads FROM upload_counts WHERE job_id = ? AND name = ?"
            " ORDER BY part_number",
            (job_id, name),
        )
        return {row["part_number"]: row["uploads"] for row in rows}

    def parts(self, job_id: str, name: str, upload_id: str) -> list[StoredPart]:
        """The parts that have arrived, by number."""
        rows = self._connection.execute(
            "SELECT part_number, size, md5, sha256, content_type, file FROM parts"
            " WHERE job_id = ? AND name = ? AND upload_id = ? ORDER BY part_number",
            (job_id, name, upload_id),
        )
        return [StoredPart(**dict(row)) for row in rows]

    async def join(self, job_id: str, name: str, upload_id: str) -> Received:
        """The content of all parts of an upload, in the order of their numbers."""
        parts = self.parts(job_id, name, upload_id)
        paths = [self._folder / part.file for part in parts]
        if len(parts) == 1:
            return Received(paths[0], parts[0].size, parts[0].md5, parts[0].sha256)
        return await asyncio.to_thread(_join, paths, self._temporary())

    def complete(
        self, job_id: str, name: str, upload_id: str, joined: Received, now: float
    ) -> StoredObject:
        """Make the joined parts the object. Their rows stay, so that they can still be listed."""
        content_type = self.parts(job_id, name, upload_id)[0].content_type
        upload = (job_id, name, upload_id)
        with self._transactions.one():
            kept = self.keep_object(job_id, name, joined, content_type, now)
            # A part that is the whole object has handed its file over.
            self._delete_files(
                "parts",
                "job_id = ? AND name = ? AND upload_id = ? AND file <> ?",
                (*upload, kept.file),
            )
            self._connection.execute(
                "UPDATE parts SET file = '' WHERE job_id = ? AND name = ? AND upload_id = ?", upload
            )
        return kept

    def drop_parts(self, job_id: str, name: str) -> None:
        """Forget every part of a file, of all its uploads."""
        self._drop("parts", job_id, name)

    def object(self, job_id: str, name: str) -> StoredObject | None:
        """One object, or None while it is not whole."""
        row = self._connection.execute(
            "SELECT * FROM objects WHERE job_id = ? AND name = ?", (job_id, name)
        ).fetchone()
        return _stored(row) if row else None

    def objects(self, job_id: str) -> list[StoredObject]:
        """All objects of a job, by name."""
        rows = self._connection.execute(
            "SELECT * FROM objects WHERE job_id = ? ORDER BY name", (job_id,)
        )
        return [_stored(row) for row in rows]

    def path(self, stored: StoredObject) -> Path:
        """Where the object's bytes are."""
        return self._folder / stored.file

    def drop_object(self, job_id: str, name: str) -> None:
        """Delete one object."""
        self._drop("objects", job_id, name)

    def drop_job(self, job_id: str) -> None:
        """Delete every object, part and count of a job."""
        with self._transactions.one():
            for table in ("objects", "parts", "upload_counts"):
                self._connection.execute(f"DELETE FROM {table} WHERE job_id = ?", (job_id,))  # noqa: S608
            folder = self._folder / job_id
            self._transactions.afterwards(lambda: shutil.rmtree(folder, ignore_errors=True))

    def _drop(self, table: str, job_id: str, name: str) -> None:
        which, parameters = "job_id = ? AND name = ?", (job_id, name)
        with self._transactions.one():
            self._delete_files(table, which, parameters)
            self._connection.execute(f"DELETE FROM {table} WHERE {which}", parameters)  # noqa: S608

    def _delete_files(self, table: str, which: str, parameters: tuple[str | int, ...]) -> None:
        """Delete the files of some rows once the transaction around is committed."""
        rows = self._connection.execute(
            f"SELECT file FROM {table} WHERE {which} AND file <> ''",  # noqa: S608
            parameters,
        )
        paths = [self._folder / row["file"] for row in rows]

        def delete() -> None:
            for path in paths:
                path.unlink(missing_ok=True)

        self._transactions.afterwards(delete)

    def _sweep(self) -> None:
        """Delete what no row names: the files of a transaction that a kill cut off."""
        rows = self._connection.execute("SELECT file FROM objects UNION SELECT file FROM parts")
        named = {self._folder / row["file"] for row in rows}
        for path in sorted(self._folder.rglob("*"), reverse=True):  # a folder after its content
            if not path.is_dir():
                if path not in named:
                    path.unlink()
            elif not any(path.iterdir()):
                path.rmdir()

    def _temporary(self) -> Path:
        return self._incoming / uuid.uuid4().hex

    def _adopt(self, job_id: str, path: Path) -> str:
        """Take a whole file in among the objects, under a name of its own; returns that."""
        if path.is_relative_to(self._folder):
            return path.relative_to(self._folder).as_posix()
        file = f"{job_id}/{path.name}"
        target = self._folder / file
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.replace(target)
        return file


def _join(sources: list[Path], target: Path) -> Received:
    with target.open("wb") as file:
        writer = _Writer(file)
        for source in sources:
            with source.open("rb") as part:
                while block := part.read(_BLOCK):
                    writer.write(block)
    return writer.received(target)


def _stored(row: sqlite3.Row) -> StoredObject:
    return StoredObject(
        name=row["name"],
        size=row["size"],
        md5=row["md5"],
        sha256=row["sha256"],
        content_type=row["content_type"],
        uploaded_at=row["uploaded_at"],
        file=row["file"],
    )
