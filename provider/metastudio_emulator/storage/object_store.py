"""Stored files: objects and parts on disk, their sizes and checksums in the database."""

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
    """A complete file.

    Attributes:
        name: the file kind, or "attachment-ID".
        size: bytes.
        md5, sha256: lower-case hexadecimal.
        content_type: as declared by the upload.
        file: path of its content, relative to the folder of objects.
    """

    name: str
    size: int
    md5: str
    sha256: str
    content_type: str
    file: str


@dataclass(frozen=True)
class StoredPart:
    """One part of a multipart upload, numbered from 1; ``file`` is empty once it was joined."""

    part_number: int
    size: int
    md5: str
    sha256: str
    content_type: str
    file: str


@dataclass(frozen=True)
class Received:
    """A complete body in a file that no row names yet."""

    path: Path
    size: int
    md5: str
    sha256: str


class _Writer:
    """Writes blocks to a file and computes both checksums on the way."""

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

    A body is written to a temporary file and renamed, once complete, to a name that was never used
    before. Then a row names it, and the file that the row named before is deleted last.
    """

    def __init__(
        self, connection: sqlite3.Connection, transactions: Transactions, folder: Path
    ) -> None:
        self._connection = connection
        self._transactions = transactions
        self._folder = folder / "objects"
        self._incoming = folder / "incoming"
        # What is there belongs to uploads that the end of an earlier run interrupted.
        shutil.rmtree(self._incoming, ignore_errors=True)
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder.mkdir(exist_ok=True, mode=0o700)
        self._delete_orphans()

    async def receive(self, chunks: AsyncIterator[bytes]) -> Received:
        """Write a body to a temporary file, with at most a block of it in memory.

        If the iteration fails, the file is deleted.
        """
        path = self._temporary()
        try:
            with path.open("wb") as file:
                writer = _Writer(file)
                block = bytearray()
                async for chunk in chunks:
                    block += chunk
                    if len(block) >= _BLOCK:
                        # Not in the event loop, so that parallel uploads hash in parallel.
                        await asyncio.to_thread(writer.write, block)
                        block = bytearray()
                await asyncio.to_thread(writer.write, block)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return writer.received(path)

    def store_object(
        self, job_id: str, name: str, received: Received, content_type: str, now: float
    ) -> str:
        """Make a received body the object of that name; returns the path of its content."""
        file = self._move(job_id, received.path)
        content = (received.size, received.md5, received.sha256)
        with self._transactions.begin():
            self._delete_files("objects", "job_id = ? AND name = ?", (job_id, name))
            self._connection.execute(
                "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (job_id, name, *content, content_type, now, file),
            )
        return file

    def store_part(
        self,
        job_id: str,
        name: str,
        upload_id: str,
        part_number: int,
        received: Received,
        content_type: str,
    ) -> None:
        """Make a received body a part of a multipart upload, replacing an earlier one."""
        file = self._move(job_id, received.path)
        key = (job_id, name, upload_id, part_number)
        with self._transactions.begin():
            self._delete_files(
                "parts", "job_id = ? AND name = ? AND upload_id = ? AND part_number = ?", key
            )
            self._connection.execute(
                "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*key, received.size, received.md5, received.sha256, content_type, file),
            )

    def count_upload(self, job_id: str, name: str, part_number: int) -> None:
        """Count an accepted upload of an object (part 0) or of a part."""
        self._connection.execute(
            "INSERT INTO upload_counts VALUES (?, ?, ?, 1)"
            " ON CONFLICT (job_id, name, part_number) DO UPDATE SET uploads = uploads + 1",
            (job_id, name, part_number),
        )

    def upload_counts(self, job_id: str, name: str) -> dict[int, int]:
        """Accepted uploads by part number; part 0 is an object uploaded in one piece."""
        rows = self._connection.execute(
            "SELECT part_number, uploads FROM upload_counts WHERE job_id = ? AND name = ?"
            " ORDER BY part_number",
            (job_id, name),
        )
        return {row["part_number"]: row["uploads"] for row in rows}

    def parts(self, job_id: str, name: str, upload_id: str) -> list[StoredPart]:
        """The parts that have arrived, in the order of their numbers."""
        rows = self._connection.execute(
            "SELECT part_number, size, md5, sha256, content_type, file FROM parts"
            " WHERE job_id = ? AND name = ? AND upload_id = ? ORDER BY part_number",
            (job_id, name, upload_id),
        )
        return [StoredPart(**dict(row)) for row in rows]

    async def join(self, job_id: str, name: str, upload_id: str) -> Received:
        """Join the content of all parts of an upload, in the order of their numbers."""
        parts = self.parts(job_id, name, upload_id)
        paths = [self._folder / part.file for part in parts]
        if len(parts) == 1:
            return Received(paths[0], parts[0].size, parts[0].md5, parts[0].sha256)
        return await asyncio.to_thread(_join, paths, self._temporary())

    def complete(
        self, job_id: str, name: str, upload_id: str, joined: Received, now: float
    ) -> None:
        """Make the joined parts the object. Their rows stay, so that they are still listed."""
        content_type = self.parts(job_id, name, upload_id)[0].content_type
        of_upload = "job_id = ? AND name = ? AND upload_id = ?"
        upload = (job_id, name, upload_id)
        with self._transactions.begin():
            file = self.store_object(job_id, name, joined, content_type, now)
            # The file of a single part has become the object's.
            self._delete_files("parts", f"{of_upload} AND file <> ?", (*upload, file))
            self._connection.execute(f"UPDATE parts SET file = '' WHERE {of_upload}", upload)  # noqa: S608

    def delete_parts(self, job_id: str, name: str) -> None:
        """Delete every part of a file, of all its multipart uploads."""
        self._delete("parts", job_id, name)

    def object(self, job_id: str, name: str) -> StoredObject | None:
        """One object, or None if it is not complete."""
        return next((stored for stored in self.objects(job_id) if stored.name == name), None)

    def objects(self, job_id: str) -> list[StoredObject]:
        """All objects of a job, by name."""
        rows = self._connection.execute(
            "SELECT name, size, md5, sha256, content_type, file FROM objects WHERE job_id = ?"
            " ORDER BY name",
            (job_id,),
        )
        return [StoredObject(**dict(row)) for row in rows]

    def path(self, stored: StoredObject) -> Path:
        """Where the object's content is."""
        return self._folder / stored.file

    def delete_object(self, job_id: str, name: str) -> None:
        """Delete one object."""
        self._delete("objects", job_id, name)

    def delete_job(self, job_id: str) -> None:
        """Delete every object, part and count of a job."""
        with self._transactions.begin():
            for table in ("objects", "parts", "upload_counts"):
                self._connection.execute(f"DELETE FROM {table} WHERE job_id = ?", (job_id,))  # noqa: S608
            folder = self._folder / job_id
            self._transactions.after_commit(lambda: shutil.rmtree(folder, ignore_errors=True))

    def _delete(self, table: str, job_id: str, name: str) -> None:
        condition, parameters = "job_id = ? AND name = ?", (job_id, name)
        with self._transactions.begin():
            self._delete_files(table, condition, parameters)
            self._connection.execute(f"DELETE FROM {table} WHERE {condition}", parameters)  # noqa: S608

    def _delete_files(self, table: str, condition: str, parameters: tuple[str | int, ...]) -> None:
        """Delete the files of some rows once the current transaction is committed."""
        rows = self._connection.execute(
            f"SELECT file FROM {table} WHERE {condition} AND file <> ''",  # noqa: S608
            parameters,
        )
        paths = [self._folder / row["file"] for row in rows]

        def delete() -> None:
            for path in paths:
                path.unlink(missing_ok=True)

        self._transactions.after_commit(delete)

    def _delete_orphans(self) -> None:
        """Delete files that no row names: a kill interrupted their transaction."""
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

    def _move(self, job_id: str, path: Path) -> str:
        """Move a complete file to the folder of objects; returns its path relative to that."""
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
