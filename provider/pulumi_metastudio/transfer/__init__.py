"""Files on their way to upload URLs. Knows files and URLs, not Pulumi."""

from .fingerprint import FingerprintCache, fingerprint
from .progress import Reporter, Silent
from .sources import Source, open_source
from .upload import Uploader, part_count, parts_fit

__all__ = [
    "FingerprintCache",
    "Reporter",
    "Silent",
    "Source",
    "Uploader",
    "fingerprint",
    "open_source",
    "part_count",
    "parts_fit",
]
