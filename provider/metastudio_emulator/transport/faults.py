"""Rules for what goes wrong: which requests, how often, in what way."""

from __future__ import annotations

import random
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Action = Literal["status", "reset", "truncate", "stall", "delay"]


class FaultRule(BaseModel):
    """One rule. The first rule in the list that matches and has not run out applies.

    Attributes:
        match: an operation ("create", "list", "show", "update", "delete", "command", "upload",
            "download", "token", "security_token", "projects"), the name of a command such as
            "SUBMITVERIFYING", or "*" for all of them. The control interface never fails.
        action: "status" answers with that status and the vendor's body for it; "reset" closes
            the connection with a TCP reset; "truncate" cuts the answer in the middle; "stall"
            neither reads nor answers for a while and then goes on; "delay" only applies
            delay_ms and bytes_per_second.
        status: for "status", for example 429, 500 or 503.
        times: how many requests it applies to; None for all.
        probability: share of matching requests that it applies to, drawn by `seed`.
        seed: of the draw, so that a run can be repeated.
        after: for "status" and "reset": the operation takes effect and only its answer is lost.
        after_bytes: for "reset" and "stall": only once that much of the body has arrived.
        seconds: how long a "stall" lasts.
        delay_ms: waits before anything else, with every action.
        bytes_per_second: upper limit for the request's body, with every action.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    match: str = "*"
    action: Action
    status: Annotated[int, Field(ge=400, le=599)] = 500
    times: Annotated[int, Field(ge=1)] | None = None
    probability: Annotated[float, Field(gt=0, le=1)] = 1.0
    seed: int = 0
    after: bool = False
    after_bytes: Annotated[int, Field(ge=1)] | None = None
    seconds: Annotated[float, Field(ge=0)] = 0.0
    delay_ms: Annotated[float, Field(ge=0)] = 0.0
    bytes_per_second: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _something_happens(self) -> FaultRule:
        if self.action == "stall" and not self.seconds:
            raise ValueError("a stall needs seconds")
        if self.action == "delay" and not (self.delay_ms or self.bytes_per_second):
            raise ValueError("a delay needs delay_ms or bytes_per_second")
        if self.after and self.action not in ("status", "reset"):
            raise ValueError("after goes with status and reset only")
        if self.after_bytes and self.action not in ("reset", "stall"):
            raise ValueError("after_bytes goes with reset and stall only")
        return self


class _Armed:
    """A rule with what is left of it."""

    def __init__(self, rule: FaultRule) -> None:
        self.rule = rule
        self.applied = 0
        self._random = random.Random(rule.seed)  # noqa: S311 - repeatable on purpose

    def draws(self, names: tuple[str, ...]) -> bool:
        if self.rule.match != "*" and self.rule.match not in names:
            return False
        if self.rule.times is not None and self.applied >= self.rule.times:
            return False
        if self._random.random() >= self.rule.probability:
            return False
        self.applied += 1
        return True


class FaultList:
    """The rules of one running emulator; a restart forgets them."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []

    def add(self, rule: FaultRule) -> None:
        """Append a rule."""
        self._armed.append(_Armed(rule))

    def clear(self) -> None:
        """Remove all rules."""
        self._armed.clear()

    def draw(self, names: tuple[str, ...]) -> FaultRule | None:
        """The rule that applies to a request with these names, if any; uses it up by one."""
        return next((armed.rule for armed in self._armed if armed.draws(names)), None)

    def listed(self) -> list[dict[str, object]]:
        """Every rule, with how often it was applied."""
        return [
            {**armed.rule.model_dump(exclude_none=True), "applied": armed.applied}
            for armed in self._armed
        ]
