"""Settings: configuration of the stack, variables of the environment."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from pathlib import Path

from pulumi_metastudio import api
from pulumi_metastudio.api import credentials
from pulumi_metastudio.api.settings import NAMES, Settings

from .text import code, entries, page, sections, table

_KEYS = credentials._KEY_NAMES
_USER = dict(zip(("user", "password", "domain"), credentials._PASSWORD_NAMES, strict=True))

#: What each setting of the credentials is, and the variables that stand for it.
CREDENTIALS: dict[str, tuple[str, tuple[str, ...]]] = {
    "accessKey": ("access key", tuple(names[0] for names in _KEYS)),
    "secretKey": ("its secret", tuple(names[1] for names in _KEYS)),
    "securityToken": ("goes with a temporary key", tuple(names[2] for names in _KEYS)),
    "user": ("an IAM user; a HUAWEI ID cannot log in", (_USER["user"],)),
    "password": ("the user's password", (_USER["password"],)),
    "domain": ("the user's account", (_USER["domain"],)),
    "token": ("a token that was got elsewhere", (credentials._TOKEN_NAME,)),
    "credentialsFile": (
        "the vendor's file, by default `~/.huaweicloud/credentials`",
        ("HUAWEICLOUD_SDK_CREDENTIALS_FILE",),
    ),
}

#: Variables that are read from the environment only.
VARIABLES = {
    "METASTUDIO_LOG": "`debug`, `info`, or a file: [a log](../configuration.md#look-inside)",
    "METASTUDIO_DEBUG": "`1`: errors with their traceback",
    "METASTUDIO_STATE_DIR": "the folder of the journal of uploads under way",
    "METASTUDIO_CACHE_DIR": "the folder of the fingerprints of files that were read",
    "METASTUDIO_PROGRESS_INTERVAL": "seconds between two lines of progress; 1, with `CI` set 30",
}


def configuration_keys() -> set[str]:
    """Every key that the code asks the stack's configuration for by name."""
    sources = Path(api.__file__).parent.glob("*.py")
    asked = (re.findall(r'config\("(\w+)"\)', file.read_text(encoding="utf-8")) for file in sources)
    return {*NAMES, *(key for keys in asked for key in keys)}


def page_text() -> str:
    """The page of all settings."""
    texts = entries(sections(Settings.__doc__)["Attributes"])
    by_key = {re.sub(r"_(.)", lambda found: found[1].upper(), f.name): f for f in fields(Settings)}

    def names(key: str, variables: tuple[str, ...]) -> tuple[str, str]:
        return code(f"metastudio:{key}"), ", ".join(map(code, variables))

    def default(key: str) -> str:
        value = by_key[key].default
        if value is MISSING or isinstance(value, frozenset):
            return ""
        return code(f"{value:g}" if isinstance(value, float) else str(value).lower())

    where = [key for key in NAMES if by_key[key].default is MISSING]
    how = [key for key in NAMES if key not in where]
    return page(
        "Settings",
        "Each setting is taken from the first place that has it: the stack's configuration, the "
        "environment, the vendor's credentials file. [Configuration](../configuration.md) says how "
        "they go together, and what to set.",
        "## Where",
        table(
            ("configuration", "environment", "meaning"),
            ((*names(key, NAMES[key]), texts[by_key[key].name]) for key in where),
        ),
        "A region's endpoint may also be in `HUAWEICLOUD_SDK_REGION_METASTUDIO_<REGION>`.",
        "## As whom",
        "Set secrets with `pulumi config set --secret`. A key, a user or a token is taken whole "
        "from one place.",
        table(
            ("configuration", "environment", "meaning"),
            ((*names(key, each), text) for key, (text, each) in CREDENTIALS.items()),
        ),
        "## How",
        table(
            ("configuration", "environment", "default", "meaning"),
            ((*names(key, NAMES[key]), default(key), texts[by_key[key].name]) for key in how),
        ),
        "## In the environment only",
        table(("environment", "meaning"), ((code(n), text) for n, text in VARIABLES.items())),
    )
