"""What the emulated services answer when they refuse.

ServiceError         the training service and its gateway: JSON with error_code and error_msg
IamError             the identity service: JSON with a nested error object
ObjectStorageError   the object storage behind upload and download URLs: XML
EmulatorError        the emulator itself cannot run: for the person who started it
"""

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
    """The emulator cannot start or stop; the message is one line for its operator."""


class ServiceError(Exception):
    """A refusal by the training service or by the gateway in front of it.

    Attributes:
        status: the HTTP status.
        code: the wire's error_code, 1..32 characters.
        message: the wire's error_msg, cut to the 256 characters the documents allow.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message[:256]

    @property
    def by_gateway(self) -> bool:
        """Whether the gateway speaks, whose bodies also carry a request_id."""
        return self.code.startswith("APIGW.")


def invalid(message: str) -> ServiceError:
    """The documents' only client error: 400 MSS.00000003."""
    return ServiceError(400, INVALID_PARAMETER, message)


def unauthenticated(message: str) -> ServiceError:
    """The gateway's refusal of a signature or token: 401 APIGW.0301."""
    return ServiceError(401, GATEWAY_AUTHENTICATION, message)


class IamError(Exception):
    """A refusal by the identity service: {"error": {"code", "message", "title"}}."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class ObjectStorageError(Exception):
    """A refusal by the object storage: XML with Code, Message and RequestId."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class CommandFailed(Exception):
    """A command that fails inside an HTTP 200 answer (commond_result EXCUTE_FAILED)."""

    def __init__(self, message: str, code: str = INVALID_PARAMETER) -> None:
        super().__init__(message)
        self.message = message[:2048]
        self.code = code
