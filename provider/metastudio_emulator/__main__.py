"""`python -m metastudio_emulator` is the command `emulator`."""

from metastudio_emulator.command import emulator

if __name__ == "__main__":
    emulator(prog_name="python -m metastudio_emulator")
