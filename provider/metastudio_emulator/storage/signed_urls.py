"""Signed URLs of the object storage: signed for answers, checked when used.

A URL is signed as the vendor's object storage does it: base64 of HMAC-SHA1 over method, content
type, expiry and resource. So the check of the signature includes the upload's Content-Type.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from ..clock import Clock
from ..errors import ObjectStorageError
from .identity import Identity

PREFIX = "/obs"
# Query parameters that the signature covers besides the object's path. ``ticket`` is the emulator's
# own: it distinguishes two URLs for the same object, so that each can be used once.
_SIGNED_PARAMETERS = ("partNumber", "ticket", "uploadId")


@dataclass(frozen=True)
class Ticket:
    """What one upload URL is for; part_number 0 is a file uploaded in one piece."""

    ticket: str
    job_id: str
    name: str
    part_number: int
    upload_id: str
    state: str


class SignedUrls:
    """Signs and checks the URLs of one emulator."""

    def __init__(
        self, connection: sqlite3.Connection, identity: Identity, clock: Clock, validity: float
    ) -> None:
        self._connection = connection
        self._identity = identity
        self._clock = clock
        self._validity = validity

    def for_upload(
        self,
        origin: str,
        *,
        job_id: str,
        name: str,
        object_name: str,
        content_type: str,
        part_number: int = 0,
        upload_id: str = "",
    ) -> str:
        """A URL for one PUT of one object or part, stored so that it works only once."""
        ticket = secrets.token_hex(12)
        self._connection.execute(
            "INSERT INTO tickets (ticket, job_id, name, part_number, upload_id)"
            " VALUES (?, ?, ?, ?, ?)",
            (ticket, job_id, name, part_number, upload_id),
        )
        parameters = {"ticket": ticket}
        if part_number:
            parameters |= {"partNumber": str(part_number), "uploadId": upload_id}
        return self._signed(origin, "PUT", object_name, content_type, parameters)

    def for_download(self, origin: str, object_name: str) -> str:
        """A URL for any number of GETs of one object."""
        return self._signed(origin, "GET", object_name, "", {})

    def check(
        self, method: str, object_name: str, content_type: str, query: Mapping[str, str]
    ) -> None:
        """Check a request's signature and expiry.

        Raises:
            ObjectStorageError: 403 SignatureDoesNotMatch, InvalidAccessKeyId or AccessDenied.
        """
        expires = query.get("Expires", "")
        if not expires.isdecimal() or "Signature" not in query:
            raise ObjectStorageError(403, "AccessDenied", "Access Denied")
        if query.get("AccessKeyId") != self._identity.storage_key:
            raise ObjectStorageError(
                403, "InvalidAccessKeyId", "The AccessKeyId you provided does not exist"
            )
        expected = self._signature(method, object_name, content_type, expires, query)
        if not hmac.compare_digest(expected, query["Signature"].encode()):
            raise ObjectStorageError(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided."
                " Check your key and signing method.",
            )
        if int(expires) <= self._clock.now():
            raise _expired()

    def open_ticket(self, ticket: str) -> Ticket:
        """The unused ticket of a URL whose signature was checked.

        Raises:
            ObjectStorageError: 403 AccessDenied when the URL was used or has expired.
        """
        row = self._connection.execute(
            "SELECT * FROM tickets WHERE ticket = ?", (ticket,)
        ).fetchone()
        if row is None:
            raise ObjectStorageError(403, "AccessDenied", "Access Denied")
        if row["state"] == "expired":
            raise _expired()
        if row["state"] == "used":
            raise ObjectStorageError(403, "AccessDenied", "The URL was already used for an upload")
        return Ticket(**dict(row))

    def use(self, ticket: Ticket) -> None:
        """Mark a URL as used. Of two simultaneous uploads, the first to finish wins."""
        self._connection.execute(
            "UPDATE tickets SET state = 'used' WHERE ticket = ?", (ticket.ticket,)
        )

    def expire(self, job_id: str | None = None) -> int:
        """Expire every unused upload URL, or those of one job; returns how many."""
        return self._connection.execute(
            "UPDATE tickets SET state = 'expired'"
            " WHERE state = 'open' AND (? IS NULL OR job_id = ?)",
            (job_id, job_id),
        ).rowcount

    def delete_job(self, job_id: str) -> None:
        """Delete the tickets of a deleted job."""
        self._connection.execute("DELETE FROM tickets WHERE job_id = ?", (job_id,))

    def _signed(
        self,
        origin: str,
        method: str,
        object_name: str,
        content_type: str,
        parameters: dict[str, str],
    ) -> str:
        expires = str(int(self._clock.now() + self._validity))
        signature = self._signature(method, object_name, content_type, expires, parameters)
        query = urlencode(
            {
                "AccessKeyId": self._identity.storage_key,
                "Expires": expires,
                "Signature": signature.decode(),
                **parameters,
            }
        )
        return f"{origin}{PREFIX}/{self._identity.bucket}/{quote(object_name)}?{query}"

    def _signature(
        self,
        method: str,
        object_name: str,
        content_type: str,
        expires: str,
        parameters: Mapping[str, str],
    ) -> bytes:
        resource = f"/{self._identity.bucket}/{object_name}"
        signed = "&".join(
            f"{name}={parameters[name]}" for name in _SIGNED_PARAMETERS if name in parameters
        )
        if signed:
            resource += f"?{signed}"
        text = "\n".join((method, "", content_type, expires, resource))
        secret = self._identity.storage_secret.encode()
        return base64.b64encode(hmac.new(secret, text.encode(), "sha1").digest())


def _expired() -> ObjectStorageError:
    return ObjectStorageError(403, "AccessDenied", "Request has expired")
