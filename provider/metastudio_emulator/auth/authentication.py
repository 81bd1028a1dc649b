"""Decides whether a request comes from the tenant: by signature or by token."""

from __future__ import annotations

import hmac
from calendar import timegm
from dataclasses import dataclass
from time import strptime

from ..clock import Clock
from ..errors import PROJECT_MISMATCH, ServiceError, unauthenticated
from ..settings import Settings
from ..storage.credential_store import CredentialStore, Key
from .signing import SignatureLine, SignedRequest, signature

_PREFIX = "Incorrect IAM authentication information: "


@dataclass(frozen=True)
class Claim:
    """What the headers say of who signed: an existing key, not locked, and a signature."""

    line: SignatureLine
    key: Key


class Authenticator:
    """Verifies requests the way the vendor's gateway does."""

    def __init__(
        self, credentials: CredentialStore, project_id: str, clock: Clock, settings: Settings
    ) -> None:
        self._project_id = project_id
        self._credentials = credentials
        self._clock = clock
        self._settings = settings

    def admit(self, request: SignedRequest, project_id: str | None) -> Claim | None:
        """Say everything that the headers alone can decide, before any of the body is read.

        Args:
            request: as it arrived; its body is not looked at.
            project_id: the project in the path; None where the path names none.

        Returns:
            A claim whose signature is still to be verified, or None for a token, which holds.

        Raises:
            ServiceError: 401 APIGW.0301 for a credential that does not hold, 400 MSS.00010009
                for a token of another project.
        """
        token = request.headers.get("x-auth-token")
        if token is not None:
            self._verify_token(token, project_id)
            return None
        if "authorization" not in request.headers:
            raise unauthenticated(f"{_PREFIX}x-auth-token not found")
        try:
            line = SignatureLine.parse(request.headers["authorization"])
        except ValueError as error:
            raise unauthenticated(f"{_PREFIX}{error}") from None
        self._check_date(request, line)
        missing = [name for name in line.signed_headers if name not in request.headers]
        if missing:
            raise unauthenticated(f"{_PREFIX}signed header '{missing[0]}' did not arrive")
        key = self._credentials.key(line.access_key)
        if key is None:
            raise unauthenticated(f"{_PREFIX}AK does not exist")
        self._check_lock(key)
        self._check_security_token(request, key)
        return Claim(line, key)

    def verify(self, request: SignedRequest, claim: Claim, project_id: str | None) -> None:
        """Accept the signature of an admitted request, body included, or say why not.

        Raises:
            ServiceError: 401 APIGW.0301 for a signature that does not hold, 400 MSS.00010009 for
                another project.
        """
        self._check_signature(request, claim.line, claim.key)
        # Every key is of the one project, and the header has to agree with the path.
        if project_id is not None and not (
            request.headers.get("x-project-id") == project_id == self._project_id
        ):
            raise _project_mismatch()

    def verify_token(self, text: str) -> None:
        """Accept any token that was issued and has not expired, whatever its scope.

        Raises:
            ServiceError: 401 APIGW.0301.
        """
        token = self._credentials.token(text)
        if token is None:
            raise unauthenticated(f"{_PREFIX}decrypt token fail")
        if token.expires_at <= self._clock.now():
            raise unauthenticated(f"{_PREFIX}The token must be updated")

    def _verify_token(self, text: str, project_id: str | None) -> None:
        self.verify_token(text)
        token = self._credentials.token(text)
        if project_id is not None and token is not None and token.project_id != project_id:
            raise _project_mismatch()

    def _check_date(self, request: SignedRequest, line: SignatureLine) -> None:
        if "x-sdk-date" not in line.signed_headers or "x-sdk-date" not in request.headers:
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

    def _check_signature(self, request: SignedRequest, line: SignatureLine, key: Key) -> None:
        expected = signature(request, line.signed_headers, key.secret_key)
        # Asked again: others may have failed while the body arrived.
        key = self._credentials.key(key.access_key) or key
        self._check_lock(key)
        # In bytes: texts are compared only when they are ASCII.
        if hmac.compare_digest(expected.encode(), line.signature.encode()):
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
