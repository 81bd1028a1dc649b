"""The one tenant of a data folder: its project, user and keys, made once and then kept."""

from __future__ import annotations

import secrets
import sqlite3
import string

_KEY_ALPHABET = string.ascii_uppercase + string.digits
_SECRET_ALPHABET = string.ascii_letters + string.digits


def random_access_key() -> str:
    """20 capital letters and digits, like the vendor's access keys."""
    return "".join(secrets.choice(_KEY_ALPHABET) for _ in range(20))


def random_secret(length: int = 40) -> str:
    """Letters and digits only, so that shells and environment files need no quotes."""
    return "".join(secrets.choice(_SECRET_ALPHABET) for _ in range(length))


class Identity:
    """The only tenant of a data folder: generated when the folder is first used, then kept.

    Attributes:
        project_id: 32 hexadecimal digits.
        access_key, secret_key: the permanent key pair.
        user, password, domain: obtain a token from the identity service.
        domain_id, user_id: the identity service's ids, 32 hexadecimal digits.
        bucket, storage_key, storage_secret: the object storage's bucket and its key for URLs.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.project_id = self._stored("project_id", secrets.token_hex(16))
        self.access_key = self._stored("access_key", random_access_key())
        self.secret_key = self._stored("secret_key", random_secret())
        self.user = self._stored("user", "emulator")
        self.password = self._stored("password", random_secret(24))
        self.domain = self._stored("domain", "emulator-domain")
        self.domain_id = self._stored("domain_id", secrets.token_hex(16))
        self.user_id = self._stored("user_id", secrets.token_hex(16))
        self.bucket = self._stored("bucket", f"metastudio-{secrets.token_hex(4)}")
        self.storage_key = self._stored("storage_key", random_access_key())
        self.storage_secret = self._stored("storage_secret", random_secret())

    def clock_offset(self) -> float:
        """Seconds that virtual time is ahead, kept so that what has expired stays expired."""
        return float(self._stored("clock_offset", "0"))

    def save_clock_offset(self, seconds: float) -> None:
        """Store how far virtual time is ahead."""
        self._connection.execute(
            "INSERT OR REPLACE INTO identity VALUES ('clock_offset', ?)", (repr(seconds),)
        )

    def _stored(self, name: str, proposal: str) -> str:
        self._connection.execute("INSERT OR IGNORE INTO identity VALUES (?, ?)", (name, proposal))
        row = self._connection.execute("SELECT value FROM identity WHERE name = ?", (name,))
        return str(row.fetchone()["value"])
