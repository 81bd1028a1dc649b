"""What the answers of the storage service mean."""

from __future__ import annotations

import re

import requests

from ..common.redact import one_line
from ..errors import UploadError, UploadFailure


def storage_error(name: str, status: int, text: str) -> UploadError:
    """The error for an answer other than 200.

    Only the XML distinguishes used, expired and wrongly signed URLs.
    """
    code, message = (_xml(text, tag) for tag in ("Code", "Message"))
    detail = f"HTTP {status} {code}: {message}".strip(" :")
    words = set(re.findall(r"[a-z]+", f"{code} {message}".lower()))
    if status >= 500 or status in (requests.codes.too_many_requests, requests.codes.timeout):
        failure = UploadFailure.BUSY
    elif "expired" in words:
        failure = UploadFailure.EXPIRED
    elif "used" in words or code == "NoSuchUpload":  # the parts were put together, or dropped
        failure = UploadFailure.USED
    elif code == "SignatureDoesNotMatch":
        failure = UploadFailure.SIGNATURE
    else:
        failure = UploadFailure.REFUSED
    return UploadError(name, failure, one_line(detail, 160))


def bare_etag(etag: str) -> str:
    """An ETag without what services put around it."""
    return etag.strip().strip('"').lower()


def is_md5(etag: str) -> bool:
    """True for an ETag that can be compared; an encrypting storage answers something else."""
    return re.fullmatch(r"[0-9a-f]{32}", etag) is not None


def _xml(text: str, tag: str) -> str:
    found = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
    return found.group(1) if found else ""
