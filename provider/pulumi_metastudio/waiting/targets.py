"""How long to wait, and for what."""

from __future__ import annotations

import re
from typing import Literal

from ..errors import InputError

Target = Literal["submitted", "approved", "trained", "finished"]
TARGETS: tuple[Target, ...] = ("submitted", "approved", "trained", "finished")


def duration(value: str | float) -> float:
    """Seconds from a number, or from text such as ``90s``, ``1h30m``, ``2.5d``.

    Raises:
        InputError: it is neither, or not above 0.
    """
    units = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
    text = str(value).strip()
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([smhd]?)\s*", text)
    seconds = sum(float(number) * units[unit] for number, unit in parts)
    if "".join(f"{number}{unit}" for number, unit in parts) != "".join(text.split()):
        seconds = 0
    if not seconds > 0:
        raise InputError(f"timeout is '{value}': give seconds, or a text such as 90s, 36h or 3d")
    return seconds


def states_of(target: str) -> frozenset[str]:
    """The states in which a target counts as reached; unknown states are in none.

    A job may go back and skip states, so there is no order to compare by.

    Raises:
        InputError: there is no such target.
    """
    from ..api.states import (
        EDITABLE,
        JOB_FINISH,
        JOB_PENDING,
        JOB_SUCCESS,
        KNOWN,
        TRAINED,
        WAIT_FILE_UPLOAD,
    )

    # No document says when a job is suspended, or its video analysed.
    before_approval = EDITABLE | {"AUTO_VERIFYING", "MANUAL_VERIFYING", JOB_PENDING}
    before_approval |= {state for state in KNOWN if state.startswith("VIDEO_ANALYZE_")}
    if target == "submitted":
        return KNOWN - {WAIT_FILE_UPLOAD}
    if target == "approved":
        return KNOWN - before_approval
    if target == "trained":
        return TRAINED
    if target == "finished":
        return frozenset({JOB_SUCCESS, JOB_FINISH})
    raise InputError(f"target is '{target}': choose one of {', '.join(TARGETS)}")
