"""What a media file is, by its header."""

from .header_view import Media
from .probe import MediaKind, probe, probe_cache

__all__ = ["Media", "MediaKind", "probe", "probe_cache"]
