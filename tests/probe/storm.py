"""Probe emulators whose switches are set at random: ``python -m tests.probe.storm --runs 200``."""

from __future__ import annotations

import argparse
import random
import sys
from concurrent.futures import ThreadPoolExecutor

from .service import random_profile, wrongs


def storm(runs: int, seed: int, at_once: int = 1) -> dict[str, list[str]]:
    """What was wrong, by the profile in which it was."""
    profiles = [random_profile(random.Random(f"{seed}-{number}")) for number in range(runs)]
    with ThreadPoolExecutor(at_once) as pool:
        found = list(pool.map(wrongs, profiles))
    return {p.text: wrong for p, wrong in zip(profiles, found, strict=True) if wrong}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=2)
    arguments = parser.parse_args()
    found = storm(arguments.runs, arguments.seed, arguments.at_once)
    for profile, wrong in found.items():
        print(f"{profile}: {'; '.join(wrong)}")
    print(f"{arguments.runs} runs, each probed twice: {len(found)} with something wrong")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
