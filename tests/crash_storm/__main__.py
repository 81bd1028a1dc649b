"""A storm of kills and faults, and the count of what it left behind.

    python -m tests.crash_storm --runs 100 --seed 1 [--engine embedded|pulumi] [--parties 2]

Each run is an ``up`` of a stack of five jobs with five files each. At a random moment a random
victim (the provider process, the engine, the program, or all of them) gets SIGKILL, while the
service answers with errors, cuts connections and answers, throttles, and lets URLs expire. An
engine takes seconds before it asks the service for anything, so most moments count from the
run's first write there: only then is there something to lose. An
episode starts with an empty stack; after one to five killed runs an undisturbed ``up`` follows,
and then the service and the state must agree: every job once, every file equal by SHA-256,
nothing submitted twice, no part accepted twice.

With two parties there are two stacks of the same names in two backends, on one machine or as on
two, at the same time or in turn. Now and then one of them destroys its jobs in between, and some
episodes read the service's documents strictly. Besides, no party may touch a job that the other
one made.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
from pathlib import Path

from .one_party import Storm
from .two_parties import TwoPartyStorm


def main() -> int:
    """Blow, print the counts, and exit with 1 when anything was lost, doubled or mixed up."""
    parser = argparse.ArgumentParser("crash_storm", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=["embedded", "pulumi"], default="embedded")
    parser.add_argument("--parties", type=int, choices=[1, 2], default=1)
    options = parser.parse_args()
    kind = TwoPartyStorm if options.parties == 2 else Storm
    with tempfile.TemporaryDirectory(prefix="storm-") as folder:
        storm = kind(Path(folder), options.engine, options.seed)
        storm.blow(options.runs)
    for name, value in dataclasses.asdict(storm.counts).items():
        print(f"{name:>17}  {value}")
    print(f"{'victims':>17}  {dict(storm.victims)}")
    print("clean" if storm.counts.clean() else "NOT CLEAN")
    return 0 if storm.counts.clean() else 1


if __name__ == "__main__":
    sys.exit(main())
