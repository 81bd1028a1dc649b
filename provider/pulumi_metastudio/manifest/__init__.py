"""The manifest of a batch: a YAML or CSV file that people keep.

Whether a value is a good one is left to the check of each job; what is refused here is what
cannot be read as inputs at all, all of it at once.
"""

from .inputs import INPUTS, unknown_input
from .read import Manifest, read_manifest

__all__ = ["INPUTS", "Manifest", "read_manifest", "unknown_input"]
