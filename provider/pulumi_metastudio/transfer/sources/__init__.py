"""Where a file's bytes come from: a local path, or a URL that is streamed through.

All kinds answer the same questions: how large, has it changed since, give me bytes from here on.
A URL is never spooled to disk.
"""

from .base import READ_ERRORS, Glance, OnRetry, Readable, Source, is_url, url_label
from .opening import glance, local_path, open_source

__all__ = [
    "READ_ERRORS",
    "Glance",
    "OnRetry",
    "Readable",
    "Source",
    "glance",
    "is_url",
    "local_path",
    "open_source",
    "url_label",
]
