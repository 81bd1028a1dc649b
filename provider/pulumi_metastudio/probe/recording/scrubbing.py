"""Exchanges without secrets and personal data, so that they can be shown to anybody.

What is not known to be harmless is hidden. Kept are: what the probe itself sent, its own jobs'
fields of known values, codes, and the words beside them unless they may name somebody. An id or URL
becomes the same placeholder wherever it stands, so that a reader, and a replay, can follow it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..exchanges import Answered, Asked

#: Fields whose values are words of the API, in capitals.
_WORDS = frozenset(
    """state commond_result log_type operate_user comment_type model_version matting_type
    model_resolution audio_source_type supported_service job_tag sex language error_code
    business_type charging_mode resource_source unit part_number train_video_rotation_state
    action_video_rotation_state""".split()
)
_WORD = re.compile(r"[A-Z0-9][A-Z0-9_.]{0,63}")
_CODE = re.compile(r"[\w.-]{0,32}", re.ASCII)
#: Numbers that tell nothing of an account.
_NUMBERS = frozenset({"count", "flexus_retry_count", "part_number", "error_code"})
#: From here on a number may be somebody's.
_PHONE = 10**9
#: Texts for people: kept of an answer that names nobody, and not compared by a replay.
TEXTS = frozenset({"error_msg", "excute_failed_msg", "message"})
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_HEX_ID = re.compile(r"[0-9a-f]{32}")
#: In a text for people: anything that might be an id, a key, a number or an address.
_TELLING = re.compile(r"\S*[@/\\]\S*|\S*\d{4,}\S*|[\"'].*[\"']|\S{24,}|\S*[^\x00-\x7f]\S*")
#: Kinds of resources that every tenant who trains has; the others are the tenant's own affair.
_BUSINESSES = ("MODELING_2D", "FLEXUS_2D")
_HIDDEN = "<text>"


class Scrubber:
    """Placeholders for one run, in the order in which their values are met.

    Args:
        run_id: the run's own, part of its names and tag.
        project_id: shown as ``<project>``.
    """

    def __init__(self, run_id: str, project_id: str):
        self._run_id = run_id
        self._known: dict[str, str] = {project_id: "<project>"}
        self._values: dict[str, str] = {"<project>": project_id}
        self._sent: set[str] = set()
        self._md5: set[str] = set()

    def value_of(self, placeholder: str) -> str | None:
        """The value that a placeholder stands for; None for one that was not met."""
        return self._values.get(placeholder)

    def request(self, asked: Asked) -> dict[str, Any]:
        """A request as it may be shown; all of it is the probe's own but ids and times."""
        for text in _texts([asked.body, dict(asked.query), asked.app_user_id]):
            self._sent.add(text)
        if asked.content:
            digest = hashlib.md5(bytes(asked.content), usedforsecurity=False)
            self._md5.add(digest.hexdigest())
        shown: dict[str, Any] = {
            "operation": asked.operation,
            "method": asked.method,
            "path": self._path(asked),
            "query": {name: self._own(value) for name, value in asked.query.items()},
            "body": self._own(asked.body),
            "app_user_id": asked.app_user_id,
            "content_type": asked.content_type if asked.content else "",
            "changed": dict(asked.changed),
            "forged": asked.forged,
        }
        if asked.content:
            shown["content"] = [asked.content.size, asked.content.letter]
        return {name: value for name, value in shown.items() if value not in ("", {}, None, False)}

    def answer(self, answered: Answered) -> dict[str, Any]:
        """An answer as it may be shown."""
        names_somebody = answered.status in (401, 403) and answered.asked.operation != "upload"
        value = answered.value
        if answered.asked.operation == "list" and isinstance(value, dict):
            value = self._own_jobs(value, answered.asked)
        if answered.asked.operation == "usage" and isinstance(value, dict):
            value = _own_resources(value)
        shown = {
            "status": answered.status,
            "code": answered.code if _CODE.fullmatch(answered.code) else _HIDDEN,
            "etag": self._etag(answered.etag),
            "value": self._answer("", value, names_somebody),
        }
        return {name: value for name, value in shown.items() if value not in ("", None)}

    def _path(self, asked: Asked) -> str:
        if asked.content:
            return self._url(asked.path)
        head, _, tail = asked.path.partition("/user/jobs/")
        if not tail:
            return asked.path
        job_id, slash, rest = tail.partition("/")
        return f"{head}/user/jobs/{self._id(job_id)}{slash}{rest}"

    def _own(self, value: Any) -> Any:
        """A value of a request."""
        if isinstance(value, Mapping):
            return {name: self._own(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._own(each) for each in value]
        if not isinstance(value, str):
            return value
        if _TIME.fullmatch(value):
            at = datetime.strptime(value, _TIME_FORMAT).replace(tzinfo=timezone.utc)
            hours = round((at - datetime.now(timezone.utc)).total_seconds() / 3600)
            return f"<now {hours:+d} h>"
        if value in self._known or _HEX_ID.fullmatch(value):
            return self._id(value)
        return value.replace(self._run_id, "<run>")

    def _id(self, value: str) -> str:
        return self._known.get(value) or self._new(value, "job")

    def _url(self, value: str) -> str:
        if value not in self._known:
            part = parse_qs(urlsplit(value).query).get("partNumber", [""])[0]
            self._new(value, f"url part {part}" if part.isdigit() else "url")
        return self._known[value]

    def _new(self, value: str, kind: str) -> str:
        number = 1 + sum(known.startswith(f"<{kind.split()[0]} ") for known in self._values)
        word, _, rest = kind.partition(" ")
        placeholder = f"<{word} {number}{', ' + rest if rest else ''}>"
        self._known[value] = placeholder
        self._values[placeholder] = value
        return placeholder

    def _own_jobs(self, value: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
        """A page without the jobs of others, and without their number."""
        jobs = value.get("jobs")
        listed = jobs if isinstance(jobs, list) else []
        own = [job for job in listed if isinstance(job, dict) and self._is_own(job)]
        narrowed = any(self._run_id in each for each in asked.query.values())
        narrowed |= "job_id" in asked.query
        hidden = {} if narrowed or "count" not in value else {"count": "<number>"}
        return {**value, **({"jobs": own} if "jobs" in value else {}), **hidden}

    def _is_own(self, job: Mapping[str, Any]) -> bool:
        return self._run_id in str(job.get("name")) + str(job.get("tags"))

    def _answer(self, field: str, value: Any, names_somebody: bool) -> Any:
        """A value of an answer, hidden unless something says that it is harmless."""
        if isinstance(value, Mapping):
            return {n: self._answer(n, each, names_somebody) for n, each in value.items()}
        if isinstance(value, list):
            return [self._answer(field, each, names_somebody) for each in value]
        if value is None or isinstance(value, bool) or value in ("", "null", "<number>"):
            return value
        if isinstance(value, (int, float)):
            return value if field in _NUMBERS and value < _PHONE else "<number>"
        return self._text(field, str(value), names_somebody)

    def _text(self, field: str, value: str, names_somebody: bool) -> str:
        if value in self._known:
            return self._known[value]
        if value.startswith(("http://", "https://")):
            return self._url(value)
        if _TIME.fullmatch(value):
            return "<time>"
        if value in self._sent:
            return value.replace(self._run_id, "<run>")
        if field == "job_id":
            return self._id(value)
        if field == "etag":
            return self._etag(value)
        if field in _WORDS and _WORD.fullmatch(value):
            return value
        if field in TEXTS and not names_somebody:
            return _TELLING.sub("…", value)
        return _HIDDEN

    def _etag(self, etag: str) -> str:
        """Whether it is the MD5 of what was sent, in which letters and quotes."""
        bare = etag.strip('"')
        if not bare:
            return ""
        known = "<md5>" if bare in self._md5 else "<MD5>" if bare.lower() in self._md5 else "<etag>"
        return etag.replace(bare, known)


def _own_resources(value: Mapping[str, Any]) -> dict[str, Any]:
    listed = value.get("resources")
    resources = listed if isinstance(listed, list) else []
    return {
        **value,
        "resources": [
            each
            for each in resources
            if isinstance(each, dict) and each.get("business_type") in _BUSINESSES
        ],
    }


def time_of(placeholder: str) -> str:
    """The time that ``<now +1 h>`` stands for, as the service writes it."""
    hours = int(re.sub(r"[^\d+-]", "", placeholder))
    at = datetime.now(timezone.utc) + timedelta(hours=hours)
    return at.strftime(_TIME_FORMAT)


def _texts(value: Any) -> list[str]:
    """Every text in a value."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        value = list(value.values())
    return [text for each in value for text in _texts(each)] if isinstance(value, list) else []
