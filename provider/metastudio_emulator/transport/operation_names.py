"""Which operation and interface a request is for, by its method and path."""

from __future__ import annotations

import re
from typing import Literal

from ..storage.file_kinds import ALL_KINDS

_JOBS = r"(?:/rest)?/v1/[^/]+/digital-human-training-manage/user/jobs"
_ROUTES: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("POST", re.compile(_JOBS), "create"),
    ("GET", re.compile(_JOBS), "list"),
    ("GET", re.compile(_JOBS + "/[^/]+"), "show"),
    ("PUT", re.compile(_JOBS + "/[^/]+"), "update"),
    ("DELETE", re.compile(_JOBS + "/[^/]+"), "delete"),
    ("POST", re.compile(_JOBS + "/[^/]+/command"), "command"),
    ("GET", re.compile("/v1/[^/]+/tenants/resources-usage"), "credits"),
    ("PUT", re.compile("/obs/.+"), "upload"),
    ("GET", re.compile("/obs/.+"), "download"),
    ("POST", re.compile("/v3/auth/tokens"), "token"),
    ("POST", re.compile(r"/v3\.0/OS-CREDENTIAL/securitytokens"), "security_token"),
    ("GET", re.compile("/v3/projects"), "projects"),
)
Interface = Literal["service", "iam", "storage"]
OTHER = "other"
CONTROL = "control"


def operation(method: str, path: str) -> str:
    """A short name such as "create" or "upload"; "control" for the control interface."""
    if path.startswith("/_emulator/"):
        return CONTROL
    for expected, pattern, name in _ROUTES:
        if method == expected and pattern.fullmatch(path):
            return name
    return OTHER


def fault_names(names: tuple[str, ...], path: str) -> tuple[str, ...]:
    """What a fault rule can name a request by: its names, and the file of an upload or download."""
    if names[0] not in ("upload", "download"):
        return names
    suffix = path.removesuffix("_tmp").rpartition("_")[2]
    return (*names, *(f"{names[0]} {kind.name}" for kind in ALL_KINDS if kind.suffix == suffix))


def interface(path: str) -> Interface:
    """Which service a request is for, and so which format an error response has."""
    if path.startswith("/obs/"):
        return "storage"
    return "iam" if path.startswith(("/v3/", "/v3.0/")) else "service"
