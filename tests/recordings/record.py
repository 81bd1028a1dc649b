"""Record the emulator, as ``metastudio probe --record`` records a real account.

``python -m tests.recordings.record`` writes the recordings of both profiles again.
"""

from __future__ import annotations

from pathlib import Path

from tests.probe.service import WHERE, client_of, ledgers

from metastudio_emulator import Emulator
from pulumi_metastudio.probe import run
from pulumi_metastudio.probe.profile import as_text
from pulumi_metastudio.probe.recording import Recorder

FOLDER = Path(__file__).parent


def recorded(emulator: Emulator) -> str:
    """The recording of a probe."""
    recorder = Recorder(WHERE)
    with ledgers() as records, client_of(emulator, recorder.heard) as client:
        result = run(client, records, begun=recorder.begun)
        assert result.clean, result.failure
        return recorder.text(client.project_id, as_text(result))


def main() -> None:
    for profile in ("tutorial", "strict"):
        with Emulator(profile=profile, transitions="manual") as emulator:
            text = recorded(emulator)
        made = f"made: from the emulator, profile {profile}; nothing in it is of a real account"
        head, rest = text.split("\n", 1)
        (FOLDER / f"emulator-{profile}.txt").write_text(f"{head}\n{made}\n{rest}")


if __name__ == "__main__":
    main()
