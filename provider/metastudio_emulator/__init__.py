"""A local MetaStudio: the training-job service over HTTP, with its object storage.

    from metastudio_emulator import Emulator

    with Emulator(folder) as emulator:
        ...  # emulator.endpoint, emulator.access_key, emulator.control, ...

It imports nothing of the provider: a shared mistake would go unnoticed in the tests.
"""

from .control import Control
from .emulator import Emulator
from .errors import EmulatorError
from .profiles import PROFILES, Profile

__all__ = ["PROFILES", "Control", "Emulator", "EmulatorError", "Profile"]
