"""Every exception this package raises, in one tree.

    MetaStudioError                  the root: catch this to catch everything
    ├── ConfigurationError           settings are missing, incomplete or contradict each other
    │   └── StateUnreadable          a stack's state cannot be read
    ├── InputError                   an input breaks a rule, found before anything was sent
    ├── TransportError               no usable answer arrived
    │   ├── EndpointUnreachable      no connection: the request was certainly not carried out
    │   ├── AnswerLost               sent, but the answer did not arrive: the outcome is unknown
    │   └── AnswerUnreadable         an answer that is not what the documents describe
    ├── ServiceError                 the service refused: has status, code, message, request_id
    │   ├── InvalidRequest           400
    │   ├── AuthenticationError      401: wrong key, wrong clock, expired token, locked key
    │   ├── PermissionDenied         403
    │   ├── NotFound                 404
    │   ├── Throttled                429, or the gateway's code APIGW.0308
    │   ├── ServerError              5xx
    │   └── CommandFailed            200, with EXCUTE_FAILED inside
    ├── UploadError                  a file did not get to its upload URL: has reason
    └── JobRefusal                   the job's state does not allow what was asked

Every message is one line that names the thing, the value, the rule and the way out, and holds
no secret: see ``pulumi_metastudio.common.redact``.
"""

from __future__ import annotations

import enum


class MetaStudioError(Exception):
    """Root of the tree. ``str()`` of any instance is one line fit for a user's eyes."""


class ConfigurationError(MetaStudioError):
    """Settings are missing, incomplete or contradict each other."""


class StateUnreadable(ConfigurationError):
    """A stack's state cannot be read, so it is unknown which jobs it records."""


class InputError(MetaStudioError):
    """An input breaks a documented rule; nothing was sent."""


class TransportError(MetaStudioError):
    """No usable answer arrived."""


class EndpointUnreachable(TransportError):
    """No connection could be made: the request was certainly not carried out."""


class AnswerLost(TransportError):
    """The request may have been carried out; its answer did not arrive."""


class AnswerUnreadable(TransportError):
    """The answer is not what the documents describe (not JSON, a field of the wrong type)."""


class ServiceError(MetaStudioError):
    """The service answered with a refusal.

    Attributes:
        operation: what was asked, for example ``create training job``.
        status: HTTP status.
        code: the service's ``error_code``, opaque text (for example ``MSS.00000003``); ``""``
            when the answer carried none.
        detail: the service's ``error_msg``.
        request_id: the value of ``X-Request-Id``, to quote to the vendor's support; may be ``""``.
        origin: of a refused key, where it and the endpoint came from, and the way out; may be
            ``""``.
    """

    def __init__(
        self,
        operation: str,
        status: int,
        code: str,
        detail: str,
        request_id: str = "",
        origin: str = "",
    ):
        self.operation = operation
        self.status = status
        self.code = code
        self.detail = detail
        self.request_id = request_id
        self.origin = origin
        named = f"{code}: {detail}" if code else detail
        quoted = f", request id {request_id}" if request_id else ""
        said = f"{operation}: {named or 'no reason given'} (HTTP {status}{quoted})"
        super().__init__(f"{said}; {origin}" if origin else said)


class InvalidRequest(ServiceError):
    """400."""


class AuthenticationError(ServiceError):
    """401. Never retried in a loop: five wrong signatures lock a key for five minutes."""


class PermissionDenied(ServiceError):
    """403."""


class NotFound(ServiceError):
    """404."""


class Throttled(ServiceError):
    """429, or the gateway's code APIGW.0308: refused before it was carried out."""


class ServerError(ServiceError):
    """5xx."""


class CommandFailed(ServiceError):
    """HTTP 200 whose body says ``commond_result: EXCUTE_FAILED``."""


class UploadFailure(enum.Enum):
    """Why an upload URL did not take a file."""

    USED = "the URL was used already"
    EXPIRED = "the URL has expired"
    SIGNATURE = "the URL was signed for another request"
    REFUSED = "the storage service refused"
    BUSY = "the storage service is busy"
    CONNECTION = "the connection failed"
    STALLED = "no byte moved for too long"
    SOURCE = "the file could not be read"
    CONTENT = "the file is not the one that is declared"


class UploadError(MetaStudioError):
    """A file, or a part of it, did not get to its upload URL.

    Attributes:
        file: the input's name, for example ``training_video``.
        failure: which kind of failure.
    """

    def __init__(self, file: str, failure: UploadFailure, detail: str = ""):
        self.file = file
        self.failure = failure
        super().__init__(f"{file}: {failure.value}" + (f" ({detail})" if detail else ""))


class JobRefusal(MetaStudioError):
    """The job's state does not allow what was asked."""
