"""Files on their way to upload URLs. Knows files and URLs, not Pulumi."""

from .fingerprint import FingerprintCache, fingerprint
from .probe import Media, MediaKind, probe, probe_cache
from .progress import Reporter, Silent
from .sources import Source, open_source
from .upload import Uploader, part_count, parts_fit

__all__ = [
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
