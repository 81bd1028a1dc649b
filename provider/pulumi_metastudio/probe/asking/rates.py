"""From which rate on the service refuses: asked only on demand, because others share the rate."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock

from ...errors import MetaStudioError
from ..client import ProbeClient
from ..exchanges import Answered, Asked
from ..findings import Findings

MOST_REQUESTS = 200
_AT_ONCE = 8


def ask_rates(client: ProbeClient, findings: Findings) -> None:
    """List as fast as eight connections do, until one is refused, 200 times at most."""
    asked = Asked("list", "GET", "/digital-human-training-manage/user/jobs", {"limit": "1"})
    over, lock = Event(), Lock()
    sent: list[Answered] = []

    def work(_: int) -> None:
        if over.is_set():
            return
        answered = client.send(asked)
        with lock:
            sent.append(answered)
        if not answered.ok:
            over.set()

    with findings.asking("list_rate"):
        client.project_id  # noqa: B018 - asks IAM, once, before the clock runs
        started = time.monotonic()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            try:
                list(pool.map(work, range(MOST_REQUESTS)))
            finally:
                over.set()
        seconds = max(time.monotonic() - started, 0.001)
        refused = [each for each in sent if not each.ok]
        if not sent:
            raise MetaStudioError("no list was answered")
        rate = f"{len(sent)} lists in {seconds:.1f} s, {len(sent) / seconds:.0f} a second"
        if not refused:
            findings.note("list_rate", "never", sent[-1], detail=rate)
            return
        first = refused[0]
        waits = f", Retry-After {first.retry_after}" if first.retry_after else ""
        detail = f"after {rate}: {first.shown()}{waits}"
        findings.note("list_rate", "refused", first, detail=detail)
