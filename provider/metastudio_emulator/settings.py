"""What is chosen when an emulator starts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .profiles import Profile

DAY = 24 * 60 * 60
TransitionMode = Literal["immediate", "time", "reads", "manual"]
Tenant = Literal["ordinary", "NA"]


@dataclass(frozen=True)
class Transitions:
    """When a submitted job moves to its next state.

    Attributes:
        mode: "immediate" (all transitions during the submission), "time" (one every ``amount``
            seconds), "reads" (one after every ``amount`` answers that show the job) or "manual".
        amount: seconds or reads; unused by the other modes.
    """

    mode: TransitionMode = "immediate"
    amount: float = 0.0

    @staticmethod
    def parse(text: str) -> Transitions:
        """Read "immediate", "manual", "time:SECONDS" or "reads:N".

        Raises:
            ValueError: any other text; the message is one line.
        """
        if text == "immediate":
            return Transitions("immediate")
        if text == "manual":
            return Transitions("manual")
        mode, _, amount = text.partition(":")
        try:
            if mode == "time" and 0 < float(amount) < float("inf"):
                return Transitions("time", float(amount))
            if mode == "reads" and int(amount) > 0:
                return Transitions("reads", int(amount))
        except ValueError:
            pass
        raise ValueError(
            f"transitions {text!r} are not one of immediate, time:SECONDS, reads:N, manual"
        )


#: The operations that can be limited, alone or together.
_GROUPS = {
    "writes": ("create", "update", "delete", "command"),
    "reads": ("list", "show", "credits"),
}
_LIMITED = tuple(name for group in _GROUPS.values() for name in group)


@dataclass(frozen=True)
class Limits:
    """How many calls of each operation the service takes in a second.

    Attributes:
        by_operation: calls per second; an operation that is missing has no limit.
    """

    by_operation: Mapping[str, float] = field(default_factory=dict)

    @staticmethod
    def parse(text: str) -> Limits:
        """Read "writes=5,reads=20", "create=5,show=20", a mixture, or "" for no limits.

        ``writes`` are create, update, delete and command, ``reads`` are list, show and credits,
        each with a limit of its own; a later part wins over an earlier one.

        Raises:
            ValueError: any other text; the message is one line.
        """
        limits: dict[str, float] = {}
        for part in filter(None, text.split(",")):
            name, _, number = part.partition("=")
            try:
                limit = float(number)
            except ValueError:
                limit = 0.0
            names = _GROUPS.get(name, (name,))
            if not 0 < limit < math.inf or names[0] not in _LIMITED:
                raise ValueError(
                    f"limit {part!r} is not OPERATION=CALLS_PER_SECOND, with an operation of "
                    f"{', '.join((*_GROUPS, *_LIMITED))} and a number above 0"
                )
            limits |= dict.fromkeys(names, limit)
        return Limits(limits)


@dataclass(frozen=True)
class Settings:
    """Choices for one run; what must survive a restart is in the database instead.

    Attributes:
        transitions: when submitted jobs move on.
        profile: which reading of the documents applies.
        limits: calls per second that are taken; by default, any number.
        tenant: "NA" for a whitelisted tenant: needs no ID documents and confirms results.
        region: name of the only project in the identity service.
        url_validity: lifetime of upload and download URLs in seconds (documents: 24 hours).
        token_validity: lifetime of identity tokens in seconds (documents: 24 hours).
        clock_skew_limit: seconds that X-Sdk-Date may be off (documents: 15 minutes).
        signature_failures: wrong signatures in a row before a key is locked (documents: 5).
        lock_seconds: how long the next one locks the key (documents: 5 minutes).
    """

    transitions: Transitions = field(default_factory=Transitions)
    profile: Profile = field(default_factory=Profile)
    limits: Limits = field(default_factory=Limits)
    tenant: Tenant = "ordinary"
    region: str = "cn-north-4"
    url_validity: float = DAY
    token_validity: float = DAY
    clock_skew_limit: float = 15 * 60
    signature_failures: int = 5
    lock_seconds: float = 5 * 60
