"""What every test stands on, whoever started it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from hypothesis import settings

# Nothing here is about speed, and a busy machine is no defect.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# See tests/no_packages/pip.
os.environ["PYTHONPATH"] = str(Path(__file__).with_name("no_packages"))

# A shell starts what runs in the background with SIGINT ignored, and children inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
