"""A local MetaStudio: the training-job service over HTTP, with storage.

    from metastudio_emulator import Emulator

    with Emulator(folder) as emulator:
        ...  # emulator.endpoint, emulator.access_key, emulator.control, ...

It imports nothing of the provider, so that it cannot share the provider's mistakes.
"""

from metastudio_emulator.control import Control
from metastudio_emulator.emulator import Emulator
from metastudio_emulator.errors import EmulatorError
from metastudio_emulator.profiles import PROFILES, Profile

__all__ = ["PROFILES", "Control", "Emulator", "EmulatorError", "Profile"]
