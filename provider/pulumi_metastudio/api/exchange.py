"""One request and its answer, logged, with every failure as an error of this package."""

from __future__ import annotations

import logging
import time
from typing import Any

import requests

from ..common.redact import one_line
from .error_responses import refusal, transport_error
from .settings import Settings

_log = logging.getLogger(__name__)


def exchange(
    session: requests.Session,
    settings: Settings,
    operation: str,
    method: str,
    url: str,
    **arguments: Any,
) -> requests.Response:
    """Send a request once.

    Args:
        operation: what it is for, to name it in messages and in the log.
        arguments: as for ``requests``.

    Raises:
        TransportError: no answer came.
        ServiceError: the answer is a refusal.
    """
    started = time.monotonic()
    try:
        answer = session.request(
            method,
            url,
            timeout=(settings.connect_timeout, settings.read_timeout),
            allow_redirects=False,
            **arguments,
        )
    except requests.RequestException as error:
        lost = transport_error(operation, url, error, settings.led_to(url))
        _log.debug("%s after %.3f s", lost, time.monotonic() - started)
        raise lost from None
    _log.debug(
        "%s: %s, HTTP %d, request id %s, %d bytes, %.3f s",
        operation,
        method,
        answer.status_code,
        one_line(answer.headers.get("X-Request-Id", "none"), 80),
        len(answer.content),
        time.monotonic() - started,
    )
    refused = refusal(operation, answer, lambda: settings.told(url))
    if refused:
        raise refused
    return answer
