"""What can go wrong, and the exit code that each failure ends the process with.

The codes are those of the Pulumi CLI, so that a CI job can swap one for the other.
"""

from __future__ import annotations

EXIT_OK = 0
EXIT_ERROR = 1
EXIT_NOT_CONFIRMED = 2
EXIT_STACK_NOT_FOUND = 6
EXIT_UNEXPECTED_CHANGES = 7
EXIT_CANCELLED = 8


class EngineError(Exception):
    """A failure with one clear sentence for the user; shown without a traceback.

    Whatever finds something that it cannot work with raises it; docstrings inside the package name
    it, or one of its kinds below, only where a caller does something about it.
    """

    exit_code = EXIT_ERROR


class NotConfirmedError(EngineError):
    """The user would have to be asked, and there is no terminal."""

    exit_code = EXIT_NOT_CONFIRMED


class StackNotFoundError(EngineError):
    """The stack does not exist in the backend."""

    exit_code = EXIT_STACK_NOT_FOUND

    def __init__(self, stack: str) -> None:
        super().__init__(f"no stack named '{stack}' found")


class UnsupportedError(EngineError):
    """The program or the state needs something that only the Pulumi CLI does."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}; install the Pulumi CLI")


class ProviderError(EngineError):
    """The provider refused or failed an operation; the message is the provider's own."""


class StepError(EngineError):
    """A step failed and was reported under its resource; there is nothing more to print."""


class CancelledError(EngineError):
    """No further step may start: another one failed, or the user interrupted the run."""

    exit_code = EXIT_CANCELLED
