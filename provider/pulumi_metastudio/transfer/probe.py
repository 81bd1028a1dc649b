"""What a media file is, by its header: a film's frame size and length, a picture, a zip archive.

Little is read however large the file: an MP4 is walked box by box (ISO/IEC 14496-12), from one
header to the next, so an index at the end of many gibibytes costs two small reads. Of a URL the
same blocks are asked for by Range; where its server gives none, or they would be many, the file
is not looked at and the service judges it.
"""

from __future__ import annotations

import enum
import io
import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from ..errors import InputError
from ..folders import cache_folder
from .fingerprint import FingerprintCache
from .sources import READ_ERRORS, Source

__all__ = ["Media", "MediaKind", "probe", "probe_cache"]

_BLOCK = 64 * 1024
#: Blocks that a probe may read: of a file at hand, and of one that costs a request for each.
_BLOCKS_NEAR, _BLOCKS_FAR = 256, 8


class MediaKind(enum.Enum):
    """What a file is meant to be."""

    VIDEO = "an MP4 video"
    PICTURE = "a picture"
    ARCHIVE = "a zip archive"


@dataclass(frozen=True)
class Media:
    """What a header says.

    Attributes:
        width, height: pixels of a frame as it is shown; 0 for an archive.
        seconds: length of a video; None when the header does not tell, as in a fragmented MP4.
    """

    width: int = 0
    height: int = 0
    seconds: float | None = None


def probe(source: Source, kind: MediaKind, cache: FingerprintCache | None = None) -> Media | None:
    """What the header of a source says; None if it cannot be looked at cheaply.

    Args:
        cache: remembers what was found, so that an unchanged file is not opened again.

    Raises:
        InputError: the source is not what it is meant to be.
    """
    known = _noted(cache.get(source), kind) if cache else None
    if known:
        return known
    if kind is MediaKind.ARCHIVE and not source.local:
        return None  # its directory is at the end: not worth the requests
    try:
        found = _READERS[kind](_View(source))
    except _Unread:
        return None
    except _Fault as fault:
        raise InputError(f"'{source.label}' {fault}") from None
    if cache:
        cache.put(source, json.dumps({"kind": kind.name, **asdict(found)}))
    return found


def _noted(text: str | None, kind: MediaKind) -> Media | None:
    try:
        noted = json.loads(text or "{}")
        return Media(**noted) if noted.pop("kind", None) == kind.name else None
    except (ValueError, TypeError):
        return None  # written by another version


def probe_cache() -> FingerprintCache:
    """The memory of what probes found, beside that of fingerprints and keyed as it is."""
    return FingerprintCache(cache_folder() / "probes.db")


class _Fault(Exception):
    """What is wrong with a file, to be read after its name."""


class _Unread(Exception):
    """The file cannot be read here, or not cheaply."""


class _View(io.RawIOBase):
    """A source as a file to seek in, of which each block is read once and only so many."""

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
                raise _Unread
            self._left -= 1
            self._blocks[number] = self._fetched(number * _BLOCK)
        return self._blocks[number]

    def _fetched(self, start: int) -> bytes:
        if start and not self._source.anywhere:
            raise _Unread
        block = b""
        try:
            with self._source.reader(start) as stream:
                while len(block) < _BLOCK and (piece := stream.read(_BLOCK - len(block))):
                    block += piece
        except READ_ERRORS:
            raise _Unread from None
        return block


def _picture(view: _View) -> Media:
    import imagesize

    # SVG is text: no photograph, and not worth an XML parser on whatever a file holds.
    width, height = (-1, -1)
    if not view.at(0, 64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        view.seek(0)
        try:
            width, height = imagesize.get(view)
        except (ValueError, OSError, struct.error, IndexError, KeyError, TypeError):
            width, height = (-1, -1)  # as for any other damaged header
    if width < 1 or height < 1:
        raise _Fault("is not a picture: give a JPEG or PNG file")
    return Media(width, height)


def _archive(view: _View) -> Media:
    import zipfile

    try:
        with zipfile.ZipFile(view) as archive:
            entries = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, struct.error, NotImplementedError):
        raise _Fault("is not a zip archive, or is cut off: zip the sound files again") from None
    if all(name.endswith("/") for name in entries):
        raise _Fault("is a zip archive without any file: put the sound files into it")
    return Media()


_CONVERT = "convert it to MP4, for example: ffmpeg -i FILE -c copy film.mp4"


def _video(view: _View) -> Media:
    try:
        return _film(view)
    except (struct.error, ZeroDivisionError):
        raise _Fault("is a damaged MP4: export or copy it again") from None


def _film(view: _View) -> Media:
    _check_type(view)
    found: Media | None = None
    for kind, body, end in _boxes(view, 0, view.size):
        if kind == b"moov":
            found = _movie(view, body, end)
            if any(inner == b"mvex" for inner, _, _ in _boxes(view, body, end)):
                break  # fragmented: as many boxes follow as the film has pieces
    if found is None:
        raise _Fault("has no index (moov): its recording was not finished, or it is cut off")
    return found


def _check_type(view: _View) -> None:
    size, kind = struct.unpack(">I4s", view.at(0, 8).ljust(8, b"\0"))
    if kind != b"ftyp":
        raise _Fault(f"is not an MP4 video: {_CONVERT}")
    brands = view.at(8, min(size, 256) - 8)
    # A QuickTime film has the same boxes; one that is an MP4 as well names a brand of MP4 too.
    if brands[:4] == b"qt  " and not any(mp4 in brands[8:] for mp4 in (b"isom", b"mp4")):
        raise _Fault(f"is a QuickTime film: {_CONVERT}")


def _movie(view: _View, start: int, stop: int) -> Media:
    seconds = 0.0
    films = []
    for kind, body, end in _boxes(view, start, stop):
        if kind == b"mvhd":
            seconds = _length(view, body)
        elif kind == b"trak":
            track = _track(view, body, end)
            films += [track] if track else []
    if not films:
        raise _Fault("has no video in it, only sound or other tracks: give a film")
    # A cover picture is a small video track of its own.
    width, height = max(films, key=lambda size: size[0] * size[1])
    return Media(width, height, seconds or None)


def _length(view: _View, body: int) -> float:
    long = view.at(body, 1) == b"\1"
    # version and flags, two times of day, then what is wanted
    scale, duration = struct.unpack(
        ">IQ" if long else ">II", view.at(body + (20 if long else 12), 12 if long else 8)
    )
    unknown = (1 << 64 if long else 1 << 32) - 1
    return 0.0 if duration == unknown else float(duration / scale)


def _track(view: _View, start: int, stop: int) -> tuple[int, int] | None:
    """A video track's frame size as it is shown; None for another track.

    The size is that of the stored pixels, which is what an encoder was asked for. A display
    matrix that turns by a quarter (a phone held upright) swaps them.
    """
    size: tuple[int, int] | None = None
    turned, handler = False, b""
    for path, body, end in _boxes(view, start, stop, within=(b"mdia", b"minf", b"stbl")):
        if path == b"tkhd":
            matrix = body + (52 if view.at(body, 1) == b"\1" else 40)
            a, _b, _u, _c, d = struct.unpack(">5i", view.at(matrix, 20))
            turned = a == 0 and d == 0
        elif path == b"hdlr":
            handler = handler or view.at(body + 8, 4)  # the first: others are about storage
        elif path == b"stsd":
            # one entry: a box's header, 24 bytes that are not wanted, width, height
            for _, entry, _ in _boxes(view, body + 8, end):
                size = struct.unpack(">HH", view.at(entry + 24, 4))
                break
    if handler != b"vide" or size is None or 0 in size:
        return None
    return (size[1], size[0]) if turned else size


def _boxes(
    view: _View, start: int, stop: int, within: tuple[bytes, ...] = ()
) -> Iterator[tuple[bytes, int, int]]:
    """The boxes of an extent: kind, start and end of the body; those in ``within`` are entered."""
    while start + 8 <= stop:
        size, kind = struct.unpack(">I4s", view.at(start, 8))
        body = start + 8
        if size == 1:
            (size,) = struct.unpack(">Q", view.at(body, 8))
            body += 8
        elif size == 0:
            size = stop - start  # to the end
        end = start + size
        if end < body:
            raise struct.error
        if end > stop:
            raise _Fault("is cut off: it ends before its content does; copy or export it again")
        if kind in within:
            yield from _boxes(view, body, end, within)
        else:
            yield kind, body, end
        start = end


_READERS: dict[MediaKind, Callable[[_View], Media]] = {
    MediaKind.VIDEO: _video,
    MediaKind.PICTURE: _picture,
    MediaKind.ARCHIVE: _archive,
}
