"""The user's own folders for what this package keeps on a machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder() -> Path:
    """What may be lost at any time (``METASTUDIO_CACHE_DIR``, ``XDG_CACHE_HOME``)."""
    return _folder("METASTUDIO_CACHE_DIR", "XDG_CACHE_HOME", "~/.cache")


def state_folder() -> Path:
    """What a later run on this machine needs (``METASTUDIO_STATE_DIR``, ``XDG_STATE_HOME``)."""
    return _folder("METASTUDIO_STATE_DIR", "XDG_STATE_HOME", "~/.local/state")


def _folder(own: str, standard: str, default: str) -> Path:
    named = os.environ.get(own)
    if named:
        return Path(named)
    if sys.platform == "win32":  # pragma: no cover
        base = os.environ.get("LOCALAPPDATA", "~/AppData/Local")
    else:
        base = os.environ.get(standard) or default
    return Path(base).expanduser() / "pulumi-metastudio"
