"""Digests that stand for a file, so that whoever only compares need not have or read it."""

from .checksums import SUMS_NAME, Entry, escaped, parse_sums, read_sums
from .digest import Digest, digest_beside
from .lfs_pointer import is_pointer, read_pointer

__all__ = [
    "SUMS_NAME",
    "Digest",
    "Entry",
    "digest_beside",
    "escaped",
    "is_pointer",
    "parse_sums",
    "read_pointer",
    "read_sums",
]
