"""Keys and tokens that the emulator has issued, with their expiry and locks."""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass

from .identity import Identity, random_access_key, random_secret


@dataclass(frozen=True)
class Key:
    """A key pair, temporary if it has a security token. Times are virtual Unix seconds."""

    access_key: str
    secret_key: str
    security_token: str | None
    expires_at: float | None
    failures: int
    locked_until: float


@dataclass(frozen=True)
class Token:
    """An identity token; project_id is None if its scope is the domain only."""

    project_id: str | None
    expires_at: float


class CredentialStore:
    """Keys and tokens of one data folder; they survive a restart."""

    def __init__(self, connection: sqlite3.Connection, identity: Identity) -> None:
        self._connection = connection
        connection.execute(
            "INSERT OR IGNORE INTO keys (access_key, secret_key) VALUES (?, ?)",
            (identity.access_key, identity.secret_key),
        )

    def key(self, access_key: str) -> Key | None:
        """The key pair with that access key, even if expired or locked."""
        row = self._connection.execute(
            "SELECT * FROM keys WHERE access_key = ?", (access_key,)
        ).fetchone()
        return Key(**dict(row)) if row else None

    def new_temporary_key(self, expires_at: float) -> Key:
        """Create and store a key pair with a security token."""
        key = Key(random_access_key(), random_secret(), random_secret(120), expires_at, 0, 0.0)
        self._connection.execute(
            "INSERT INTO keys (access_key, secret_key, security_token, expires_at)"
            " VALUES (?, ?, ?, ?)",
            (key.access_key, key.secret_key, key.security_token, key.expires_at),
        )
        return key

    def record_failures(self, access_key: str, failures: int, locked_until: float) -> None:
        """Store a key's number of wrong signatures in a row, and until when it is locked."""
        self._connection.execute(
            "UPDATE keys SET failures = ?, locked_until = ? WHERE access_key = ?",
            (failures, locked_until, access_key),
        )

    def new_token(self, project_id: str | None, expires_at: float) -> str:
        """Create and store an identity token; earlier ones stay valid, as documented."""
        text = secrets.token_urlsafe(180)
        self._connection.execute(
            "INSERT INTO tokens VALUES (?, ?, ?)", (text, project_id, expires_at)
        )
        return text

    def token(self, text: str) -> Token | None:
        """The token with that text, even if expired."""
        row = self._connection.execute(
            "SELECT project_id, expires_at FROM tokens WHERE token = ?", (text,)
        ).fetchone()
        return Token(row["project_id"], row["expires_at"]) if row else None
