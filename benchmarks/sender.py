"""A process that uploads one file as the provider process does, and tells what it cost.

``python -m benchmarks.sender FILE URL...`` prints one JSON line. It loads what a provider process
has loaded; the time is that of the upload alone, because a provider process runs already when it
uploads.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock and of the processor, and the most memory in bytes, if known."""

    seconds: float
    cpu: float
    peak: int = 0


def send(file: Path, urls: list[str], *, parallel: int = 4, trusted: Path | None = None) -> Cost:
    """Fingerprint and upload ``file`` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.sender", str(parallel), str(file), *urls]
    done = subprocess.run(
        command,
        cwd=Path(__file__).parents[1],
        env=environment(trusted),
        check=True,
        capture_output=True,
        text=True,
    )
    return Cost(**json.loads(done.stdout))


def curl(file: Path, url: str, *, trusted: Path | None = None) -> Cost:
    """The public yardstick: ``curl -T``, which hashes nothing."""
    command = ["curl", "--silent", "--show-error", "--fail", "--upload-file", str(file), url]
    if trusted:
        command += ["--cacert", str(trusted)]
    started = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode:
        raise RuntimeError(f"curl ended with {process.returncode}")
    return Cost(seconds, used.ru_utime + used.ru_stime)


def environment(trusted: Path | None) -> dict[str, str]:
    """This process's environment, with a certificate to trust."""
    return {**os.environ, **({"REQUESTS_CA_BUNDLE": str(trusted)} if trusted else {})}


def main() -> None:
    parallel, file, *urls = sys.argv[1:]
    import pulumi.dynamic  # noqa: F401  for its memory

    import pulumi_metastudio.provider  # noqa: F401
    from pulumi_metastudio.transfer import Silent, Uploader, open_source

    started, before = time.perf_counter(), time.process_time()
    uploader = Uploader(parallel=int(parallel))
    uploader.send("training_video", open_source(file), urls, "application/octet-stream", Silent())
    told = {
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - before,
        "peak": _peak(),
    }
    print(json.dumps(told))


def _peak() -> int:
    """The most memory so far; what getrusage tells begins with that of the parent process."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(fields["VmHWM"].split()[0]) * 1024


if __name__ == "__main__":
    main()
