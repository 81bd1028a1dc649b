"""A film's frame size and length, from the boxes of an MP4 file (ISO/IEC 14496-12).

The file is walked box by box, from one header to the next, so an index at the end of many
gibibytes costs two small reads.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .header_view import HeaderView, Media, MediaFault

_CONVERT = "convert it to MP4, for example: ffmpeg -i FILE -c copy film.mp4"


def read_video(view: HeaderView) -> Media:
    try:
        return _film(view)
    except (struct.error, ZeroDivisionError):
        raise MediaFault("is a damaged MP4: export or copy it again") from None


def _film(view: HeaderView) -> Media:
    _check_type(view)
    found: Media | None = None
    for kind, body, end in _boxes(view, 0, view.size):
        if kind == b"moov":
            found = _movie(view, body, end)
            if any(inner == b"mvex" for inner, _, _ in _boxes(view, body, end)):
                break  # fragmented: as many boxes follow as the film has pieces
    if found is None:
        raise MediaFault("has no index (moov): its recording was not finished, or it is cut off")
    return found


def _check_type(view: HeaderView) -> None:
    size, kind = struct.unpack(">I4s", view.at(0, 8).ljust(8, b"\0"))
    if kind != b"ftyp":
        raise MediaFault(f"is not an MP4 video: {_CONVERT}")
    brands = view.at(8, min(size, 256) - 8)
    # A QuickTime film has the same boxes; one that is an MP4 as well names a brand of MP4 too.
    if brands[:4] == b"qt  " and not any(mp4 in brands[8:] for mp4 in (b"isom", b"mp4")):
        raise MediaFault(f"is a QuickTime film: {_CONVERT}")


def _movie(view: HeaderView, start: int, stop: int) -> Media:
    seconds = 0.0
    films = []
    for kind, body, end in _boxes(view, start, stop):
        if kind == b"mvhd":
            seconds = _length(view, body)
        elif kind == b"trak":
            track = _track(view, body, end)
            films += [track] if track else []
    if not films:
        raise MediaFault("has no video in it, only sound or other tracks: give a film")
    # A cover picture is a small video track of its own.
    width, height = max(films, key=lambda size: size[0] * size[1])
    return Media(width, height, seconds or None)


def _length(view: HeaderView, body: int) -> float:
    long = view.at(body, 1) == b"\1"
    # version and flags, two times of day, then what is wanted
    scale, duration = struct.unpack(
        ">IQ" if long else ">II", view.at(body + (20 if long else 12), 12 if long else 8)
    )
    unknown = (1 << 64 if long else 1 << 32) - 1
    return 0.0 if duration == unknown else float(duration / scale)


def _track(view: HeaderView, start: int, stop: int) -> tuple[int, int] | None:
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
    view: HeaderView, start: int, stop: int, within: tuple[bytes, ...] = ()
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
            raise MediaFault("is cut off: it ends before its content does; copy or export it again")
        if kind in within:
            yield from _boxes(view, body, end, within)
        else:
            yield kind, body, end
        start = end
