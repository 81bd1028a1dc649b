"""``python -m metastudio_emulator`` runs the command ``emulator``."""

from .command_line import emulator

if __name__ == "__main__":
    emulator(prog_name="python -m metastudio_emulator")
