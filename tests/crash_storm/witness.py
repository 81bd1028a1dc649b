"""Who asks the service for what: a reverse proxy on loopback with an address for each party.

The service tells nobody which of two people with one project made a job or touched it, so each
party reaches it through an address of its own. Bytes, resets and cut answers are passed on as
they come; the service builds upload URLs with the address it was asked by, so uploads pass here,
too. Noted are the method, the job and what the job was before the request reached it.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from metastudio_emulator import Emulator
from metastudio_emulator.errors import EmulatorError

_JOBS = "/digital-human-training-manage/user/jobs"
_TOUCHED = re.compile(rf"(?:.*{_JOBS}/|/obs/[^/]+/)([0-9a-f]{{32}})(?![0-9a-f]).*")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_BLOCK = 1 << 16


@dataclass(frozen=True)
class Touch:
    """One request that may change or remove a job, or send it a file.

    Attributes:
        party: whose address it came by.
        method: PUT of fields or of a file, POST of a command, DELETE.
        job_id: the job that is meant.
        name: the job's name when it was first touched by anybody, before that touch.
        state: the job's state before a DELETE; empty for the others, or when it was gone.
    """

    party: str
    method: str
    job_id: str
    name: str
    state: str = ""


class Witness:
    """Notes what the parties do, while a ``with`` block lasts.

    Attributes:
        touches: what was noted, in order.
        writes: requests so far that change something, creations included, by party.
    """

    def __init__(self, service: Emulator):
        self.touches: list[Touch] = []
        self.writes: Counter[str] = Counter()
        self._service = service
        self._names: dict[str, str] = {}
        self._servers: list[asyncio.Server] = []
        self._mistakes: list[Exception] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Witness:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        if self._mistakes:
            raise self._mistakes[0]

    def address(self, party: str) -> str:
        """The endpoint for one party."""
        server = self._call(
            asyncio.start_server(lambda r, w: self._serve(party, r, w), "127.0.0.1", 0)
        )
        self._servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    def _call(self, what: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result()

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(
        self, party: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """One connection of a party and its twin to the service, until either ends."""
        service = urlsplit(self._service.endpoint)
        upstream, onward = await asyncio.open_connection(service.hostname, service.port)
        ways = [
            asyncio.create_task(self._requests(party, reader, onward)),
            asyncio.create_task(_answers(upstream, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            problems = [p for p in await asyncio.gather(*ways, return_exceptions=True) if p]
            cut = [p for p in problems if isinstance(p, ConnectionError)]
            self._mistakes += [p for p in problems if isinstance(p, Exception) and p not in cut]
            for end in (writer, onward):
                if cut:
                    _reset(end)
                end.close()

    async def _requests(
        self, party: str, reader: asyncio.StreamReader, onward: asyncio.StreamWriter
    ) -> None:
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return
            if b"\r\ntransfer-encoding:" in head.lower():
                raise NotImplementedError("a body in chunks")
            await self._note(party, head)
            onward.write(head)
            length = _LENGTH.search(head)
            left = int(length[1]) if length else 0
            while left:
                block = await reader.read(min(left, _BLOCK))
                if not block:
                    return
                left -= len(block)
                onward.write(block)
                try:
                    await onward.drain()
                except ConnectionError:
                    # The service takes no more of it; what it has answered decides the end.
                    await asyncio.Future()

    async def _note(self, party: str, head: bytes) -> None:
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
        path = target.partition("?")[0]
        if method == "GET":
            return
        self.writes[party] += 1
        touched = _TOUCHED.fullmatch(path)
        if touched is None:
            assert path.endswith(_JOBS), f"not understood: {method} {path}"
            return
        job_id, state = touched[1], ""
        if method == "DELETE" or job_id not in self._names:
            name, state = await asyncio.to_thread(self._look, job_id)
            self._names.setdefault(job_id, name)
        state = state if method == "DELETE" else ""
        self.touches.append(Touch(party, method, job_id, self._names[job_id], state))

    def _look(self, job_id: str) -> tuple[str, str]:
        """A job's name and state; nothing for one that is gone."""
        try:
            job = self._service.control.job(job_id)
        except EmulatorError:
            return "", ""
        return job["fields"]["name"], job["state"]


async def _answers(upstream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while block := await upstream.read(_BLOCK):
        writer.write(block)
        await writer.drain()


def _reset(end: asyncio.StreamWriter) -> None:
    """Close with a TCP reset, as the other side did."""
    if end.transport.is_closing():
        return
    connection = end.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.transport.abort()
