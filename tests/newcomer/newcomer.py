"""Somebody new: a clone, an empty home folder, and what the README says, nothing else.

``make newcomer`` runs ``make up`` and ``make down`` (the tests are not run within a test), then
every line of the ten minutes: without the Pulumi CLI, and with it, which has to be on PATH.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.docs.blocks import Reader, blocks

ROOT = Path(__file__).parents[2]
_PATIENCE = 1200


def follow(name: str, path: str) -> None:
    """Be new once.

    Args:
        path: what the shell finds its commands in.

    Raises:
        AssertionError: a command failed, or printed something else than the README shows.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="newcomer-") as folder:
        home, clone = Path(folder, "home"), Path(folder, "pulumi-metastudio")
        home.mkdir()
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        environment = {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8"}
        page = clone / "README.md"
        ten_minutes = page.read_text(encoding="utf-8").partition("\n## Ten minutes")[0].count("\n")
        reader = Reader(clone, environment)
        for target in ("up", "up", "down"):
            _make(target, clone, environment)
        later = [block for block in blocks(page) if block.line > ten_minutes]
        for command, said in reader.follow(later, _PATIENCE).items():
            print(f"$ {command}\n{said.rstrip()}")
        left = [each.name for each in Path(clone.parent, "avatars").iterdir()]
    print(f"{name}: done in {time.monotonic() - started:.0f} s; the project has {sorted(left)}")


def _make(target: str, clone: Path, environment: dict[str, str]) -> None:
    print(f"$ make {target}", flush=True)
    subprocess.run(["make", target], cwd=clone, env=environment, check=True, timeout=_PATIENCE)


def main() -> None:
    cli = shutil.which("pulumi")
    # The interpreter itself, not this environment and no shims that ask for variables.
    found = [str(Path(sys.base_prefix, "bin")), *os.environ["PATH"].split(os.pathsep)]
    own = str(Path(sys.prefix, "bin"))
    plain = [each for each in found if each != own and not Path(each, "pulumi").exists()]
    follow("without the Pulumi CLI", os.pathsep.join(plain))
    if cli is None:
        sys.exit("with the Pulumi CLI: not followed, it is not on PATH")
    follow("with the Pulumi CLI", os.pathsep.join([str(Path(cli).parent), *plain]))


if __name__ == "__main__":
    main()
