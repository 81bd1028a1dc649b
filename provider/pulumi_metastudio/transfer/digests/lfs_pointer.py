"""The small text that Git LFS leaves in the place of a file that was not fetched.

Source: the specification of Git LFS, ``docs/spec.md``, version 1: a pointer is shorter than 1,024
bytes, its first line names the version, then come ``key value`` lines, among them
``oid sha256:<64 hexadecimal digits>`` and ``size <bytes>``.
"""

from __future__ import annotations

import re
from pathlib import Path

from ...errors import InputError

_LESS_THAN = 1024
#: The second is the name that version 1 had before its release.
_VERSIONS = (
    b"version https://git-lfs.github.com/spec/v1\n",
    b"version https://hawser.github.com/spec/v1\n",
)
_OID = re.compile(rb"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)
_SIZE = re.compile(rb"^size ([0-9]{1,18})$", re.MULTILINE)


def read_pointer(file: Path) -> tuple[str, int] | None:
    """SHA-256 and size of the file that a pointer stands for; None where the file is no pointer.

    Raises:
        InputError: it begins as a pointer does, and lacks the digest or the size.
    """
    try:
        if not file.is_file() or file.stat().st_size >= _LESS_THAN:
            return None
        text = file.read_bytes()
    except (OSError, ValueError):
        return None  # whoever opens it says why it cannot be read
    text = text.replace(b"\r\n", b"\n")  # as a checkout on Windows may make it
    if not text.startswith(_VERSIONS):
        return None
    oid, size = _OID.search(text), _SIZE.search(text)
    if not oid or not size:
        raise InputError(
            f"'{file}' begins as a Git LFS pointer and lacks its oid or size: check it out again, "
            "or run 'git lfs pull'"
        )
    return oid[1].decode(), int(size[1])


def is_pointer(file: Path) -> bool:
    """Whether a pointer stands in the file's place, damaged or not."""
    try:
        return read_pointer(file) is not None
    except InputError:
        return True
