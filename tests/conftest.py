"""What every test stands on, whoever started it."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import settings

from metastudio_emulator import Emulator
from metastudio_emulator.samples import make_samples

# These assert for many tests, and are to say what they compared.
pytest.register_assert_rewrite("tests.pulumi_metastudio.lifecycle.job_checks")

# Nothing here is about speed, and a busy machine is no defect.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# See tests/no_packages/pip.
os.environ["PYTHONPATH"] = str(Path(__file__).with_name("no_packages"))

# A shell starts what runs in the background with SIGINT ignored, and children inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Fail where a program is missing that ``METASTUDIO_TESTS_NEED`` names, or there with a ``!``.

    Tests that have no Pulumi CLI are skipped, or ask the embedded engine alone. A machine that is
    there to run them must not pass without having done so: ``METASTUDIO_TESTS_NEED="pulumi git"``.
    """
    for word in os.environ.get("METASTUDIO_TESTS_NEED", "").split():
        name = word.removeprefix("!")
        if (shutil.which(name) is None) != word.startswith("!"):
            problem = "is on PATH" if word.startswith("!") else "is not on PATH"
            raise pytest.UsageError(f"METASTUDIO_TESTS_NEED={word}: {name} {problem}")


@pytest.fixture(scope="session")
def stop_meanwhile() -> Iterator[Callable[[Emulator], None]]:
    """Stops services beside the next tests: a clean stop takes a fifth of a second."""
    with ThreadPoolExecutor(8) as pool:
        stopped: list[Future[None]] = []

        def submit(service: Emulator) -> None:
            stopped.append(pool.submit(service.stop))

        yield submit
        for each in stopped:
            each.result()


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Real media: a 3-minute 1080p video, pictures, a zip. The workers share them."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    with (folder / "material.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return make_samples(folder / "material")
