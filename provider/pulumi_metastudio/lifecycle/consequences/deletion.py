"""What becomes of a job at the service when it leaves the stack."""

from __future__ import annotations

import enum
from typing import Any

from ...api.states import DELETABLE, TRAINED


class Fate(enum.Enum):
    """What a delete comes to, in words."""

    KEPT = "stays at the service, not managed any more"
    DELETED = "is deleted for good"
    REFUSED = "cannot be deleted in this state"


def fate(state: Any, policy: Any) -> Fate:
    """What becomes of a job in ``state`` with this ``deletion_policy`` (None: the default).

    Source: the delete page's list of states; keeping is this provider's own rule.
    """
    if policy == "retain" or (policy != "delete" and state in TRAINED):
        return Fate.KEPT
    return Fate.DELETED if state in DELETABLE else Fate.REFUSED
