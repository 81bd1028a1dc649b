"""Files on their way to upload URLs. Knows files and URLs, not Pulumi."""

from .fingerprint import FingerprintCache, fingerprint
from .parts import LARGEST_PART, MOST_PARTS, part_count, parts_fit
from .probe import Media, MediaKind, probe, probe_cache
from .progress import Reporter, Silent
from .sources import Source, open_source
from .upload import Uploader

__all__ = [
    "LARGEST_PART",
    "MOST_PARTS",
    "FingerprintCache",
    "Media",
    "MediaKind",
    "Reporter",
    "Silent",
    "Source",
    "Uploader",
    "fingerprint",
    "open_source",
    "part_count",
    "parts_fit",
    "probe",
    "probe_cache",
]
