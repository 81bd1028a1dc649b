"""What is done to a stack, turn after turn, made at random from a seed."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass, field

from .programs import Program

#: How much of a program runs at a time, and what may therefore go wrong in it.
MANNERS = {
    "free": "declared at once, up to 16 at a time; nothing fails",
    "one by one": "each waits for the one before; checks, creates and updates fail",
    "chained": "each also depends on the one before; anything fails",
}


@dataclass(frozen=True)
class Turn:
    """One operation, and what happens to program and service before it.

    Attributes:
        operation: ``up``, ``preview``, ``refresh`` or ``destroy``.
        refresh: look at the service first.
        clear: forget creates that nobody knows the end of.
        token: a secret of the stack's configuration.
        plan: what calls of the provider come to, such as ``{"create r1": "fail"}``.
        meddling: what happens to things behind the engine's back: ``alter`` or ``lose``, and a key.
    """

    operation: str
    program: str
    token: str
    refresh: bool = False
    clear: bool = False
    plan: dict[str, str] = field(default_factory=dict)
    meddling: tuple[tuple[str, str], ...] = ()

    @property
    def kills(self) -> bool:
        """Whether the engine may be killed."""
        return any(value.startswith("kill") for value in self.plan.values())

    def __str__(self) -> str:
        words = [self.operation]
        words += ["--refresh"] * self.refresh + ["--clear-pending-creates"] * self.clear
        words += [f"({call}: {what})" for call, what in self.plan.items()]
        words += [f"({what} {key})" for what, key in self.meddling]
        return " ".join(words)


@dataclass(frozen=True)
class Sequence:
    """The turns of one seed."""

    seed: int
    manner: str
    turns: list[Turn]

    @property
    def parallel(self) -> int:
        """How many steps may run at a time."""
        return 16 if self.manner == "free" else 1

    def fingerprint(self) -> str:
        """What a recorded result belongs to."""
        turns = [vars(turn) for turn in self.turns]
        text = json.dumps([self.manner, turns], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def sequence(seed: int) -> Sequence:
    """The sequence of a seed."""
    rng = random.Random(seed)
    manner = rng.choice(list(MANNERS))
    chained = manner == "chained"
    program = Program(rng, one_by_one=manner != "free", chained=chained)
    turns: list[Turn] = []
    token = "t0"
    pending = False
    for number in range(rng.randint(3, 4)):
        operation = _operation(rng) if number else rng.choice(["up", "up", "up", "preview"])
        if number and (not turns[-1].plan or rng.random() < 0.4):
            for _ in range(rng.randint(1, 4) if rng.random() < 0.85 else 0):
                program.edit()
        if number and rng.random() < 0.08:
            token = f"t{number}"
        plan = {}
        if manner != "free" and operation != "preview" and rng.random() < 0.45:
            plan = _plan(rng, program, operation, anything=chained)
        program.raises_at = None
        if manner != "free" and not plan and rng.random() < 0.06:
            program.raises_at = rng.randrange(len(program.items))
        keys = [item.key for item in program.items]
        meddling: list[tuple[str, str]] = []
        if number and rng.random() < 0.3:
            meddling = [(rng.choice(["alter", "alter", "lose"]), k) for k in rng.sample(keys, 1)]
        turn = Turn(
            operation,
            str(program),
            token,
            refresh=operation == "up" and number > 0 and rng.random() < 0.15,
            clear=operation == "refresh" and pending and rng.random() < 0.7,
            plan=plan,
            meddling=tuple(meddling),
        )
        pending = turn.kills or (pending and not turn.clear)
        turns.append(turn)
        program.expected = []
    return Sequence(seed, manner, turns)


def _operation(rng: random.Random) -> str:
    chance = rng.random()
    limits = {"up": 0.66, "preview": 0.78, "refresh": 0.9, "destroy": 1.0}
    return next(name for name, limit in limits.items() if chance < limit)


def _plan(
    rng: random.Random, program: Program, operation: str, *, anything: bool
) -> dict[str, str]:
    """Something that goes wrong; whether the turn comes to it at all is left open."""
    keys = [item.key for item in program.items]
    calls = {
        "up": ["create", "update", "diff", "refuse"] + ["delete"] * anything,
        "refresh": ["read"] * anything,
        "destroy": ["delete"] * anything,
    }[operation]
    if not calls:
        return {}
    expected = [call for call in program.expected if call.split()[0] in calls]
    if operation == "up" and expected and rng.random() < 0.8:
        call = rng.choice(expected)
    else:
        call = f"{rng.choice(calls)} {rng.choice(keys)}"
    if call.startswith(("refuse", "diff")):
        return {call: "it is refused" if call.startswith("refuse") else "fail"}
    if rng.random() < 0.6:
        return {call: "fail"}
    return {call: rng.choice(["kill before", "kill after"])}
