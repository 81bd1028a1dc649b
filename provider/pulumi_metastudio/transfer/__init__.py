"""Files on their way to upload URLs. Knows files and URLs, not Pulumi."""

from .digests import Digest, digest_beside, is_pointer
from .fingerprint import (
    fingerprint,
    fingerprint_anew,
    fingerprint_cache,
    portable_validator,
)
from .media import Media, MediaKind, probe, probe_cache
from .parts import LARGEST_PART, MOST_PARTS, part_count, parts_fit
from .progress import Reporter, Silent
from .source_cache import SourceCache
from .sources import Glance, Source, glance, is_url, local_path, open_source, url_label
from .upload import Uploader

__all__ = [
    "LARGEST_PART",
    "MOST_PARTS",
    "Digest",
    "Glance",
    "Media",
    "MediaKind",
    "Reporter",
    "Silent",
    "Source",
    "SourceCache",
    "Uploader",
    "digest_beside",
    "fingerprint",
    "fingerprint_anew",
    "fingerprint_cache",
    "glance",
    "is_pointer",
    "is_url",
    "local_path",
    "open_source",
    "part_count",
    "parts_fit",
    "portable_validator",
    "probe",
    "probe_cache",
    "url_label",
]
