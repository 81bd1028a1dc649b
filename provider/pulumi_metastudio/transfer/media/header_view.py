"""A file as its header's readers see it, and what they find.

Little is read however large the file. Of a URL the blocks are asked for by Range; where its server
gives none, or they would be many, the file is not looked at and the service judges it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from ..sources import READ_ERRORS, Source

_BLOCK = 64 * 1024
#: Blocks that a probe may read: of a file at hand, and of one that costs a request for each.
_BLOCKS_NEAR, _BLOCKS_FAR = 256, 8


@dataclass(frozen=True)
class Media:
    """What a header says.

    Attributes:
        width, height: pixels of a frame as it is shown; 0 for an archive.
        seconds: length of a video; None when the header lacks it, as in a fragmented MP4.
    """

    width: int = 0
    height: int = 0
    seconds: float | None = None


class MediaFault(Exception):
    """What is wrong with a file, to be read after its name."""


class Unreadable(Exception):
    """The file cannot be read here, or not cheaply."""


class HeaderView(io.RawIOBase):
    """A source as a seekable file; each block is read once, and only a few of them."""

    def __init__(self, source: Source):
        self._source = source
        self._position = 0
        self._blocks: dict[int, bytes] = {}
        self._left = _BLOCKS_NEAR if source.local else _BLOCKS_FAR

    @property
    def size(self) -> int:
        return self._source.size

    def at(self, position: int, length: int) -> bytes:
        """The bytes at ``position``; fewer at the end."""
        self.seek(position)
        return self.read(length) or b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise OSError("before the start")
        self._position = base + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        end = self.size if size is None or size < 0 else min(self.size, self._position + size)
        taken = []
        while self._position < end:
            number, within = divmod(self._position, _BLOCK)
            piece = self._block(number)[within : within + end - self._position]
            if not piece:
                break
            taken.append(piece)
            self._position += len(piece)
        return b"".join(taken)

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            if not self._left:
                raise Unreadable
            self._left -= 1
            self._blocks[number] = self._fetched(number * _BLOCK)
        return self._blocks[number]

    def _fetched(self, start: int) -> bytes:
        if start and not self._source.seekable:
            raise Unreadable
        block = b""
        try:
            with self._source.reader(start) as stream:
                while len(block) < _BLOCK and (piece := stream.read(_BLOCK - len(block))):
                    block += piece
        except READ_ERRORS:
            raise Unreadable from None
        return block
