"""Which edition of avatar a job trains, and what it is paid with.

Sources: the create page (2025-12-08) for the inputs; the vendor's pages "Resource types" and
ShowResourceUsage for resources. That the ultra-fast edition is paid as Flexus is a guess.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from ..schema import UNKNOWN


class Edition(enum.Enum):
    """An edition, in words."""

    STANDARD = "standard edition"
    FLEXUS = "Flexus edition"
    FAST_FLEXUS = "ultra-fast Flexus edition"

    @property
    def business(self) -> str:
        """The ``business_type`` of the resources that it uses up."""
        return "MODELING_2D" if self is Edition.STANDARD else "FLEXUS_2D"


def edition(inputs: Mapping[str, Any]) -> Edition | None:
    """The edition that normalised inputs choose; None where they are not known yet."""
    if inputs.get("is_fast_flexus") is True:
        return Edition.FAST_FLEXUS
    if UNKNOWN in (inputs.get("is_flexus"), inputs.get("is_fast_flexus")):
        return None
    return Edition.FLEXUS if inputs.get("is_flexus") is True else Edition.STANDARD
