"""A manifest as its file has it, before its inputs are looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Document"]


@dataclass
class Document:
    """A manifest's parts; each job with what to call it to people."""

    batch_name: Any = None
    defaults: dict[str, Any] = field(default_factory=dict)
    jobs: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
