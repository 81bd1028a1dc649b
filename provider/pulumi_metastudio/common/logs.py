"""The log of what goes over the network, off unless ``METASTUDIO_LOG`` asks for it.

It is for a provider process, where users cannot configure logging, and for the command. Modules
log operation, status, request id, bytes and seconds to the logger of their own name; no secret, no
header and no URL query is logged.
"""

from __future__ import annotations

import logging
import os

from ..errors import ConfigurationError
from .redact import hide_queries

_NAME = "pulumi_metastudio"
_FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO}


def configure_logging() -> None:
    """Write the log where ``METASTUDIO_LOG`` says; calling it again changes nothing.

    ``debug`` and ``info`` are levels of what goes to standard error; anything else names a file
    that takes the debug level, readable by its owner only.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    chosen = os.environ.get("METASTUDIO_LOG", "")
    logger = logging.getLogger(_NAME)
    if not chosen or any(handler.name == _NAME for handler in logger.handlers):
        return
    level = _LEVELS.get(chosen.lower())
    handler: logging.Handler = logging.StreamHandler()
    if level is None:
        try:
            handler = logging.FileHandler(_private_file(chosen), encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(
                f"METASTUDIO_LOG: {chosen}: {error.strerror}: give debug, info, or a file"
            ) from None
    handler.name = _NAME
    handler.setFormatter(
        _WithoutQueries("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
    )
    logger.addHandler(handler)
    logger.setLevel(level or logging.DEBUG)


def debugging() -> bool:
    """Whether ``METASTUDIO_DEBUG`` asks for tracebacks of this package's own errors."""
    return os.environ.get("METASTUDIO_DEBUG", "").lower() not in ("", "0", "false", "no")


def _private_file(file: str) -> str:
    path = os.path.expanduser(file)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    return path


class _WithoutQueries(logging.Formatter):
    """Takes the query out of every URL, should a message hold one after all."""

    def format(self, record: logging.LogRecord) -> str:
        return hide_queries(super().format(record))
