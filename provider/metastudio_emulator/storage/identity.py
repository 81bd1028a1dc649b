"""The one tenant of a data folder: its project, user and keys, made once and then kept."""

from __future__ import annotations

import secrets
import sqlite3
import string

_KEY_ALPHABET = string.ascii_uppercase + string.digits
_SECRET_ALPHABET = string.ascii_letters + string.digits


def random_access_key() -> str:
    """20 capitals and digits, the shape of the vendor's access keys."""
    return "".join(secrets.choice(_KEY_ALPHABET) for _ in range(20))


def random_secret(length: int = 40) -> str:
    """Letters and digits only, so that it survives shells and environment files unquoted."""
    return "".join(secrets.choice(_SECRET_ALPHABET) for _ in range(length))


class Identity:
    """Who the one tenant of a data folder is: made at its first use, the same ever after.

    Attributes:
        project_id: 32 hexadecimal digits.
        access_key, secret_key: the tenant's permanent key pair.
        user, password, domain: for a token from the identity service.
        bucket, storage_key, storage_secret: of the object storage, which signs its URLs.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.project_id = self._remembered("project_id", secrets.token_hex(16))
        self.access_key = self._remembered("access_key", random_access_key())
        self.secret_key = self._remembered("secret_key", random_secret())
        self.user = self._remembered("user", "emulator")
        self.password = self._remembered("password", random_secret(24))
        self.domain = self._remembered("domain", "emulator-domain")
        self.domain_id = self._remembered("domain_id", secrets.token_hex(16))
        self.user_id = self._remembered("user_id", secrets.token_hex(16))
        self.bucket = self._remembered("bucket", f"metastudio-{secrets.token_hex(4)}")
        self.storage_key = self._remembered("storage_key", random_access_key())
        self.storage_secret = self._remembered("storage_secret", random_secret())

    def clock_offset(self) -> float:
        """Seconds that virtual time runs ahead, kept so that nothing expired comes back."""
        return float(self._remembered("clock_offset", "0"))

    def keep_clock_offset(self, seconds: float) -> None:
        """Remember how far virtual time runs ahead."""
        self._connection.execute(
            "INSERT OR REPLACE INTO identity VALUES ('clock_offset', ?)", (repr(seconds),)
        )

    def _remembered(self, name: str, proposal: str) -> str:
        self._connection.execute("INSERT OR IGNORE INTO identity VALUES (?, ?)", (name, proposal))
        row = self._connection.execute("SELECT value FROM identity WHERE name = ?", (name,))
        return str(row.fetchone()["value"])
