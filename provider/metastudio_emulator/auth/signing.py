"""The SDK-HMAC-SHA256 request signature, computed as a server sees the request.

Written from the documented algorithm; the vendor's signer is only its judge in the tests.
Knows no keys and no time: `authentication` does.
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
class SignatureLine:
    """The Authorization header, taken apart: who signed, which headers, and the signature."""

    access_key: str
    signed_headers: tuple[str, ...]
    signature: str

    @staticmethod
    def parse(value: str) -> SignatureLine:
        """Read `SDK-HMAC-SHA256 Access=..., SignedHeaders=a;b, Signature=...`.

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
        return SignatureLine(pairs["Access"], names, pairs["Signature"])


@dataclass(frozen=True)
class SignedRequest:
    """What a signature covers, as it arrived.

    Attributes:
        method: the HTTP verb.
        path: still percent-encoded, without the query.
        query: still percent-encoded, without the question mark.
        headers: lower-case names to values.
        body: the raw bytes; empty before they were read.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes | bytearray = b""


def signature(request: SignedRequest, signed_headers: tuple[str, ...], secret_key: str) -> str:
    """The signature that the request should carry: 64 lower-case hexadecimal digits.

    Raises:
        KeyError: a header that is said to be signed did not arrive.
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
    # The slash at the end belongs to the canonical form even where the request has none.
    encoded = "/".join(_encode(segment) for segment in unquote(path).split("/"))
    return encoded if encoded.endswith("/") else encoded + "/"


def _canonical_query(query: str) -> str:
    pairs = [piece.partition("=")[::2] for piece in query.split("&") if piece]
    decoded = sorted((unquote(name), unquote(value)) for name, value in pairs)
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in decoded)


def _payload_hash(request: SignedRequest) -> str:
    # Only the marker for an unsigned payload is believed; a hash is always computed here, so
    # that a body that was changed on its way cannot bring along the hash of another.
    if request.body and request.headers.get(CONTENT_HASH_HEADER) == UNSIGNED_PAYLOAD:
        return UNSIGNED_PAYLOAD
    return _hexadecimal_hash(request.body)


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")


def _hexadecimal_hash(data: bytes | bytearray) -> str:
    return hashlib.sha256(data).hexdigest()
