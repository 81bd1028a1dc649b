"""The manifest of a batch: a YAML or CSV file that people keep.

What cannot be read as inputs, and what the check of a job would refuse, is reported for all jobs
in one message.
"""

from .inputs import INPUTS, unknown_input
from .reader import Manifest, read_manifest

__all__ = ["INPUTS", "Manifest", "read_manifest", "unknown_input"]
