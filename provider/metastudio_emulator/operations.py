"""Which operation a request is, by method and path; for counters, faults and the log."""

from __future__ import annotations

import re

_JOBS = r"(?:/rest)?/v1/[^/]+/digital-human-training-manage/user/jobs"
_ROUTES: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("POST", re.compile(_JOBS), "create"),
    ("GET", re.compile(_JOBS), "list"),
    ("GET", re.compile(_JOBS + "/[^/]+"), "show"),
    ("PUT", re.compile(_JOBS + "/[^/]+"), "update"),
    ("DELETE", re.compile(_JOBS + "/[^/]+"), "delete"),
    ("POST", re.compile(_JOBS + "/[^/]+/command"), "command"),
    ("PUT", re.compile("/obs/.+"), "upload"),
    ("GET", re.compile("/obs/.+"), "download"),
    ("POST", re.compile("/v3/auth/tokens"), "token"),
    ("POST", re.compile(r"/v3\.0/OS-CREDENTIAL/securitytokens"), "security_token"),
    ("GET", re.compile("/v3/projects"), "projects"),
)
OTHER = "other"
ADMIN = "admin"


def operation(method: str, path: str) -> str:
    """A short name such as "create" or "upload"; "admin" for the control interface."""
    if path.startswith("/_emulator/"):
        return ADMIN
    for expected, pattern, name in _ROUTES:
        if method == expected and pattern.fullmatch(path):
            return name
    return OTHER
