"""The service's rules for files, by their sizes and headers.

Source: the create page (2025-12-08); frame sizes are those that the error 44005901 names.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import InputError
from ...transfer import (
    LARGEST_PART,
    MOST_PARTS,
    Media,
    MediaKind,
    Source,
    SourceCache,
    probe,
)
from ..schema import FILES

#: What each file is; the letter of authorisation may be any document.
_MEDIA = {
    "training_video": MediaKind.VIDEO,
    "action_video": MediaKind.VIDEO,
    "audio": MediaKind.ARCHIVE,
    "cover": MediaKind.PICTURE,
    "id_card_image1": MediaKind.PICTURE,
    "id_card_image2": MediaKind.PICTURE,
    "pre_beauty_image": MediaKind.PICTURE,
    "post_beauty_image": MediaKind.PICTURE,
}
_FRAMES = ((1920, 1080), (1080, 1920), (3840, 2160), (2160, 3840))
_SHORTEST, _LONGEST = 180, 600


def faults(name: str, source: Source, probes: SourceCache) -> Iterator[str]:
    """What the service would not take of a file, by its size and header; one line each.

    Args:
        probes: remembers what headers said.
    """
    too_large = oversize(name, source.label, source.size)
    if too_large:
        yield too_large
        return
    if name not in _MEDIA:
        return
    try:
        media = probe(source, _MEDIA[name], probes)
    except InputError as error:
        yield str(error)
        return
    if media and _MEDIA[name] is MediaKind.VIDEO:
        for fault in _video(media):
            yield f"'{source.label}' {fault}"


def oversize(name: str, label: str, size: int) -> str | None:
    """Why the storage takes no file of this size as this input; None where it does."""
    most = LARGEST_PART * (MOST_PARTS if FILES[name].parts else 1)
    if size <= most:
        return None
    return f"'{label}' has {size} bytes: the storage takes {most}; give a smaller file"


def _video(media: Media) -> Iterator[str]:
    if (media.width, media.height) not in _FRAMES:
        choices = ", ".join(f"{width}x{height}" for width, height in _FRAMES)
        yield f"is {media.width}x{media.height}: the service takes {choices}; scale or crop it"
    # To the second: what was cut at 3:00 may lack a frame.
    if media.seconds is not None and not _SHORTEST <= round(media.seconds) <= _LONGEST:
        minutes, seconds = divmod(round(media.seconds), 60)
        mend = "cut it" if media.seconds > _LONGEST else "film more"
        yield f"lasts {minutes}:{seconds:02} minutes: the service takes 3 to 10 minutes; {mend}"
