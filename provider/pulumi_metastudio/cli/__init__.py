"""The ``metastudio`` command."""

from __future__ import annotations

import signal
import sys

#: The exit code of what Ctrl-C has ended, as shells have it.
INTERRUPTED = 130


def run() -> None:
    """The process of the command. Ctrl-C ends it without a traceback, while Python imports, too."""
    try:
        from .main import main

        main(prog_name="metastudio")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    finally:
        # From here on Python only ends; an interrupt then would be told with a traceback.
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
