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
    """

    name: str
    size: int
    md5: str
    sha256: str
    content_type: str
    uploaded_at: float


@dataclass(frozen=True)
class StoredPart:
    """One part of a multipart upload; numbers start at 1."""

    part_number: int
    size: int
    md5: str
    sha256: str
    content_type: str


@dataclass(frozen=True)
class Received:
    """A body that arrived in full and waits in a temporary file."""

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
    """The files of one data folder. Every file is written aside and renamed when whole."""

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self._connection = connection
        self._folder = folder / "objects"
        self._incoming = folder / "incoming"
        # What lies there was interrupted by the end of an earlier run.
        shutil.rmtree(self._incoming, ignore_errors=True)
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder.mkdir(exist_ok=True, mode=0o700)

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
        self._move(received.path, self.path(job_id, name))
        kept = StoredObject(name, received.size, received.md5, received.sha256, content_type, now)
        self._connection.execute(
            "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?)",
            (job_id, name, kept.size, kept.md5, kept.sha256, content_type, now),
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
        self._move(received.path, self._part_path(job_id, name, upload_id, part_number))
        self._connection.execute(
            "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(job_id, name, upload_id, part_number),
                *(received.size, received.md5, received.sha256, content_type),
            ),
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
            "SELECT part_number, size, md5, sha256, content_type FROM parts"
            " WHERE job_id = ? AND name = ? AND upload_id = ? ORDER BY part_number",
            (job_id, name, upload_id),
        )
        return [StoredPart(**dict(row)) for row in rows]

    async def assemble(self, job_id: str, name: str, upload_id: str, now: float) -> StoredObject:
        """Join all parts of an upload, in the order of their numbers, into the object.

        The rows of the parts stay, so that they can still be listed; their files go.
        """
        parts = self.parts(job_id, name, upload_id)
        paths = [self._part_path(job_id, name, upload_id, part.part_number) for part in parts]
        if len(parts) == 1:
            received = Received(paths[0], parts[0].size, parts[0].md5, parts[0].sha256)
        else:
            received = await asyncio.to_thread(_join, paths, self._temporary())
        kept = self.keep_object(job_id, name, received, parts[0].content_type, now)
        shutil.rmtree(paths[0].parent, ignore_errors=True)
        return kept

    def drop_parts(self, job_id: str, name: str) -> None:
        """Forget every part of a file, of all its uploads."""
        self._connection.execute("DELETE FROM parts WHERE job_id = ? AND name = ?", (job_id, name))
        shutil.rmtree(self._parts_folder(job_id, name), ignore_errors=True)

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

    def path(self, job_id: str, name: str) -> Path:
        """Where the object's bytes are."""
        return self._folder / job_id / name

    def drop_object(self, job_id: str, name: str) -> None:
        """Delete one object."""
        self._connection.execute(
            "DELETE FROM objects WHERE job_id = ? AND name = ?", (job_id, name)
        )
        self.path(job_id, name).unlink(missing_ok=True)

    def drop_job(self, job_id: str) -> None:
        """Delete every object, part and count of a job."""
        for table in ("objects", "parts", "upload_counts"):
            self._connection.execute(f"DELETE FROM {table} WHERE job_id = ?", (job_id,))  # noqa: S608
        shutil.rmtree(self._folder / job_id, ignore_errors=True)

    def _temporary(self) -> Path:
        return self._incoming / uuid.uuid4().hex

    def _parts_folder(self, job_id: str, name: str) -> Path:
        return self._folder / job_id / "parts" / name

    def _part_path(self, job_id: str, name: str, upload_id: str, part_number: int) -> Path:
        return self._parts_folder(job_id, name) / upload_id / f"{part_number:05}"

    @staticmethod
    def _move(source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        source.replace(target)


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
    )
