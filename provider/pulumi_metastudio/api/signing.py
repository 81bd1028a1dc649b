"""Sign requests with an access key, by the vendor's scheme SDK-HMAC-SHA256.

Source: the signer of ``huaweicloudsdkcore`` 3.1.219, with which the tests compare this one.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, unquote, urlsplit

ALGORITHM = "SDK-HMAC-SHA256"
#: How the time of signing is written, in UTC.
DATE_FORMAT = "%Y%m%dT%H%M%SZ"


def sign(
    access_key: str, secret_key: str, method: str, url: str, headers: Mapping[str, str], body: bytes
) -> tuple[str, dict[str, str]]:
    """Sign a request.

    Args:
        access_key: sent in the clear, names the key.
        secret_key: what the signature is made with.
        method: the HTTP method.
        url: where it goes; its path must not be empty.
        headers: what to sign; ``Host`` and ``X-Sdk-Date`` (``DATE_FORMAT``) must be among them,
            and a name with ``_`` in it is sent unsigned.
        body: JSON, or nothing.

    Returns:
        The URL as it must be sent, because the encoding of its query is part of what is signed,
        and the headers with ``Authorization`` added, ready for the wire.
    """
    parts = urlsplit(url)
    path = "/".join(map(_encoded, unquote(parts.path).split("/")))
    pairs = sorted(parse_qsl(parts.query, keep_blank_values=True))
    query = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs)
    sent = {name: value.strip() for name, value in headers.items()}
    signed = {name.lower(): value for name, value in sent.items() if "_" not in name}
    names = ";".join(sorted(signed))
    canonical_request = "\n".join(
        [
            method.upper(),
            path if path.endswith("/") else f"{path}/",
            query,
            *(f"{name}:{signed[name]}" for name in sorted(signed)),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        ]
    )
    digest = hashlib.sha256(canonical_request.encode()).hexdigest()
    text = f"{ALGORITHM}\n{signed['x-sdk-date']}\n{digest}"
    signature = hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()
    sent["Authorization"] = (
        f"{ALGORITHM} Access={access_key}, SignedHeaders={names}, Signature={signature}"
    )
    # http.client writes headers in Latin-1; what was signed is UTF-8.
    wire = {name: value.encode().decode("latin-1") for name, value in sent.items()}
    return parts._replace(query=query, fragment="").geturl(), wire


def _encoded(text: str) -> str:
    return quote(text, safe="~")
