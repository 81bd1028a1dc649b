"""The SDK-HMAC-SHA256 request signature, computed from a request as a server receives it.

It follows the documented algorithm; the tests compare it with the vendor's signer. Keys, clock and
locks are checked in ``authentication``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

ALGORITHM = "SDK-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
CONTENT_HASH_HEADER = "x-sdk-content-sha256"


@dataclass(frozen=True)
class SignatureHeader:
    """The parsed Authorization header: access key, names of the signed headers, signature."""

    access_key: str
    signed_headers: tuple[str, ...]
    signature: str

    @staticmethod
    def parse(value: str) -> SignatureHeader:
        """Parse ``SDK-HMAC-SHA256 Access=..., SignedHeaders=a;b, Signature=...``.

        Raises:
            ValueError: another algorithm, or a part is missing.
        """
        algorithm, _, rest = value.partition(" ")
        if algorithm != ALGORITHM:
            raise ValueError(f"the algorithm is not {ALGORITHM}")
        pairs = dict(piece.strip().partition("=")[::2] for piece in rest.split(","))
        missing = [name for name in ("Access", "SignedHeaders", "Signature") if not pairs.get(name)]
        if missing:
            raise ValueError(f"{missing[0]} is missing")
        names = tuple(pairs["SignedHeaders"].split(";"))
        return SignatureHeader(pairs["Access"], names, pairs["Signature"])


@dataclass(frozen=True)
class SignedRequest:
    """What a signature covers, as it arrived.

    Attributes:
        method: HTTP method.
        path: percent-encoded, without the query.
        query: percent-encoded, without the question mark.
        headers: values by lower-case names.
        body: raw bytes; empty until they are read.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes | bytearray = b""


def signature(request: SignedRequest, signed_headers: tuple[str, ...], secret_key: str) -> str:
    """The right signature of a request: 64 lower-case hexadecimal digits.

    Raises:
        KeyError: a signed header did not arrive.
    """
    to_sign = "\n".join(
        (
            ALGORITHM,
            request.headers["x-sdk-date"],
            _hexadecimal_hash(_canonical_request(request, signed_headers).encode()),
        )
    )
    return hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def _canonical_request(request: SignedRequest, signed_headers: tuple[str, ...]) -> str:
    names = sorted(signed_headers)
    headers = "".join(f"{name}:{request.headers[name].strip()}\n" for name in names)
    return "\n".join(
        (
            request.method.upper(),
            _canonical_path(request.path),
            _canonical_query(request.query),
            headers,
            ";".join(names),
            _payload_hash(request),
        )
    )


def _canonical_path(path: str) -> str:
    # The canonical form always ends with a slash.
    encoded = "/".join(_encode(segment) for segment in unquote(path).split("/"))
    return encoded if encoded.endswith("/") else encoded + "/"


def _canonical_query(query: str) -> str:
    pairs = [piece.partition("=")[::2] for piece in query.split("&") if piece]
    decoded = sorted((unquote(name), unquote(value)) for name, value in pairs)
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in decoded)


def _payload_hash(request: SignedRequest) -> str:
    # The header counts only if it says that the body is unsigned. A hash in it is ignored: one who
    # changes the body could send the hash of the original.
    if request.body and request.headers.get(CONTENT_HASH_HEADER) == UNSIGNED_PAYLOAD:
        return UNSIGNED_PAYLOAD
    return _hexadecimal_hash(request.body)


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")


def _hexadecimal_hash(data: bytes | bytearray) -> str:
    return hashlib.sha256(data).hexdigest()
