"""Errors of the emulator itself, and of each service it emulates."""

from __future__ import annotations

INVALID_PARAMETER = "MSS.00000003"
INTERNAL_ERROR = "MSS.00000004"
NOT_FOUND = "MSS.00000002"
PROJECT_MISMATCH = "MSS.00010009"
BODY_IS_NOT_JSON = "MSS.10000002"
NAME_TAKEN = "MSS.10001005"
GATEWAY_NO_SUCH_API = "APIGW.0101"
GATEWAY_BAD_REQUEST = "APIGW.0201"
GATEWAY_AUTHENTICATION = "APIGW.0301"
GATEWAY_FORBIDDEN = "APIGW.0302"
GATEWAY_THROTTLED = "APIGW.0308"
GATEWAY_UNAVAILABLE = "APIGW.0801"


class EmulatorError(Exception):
    """The emulator cannot do what its user asked for; the message is one line."""


class ServiceError(Exception):
    """An error of the training service or of the gateway in front of it, sent as JSON.

    Attributes:
        status: HTTP status.
        code: the API's error_code, 1 to 32 characters.
        message: the API's error_msg, cut to the documented 256 characters.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message[:256]

    @property
    def by_gateway(self) -> bool:
        """Whether it comes from the gateway, whose answers also contain a request_id."""
        return self.code.startswith("APIGW.")


def invalid(message: str) -> ServiceError:
    """400 MSS.00000003, the only client error in the documents."""
    return ServiceError(400, INVALID_PARAMETER, message)


def unauthenticated(message: str) -> ServiceError:
    """401 APIGW.0301, the gateway's answer to an invalid signature or token."""
    return ServiceError(401, GATEWAY_AUTHENTICATION, message)


class IamError(Exception):
    """An error of the identity service, sent as JSON with a nested error object."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class ObjectStorageError(Exception):
    """An error of the object storage, sent as XML with a code such as "AccessDenied"."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class CommandFailed(Exception):
    """A command failed; the answer is HTTP 200 with commond_result EXCUTE_FAILED."""

    def __init__(self, message: str, code: str = INVALID_PARAMETER) -> None:
        super().__init__(message)
        self.message = message[:2048]
        self.code = code
