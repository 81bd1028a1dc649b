"""Files on their way to upload URLs. Knows files and URLs, not Pulumi."""

from .fingerprint import fingerprint, fingerprint_cache
from .media import Media, MediaKind, probe, probe_cache
from .parts import LARGEST_PART, MOST_PARTS, part_count, parts_fit
from .progress import Reporter, Silent
from .source_cache import SourceCache
from .sources import Source, open_source
from .upload import Uploader

__all__ = [
    "LARGEST_PART",
    "MOST_PARTS",
    "Media",
    "MediaKind",
    "Reporter",
    "Silent",
    "Source",
    "SourceCache",
    "Uploader",
    "fingerprint",
    "fingerprint_cache",
    "open_source",
    "part_count",
    "parts_fit",
    "probe",
    "probe_cache",
]
