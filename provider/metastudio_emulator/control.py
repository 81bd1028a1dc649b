"""Client of the emulator's control interface, for this or another process.

It needs only the standard library, so that any test program can use it.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any, cast
from urllib.parse import quote

from .errors import EmulatorError

Record = dict[str, Any]
_TIMEOUT = 60.0
# No proxy: requests to this machine must not go through one that the environment names.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Control:
    """Reads and changes what a client of the service cannot.

    A "job record" is a dict with job_id, state, settled (no transition follows by itself), fields
    (as the API shows them, without URLs), objects, multipart_uploads, part_uploads (accepted
    uploads by part), command_message (the latest of any request for the job, or None) and
    command_messages (the latest of "create", of "update" and of each command).

    Raises:
        EmulatorError: by every method, when the emulator refuses the call or does not answer.
    """

    def __init__(self, endpoint: str, secret_key: str) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._secret_key = secret_key

    def __repr__(self) -> str:
        return f"<Control {self._endpoint}>"

    def info(self) -> Record:
        """Process id, project id, transitions, tenant, clock_offset and clock_skew."""
        return cast(Record, self._call("GET", "info"))

    def jobs(self) -> list[Record]:
        """Every job's record, oldest first."""
        return cast("list[Record]", self._call("GET", "jobs"))

    def job(self, job_id: str) -> Record:
        """One job's record."""
        return cast(Record, self._call("GET", f"jobs/{quote(job_id)}"))

    def add_job(self, **fields: Any) -> Record:
        """Add a job with these API fields that no client created; returns its record."""
        return cast(Record, self._call("POST", "jobs", {"fields": fields}))

    def set_fields(self, job_id: str, **fields: Any) -> Record:
        """Change API fields without the client's knowledge; None removes a field."""
        return cast(Record, self._call("PATCH", f"jobs/{quote(job_id)}", {"fields": fields}))

    def set_state(
        self,
        job_id: str,
        state: str,
        *,
        reason: str | None = None,
        error_code: str | None = None,
        redo_reasons: list[str] | None = None,
    ) -> Record:
        """Put a job into any state, known or not; only time or reads move it on from there.

        The operation log gets an entry when a reason is given or the state is a failed one.
        """
        change = {
            "state": state,
            "reason": reason,
            "error_code": error_code,
            "redo_reasons": redo_reasons,
        }
        return cast(Record, self._call("PUT", f"jobs/{quote(job_id)}/state", change))

    def step(self, job_id: str, count: int = 1) -> Record:
        """Take up to ``count`` transitions at once, including those of an administrator."""
        return cast(Record, self._call("POST", f"jobs/{quote(job_id)}/step", {"count": count}))

    def delete_job(self, job_id: str) -> None:
        """Remove a job in any state, as if somebody else had."""
        self._call("DELETE", f"jobs/{quote(job_id)}")

    def objects(self, job_id: str) -> dict[str, Record]:
        """Stored files by kind ("training_video", "audio", "cover", ...).

        Each has name, size (bytes), md5, sha256, content_type and uploads (how often the file or
        one of its parts was uploaded). A video is listed once its parts are confirmed.
        """
        listed = cast("list[Record]", self._call("GET", f"jobs/{quote(job_id)}/objects"))
        return {record["name"]: record for record in listed}

    def counters(self) -> dict[str, dict[str, int]]:
        """Number of answers by operation or command, then by HTTP status or "lost"."""
        return cast("dict[str, dict[str, int]]", self._call("GET", "counters"))

    def clear_counters(self) -> None:
        """Set all counters to zero."""
        self._call("DELETE", "counters")

    def credits(self) -> dict[str, Record]:
        """Trainings by business type (MODELING_2D, FLEXUS_2D), each with total and used."""
        listed = cast("list[Record]", self._call("GET", "credits"))
        return {record["business"]: record for record in listed}

    def set_credits(self, business: str, total: int, used: int = 0) -> None:
        """Change what the tenant has bought of a business type, and what of it is used up."""
        self._call("PUT", f"credits/{quote(business)}", {"total": total, "used": used})

    def advance(self, seconds: float) -> None:
        """Move virtual time forward: URLs and tokens expire, locks end, timed transitions happen.

        Signatures are still checked against the real time.
        """
        self._call("POST", "clock/advance", {"seconds": seconds})

    def set_skew(self, seconds: float) -> None:
        """Offset the clock that signatures are checked against; 0 corrects it."""
        self._call("PUT", "clock/skew", {"seconds": seconds})

    def expire_upload_urls(self, job_id: str | None = None) -> int:
        """Expire all unused upload URLs, or those of one job; returns how many."""
        return int(self._call("POST", "upload-urls/expire", {"job_id": job_id})["expired"])

    def add_fault(
        self,
        match: str,
        action: str,
        *,
        status: int = 500,
        times: int | None = None,
        probability: float = 1.0,
        seed: int = 0,
        after: bool = False,
        after_bytes: int | None = None,
        seconds: float = 0.0,
        delay_ms: float = 0.0,
        bytes_per_second: int | None = None,
    ) -> None:
        """Add a fault rule; ``transport.faults.FaultRule`` describes the arguments."""
        rule = {
            "match": match,
            "action": action,
            "status": status,
            "times": times,
            "probability": probability,
            "seed": seed,
            "after": after,
            "after_bytes": after_bytes,
            "seconds": seconds,
            "delay_ms": delay_ms,
            "bytes_per_second": bytes_per_second,
        }
        self._call("POST", "faults", rule)

    def faults(self) -> list[Record]:
        """The fault rules, each with the number of times it was applied."""
        return cast("list[Record]", self._call("GET", "faults"))

    def clear_faults(self) -> None:
        """Remove all fault rules."""
        self._call("DELETE", "faults")

    def limits(self) -> dict[str, float]:
        """Calls per second that are taken, by operation; what is missing has no limit."""
        return cast("dict[str, float]", self._call("GET", "limits"))

    def set_limits(self, limits: str) -> None:
        """Replace all limits: "writes=5,reads=20", "create=5,show=20", or "" to lift them."""
        self._call("PUT", "limits", {"limits": limits})

    def _call(self, method: str, path: str, body: Record | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the endpoint is the operator's own
            f"{self._endpoint}/_emulator/{path}",
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={
                "Authorization": f"Bearer {self._secret_key}",
                "Content-Type": "application/json",
            },
        )
        try:
            with _OPENER.open(request, timeout=_TIMEOUT) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            detail = error.read().decode(errors="replace")
            raise EmulatorError(f"{method} {path}: HTTP {error.code}: {detail}") from None
        except (OSError, ValueError) as error:
            raise EmulatorError(f"{method} {path}: {error}") from None
