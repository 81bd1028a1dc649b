"""The manifest of a batch: a YAML or CSV file that people keep.

What cannot be read as inputs, and what the check of a job would refuse, is reported for all jobs
in one message.
"""

from .inputs import INPUTS, unknown_input
from .reader import Manifest, read_manifest
from .shards import Shard, shard_of

__all__ = ["INPUTS", "Manifest", "Shard", "read_manifest", "shard_of", "unknown_input"]
