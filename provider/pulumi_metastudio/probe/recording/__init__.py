"""Keep the exchanges of a run, without secrets and personal data."""

from .recorder import Recorder, Recording, read
from .scrubbing import Scrubber

__all__ = ["Recorder", "Recording", "Scrubber", "read"]
