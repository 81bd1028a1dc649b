"""Checks the signatures and tokens of requests."""

from __future__ import annotations

import hmac
from calendar import timegm
from dataclasses import dataclass
from time import strptime

from ..clock import Clock
from ..errors import PROJECT_MISMATCH, ServiceError, unauthenticated
from ..settings import Settings
from ..storage.credential_store import CredentialStore, Key, Token
from .signing import SignatureHeader, SignedRequest, signature

_PREFIX = "Incorrect IAM authentication information: "


@dataclass(frozen=True)
class PendingSignature:
    """A signature by a known key that is not locked; to be checked once the body is there."""

    header: SignatureHeader
    key: Key


class Authenticator:
    """Checks credentials as the vendor's gateway does."""

    def __init__(
        self, credentials: CredentialStore, project_id: str, clock: Clock, settings: Settings
    ) -> None:
        self._project_id = project_id
        self._credentials = credentials
        self._clock = clock
        self._settings = settings

    def check_headers(
        self, request: SignedRequest, project_id: str | None
    ) -> PendingSignature | None:
        """Check all that needs no body, so that strangers cannot make the emulator read one.

        Args:
            request: as it arrived; its body is ignored.
            project_id: the project in the path; None if the path has none.

        Returns:
            The signature that is still to be checked, or None for a valid token.

        Raises:
            ServiceError: 401 APIGW.0301 for an invalid credential, 400 MSS.00010009 for a token
                of another project.
        """
        text = request.headers.get("x-auth-token")
        if text is not None:
            token = self.check_token(text)
            if project_id not in (None, token.project_id):
                raise _project_mismatch()
            return None
        if "authorization" not in request.headers:
            raise unauthenticated(f"{_PREFIX}x-auth-token not found")
        try:
            header = SignatureHeader.parse(request.headers["authorization"])
        except ValueError as error:
            raise unauthenticated(f"{_PREFIX}{error}") from None
        self._check_date(request, header)
        missing = [name for name in header.signed_headers if name not in request.headers]
        if missing:
            raise unauthenticated(f"{_PREFIX}signed header '{missing[0]}' did not arrive")
        key = self._credentials.key(header.access_key)
        if key is None:
            raise unauthenticated(f"{_PREFIX}AK does not exist")
        self._check_lock(key)
        self._check_security_token(request, key)
        return PendingSignature(header, key)

    def check_signature(
        self, request: SignedRequest, pending: PendingSignature, project_id: str | None
    ) -> None:
        """Check a signature against the whole request, and count wrong ones.

        Raises:
            ServiceError: 401 APIGW.0301 for a wrong signature, 400 MSS.00010009 for another
                project.
        """
        self._compare(request, pending)
        # All keys belong to the only project; path and header must both name it.
        if project_id is not None and not (
            request.headers.get("x-project-id") == project_id == self._project_id
        ):
            raise _project_mismatch()

    def check_token(self, text: str) -> Token:
        """The token with that text, whatever its scope.

        Raises:
            ServiceError: 401 APIGW.0301 if it was never issued or has expired.
        """
        token = self._credentials.token(text)
        if token is None:
            raise unauthenticated(f"{_PREFIX}decrypt token fail")
        if token.expires_at <= self._clock.now():
            raise unauthenticated(f"{_PREFIX}The token must be updated")
        return token

    def _check_date(self, request: SignedRequest, header: SignatureHeader) -> None:
        if "x-sdk-date" not in header.signed_headers or "x-sdk-date" not in request.headers:
            raise unauthenticated(f"{_PREFIX}X-Sdk-Date is not signed")
        try:
            signed_at = timegm(strptime(request.headers["x-sdk-date"], "%Y%m%dT%H%M%SZ"))
        except ValueError:
            raise unauthenticated(f"{_PREFIX}X-Sdk-Date is not YYYYMMDDTHHMMSSZ") from None
        if abs(self._clock.gateway_now() - signed_at) > self._settings.clock_skew_limit:
            raise unauthenticated(f"{_PREFIX}Signature expired, check the local time")

    def _check_lock(self, key: Key) -> None:
        if key.locked_until > self._clock.now():
            raise unauthenticated(f"{_PREFIX}AK is locked after repeated failures, try again later")

    def _compare(self, request: SignedRequest, pending: PendingSignature) -> None:
        header, key = pending.header, pending.key
        expected = signature(request, header.signed_headers, key.secret_key)
        # Read again: the key may have been locked while the body arrived.
        key = self._credentials.key(key.access_key) or key
        self._check_lock(key)
        # As bytes, since compare_digest takes only ASCII texts.
        if hmac.compare_digest(expected.encode(), header.signature.encode()):
            if key.failures:
                self._credentials.record_failures(key.access_key, 0, 0.0)
            return
        failures = key.failures + 1
        lock = failures > self._settings.signature_failures
        self._credentials.record_failures(
            key.access_key,
            0 if lock else failures,
            self._clock.now() + self._settings.lock_seconds if lock else 0.0,
        )
        raise unauthenticated(f"{_PREFIX}verify aksk signature fail")

    def _check_security_token(self, request: SignedRequest, key: Key) -> None:
        if key.security_token is None:
            return
        sent = request.headers.get("x-security-token", "")
        if not hmac.compare_digest(sent.encode(), key.security_token.encode()):
            raise unauthenticated(f"{_PREFIX}X-Security-Token does not belong to the AK")
        if key.expires_at is not None and key.expires_at <= self._clock.now():
            raise unauthenticated(f"{_PREFIX}the security token has expired")


def _project_mismatch() -> ServiceError:
    return ServiceError(
        400, PROJECT_MISMATCH, "The project in the path is not the project of the credential"
    )
