"""What a media file is, by its header: a film's frame size and length, a picture, a zip archive."""

from __future__ import annotations

import enum
import json
import struct
from collections.abc import Callable
from dataclasses import asdict

from ...common.folders import cache_folder
from ...errors import InputError
from ..source_cache import SourceCache
from ..sources import Source
from .header_view import HeaderView, Media, MediaFault, Unreadable
from .mp4 import read_video


class MediaKind(enum.Enum):
    """What a file is meant to be."""

    VIDEO = "an MP4 video"
    PICTURE = "a picture"
    ARCHIVE = "a zip archive"


def probe(source: Source, kind: MediaKind, cache: SourceCache | None = None) -> Media | None:
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
        found = _READERS[kind](HeaderView(source))
    except Unreadable:
        return None
    except MediaFault as fault:
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


def probe_cache() -> SourceCache:
    """The memory of what probes found, beside that of fingerprints and keyed as it is."""
    return SourceCache(cache_folder() / "probes.db")


def _picture(view: HeaderView) -> Media:
    import imagesize

    # SVG is text: no photograph, and not worth parsing XML of unknown origin.
    width, height = (-1, -1)
    if not view.at(0, 64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        view.seek(0)
        try:
            width, height = imagesize.get(view)
        except (ValueError, OSError, struct.error, IndexError, KeyError, TypeError):
            width, height = (-1, -1)  # as for any other damaged header
    if width < 1 or height < 1:
        raise MediaFault("is not a picture: give a JPEG or PNG file")
    return Media(width, height)


def _archive(view: HeaderView) -> Media:
    import zipfile

    try:
        with zipfile.ZipFile(view) as archive:
            entries = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, struct.error, NotImplementedError):
        raise MediaFault("is not a zip archive, or is cut off: zip the sound files again") from None
    if all(name.endswith("/") for name in entries):
        raise MediaFault("is a zip archive without any file: put the sound files into it")
    return Media()


_READERS: dict[MediaKind, Callable[[HeaderView], Media]] = {
    MediaKind.VIDEO: read_video,
    MediaKind.PICTURE: _picture,
    MediaKind.ARCHIVE: _archive,
}
