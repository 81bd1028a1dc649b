"""The first job: what a creation gives and a list finds, uploads in parts, and updates."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ...errors import MetaStudioError
from ..client import HarmlessCommand, ProbeClient
from ..exchanges import Answered, Content
from ..findings import WITHOUT_SUBMITTING, CreationCosts, Findings
from ..own_jobs import OwnJob, OwnJobs
from ..questions import SMALL_PART
from .reading import used

#: Nobody's number: no country has it.
CONTACT = "00000000000"
#: No alphabetical order, so that sorting shows.
_TAGS = ("zebra", "apple", "mango")
_KINDS = (
    *("training_video_upload_url", "action_video_upload_url", "audio_upload_url"),
    *("cover_upload_url", "id_card_image1_upload_url", "id_card_image2_upload_url"),
    *("grant_file_upload_url", "pre_beauty_image_upload_url", "post_beauty_image_upload_url"),
)
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_LONG_EXPIRED = "1000000000"


@dataclass
class FirstJob:
    """Questions about one job with a video in two parts."""

    client: ProbeClient
    findings: Findings
    jobs: OwnJobs
    job: OwnJob
    created: Answered
    sent: Mapping[str, Any]
    accepts_update: bool | None = None
    #: Whether a video whose first part has 1 KiB was confirmed; None where nobody knows.
    small_part_confirmed: bool | None = None
    _parts_there: set[int] = field(default_factory=set)

    @staticmethod
    def create(client: ProbeClient, findings: Findings, jobs: OwnJobs) -> FirstJob:
        """Make the job.

        Raises:
            MetaStudioError: the service makes none.
        """
        name = f"metastudio-probe-{jobs.run_id}-1"
        rich = {
            "name": name,
            "batch_name": f"batch-{jobs.run_id}",
            "contact": CONTACT,
            "tags": list(_TAGS),
            "video_multipart_count": 2,
        }
        for body in (rich, {"name": name, "video_multipart_count": 2}):
            created = jobs.create(body)
            if created.ok or not created.refused:
                break
        job_id = created.get("job_id")
        if not created.ok or not isinstance(job_id, str):
            raise MetaStudioError(f"no job was made: the service answered {created.shown()}")
        return FirstJob(client, findings, jobs, OwnJob(job_id, "", name), created, body)

    def ask_creation(self, usage: Answered | None) -> None:
        """What the creation gave and cost, and how the job is read back.

        Raises:
            CreationCosts: it used up a credit.
        """
        with self.findings.asking("upload_urls"):
            given = [kind for kind in _KINDS if self.created.get(kind)]
            answer = "every kind" if len(given) == len(_KINDS) else "some"
            short = ", ".join(kind.removesuffix("_upload_url") for kind in given)
            self.findings.note("upload_urls", answer, self.created, detail=short)
        self._ask_credit(usage)
        with self.findings.asking("tag_order", "contact_shown", "missing_values"):
            shown = self.client.show(self.job.job_id)
            if shown.ok:
                self._read_back(shown)

    def _ask_credit(self, usage: Answered | None) -> None:
        if usage is None:
            self.findings.skip("the usage cannot be read", "creation_credit")
            return
        with self.findings.asking("creation_credit"):
            after = self.client.usage()
            if not after.ok:
                return
            more = used(after) != used(usage)
            self.findings.note("creation_credit", "yes" if more else "no", usage, after)
            if more:
                raise CreationCosts(
                    "a credit was used up when a job was created: no further job is made"
                )

    def _read_back(self, shown: Answered) -> None:
        sent = [self.jobs.tag, *self.sent.get("tags", ())]
        tags = shown.texts("tags")
        known = "sorted" if sorted(tags) == sorted(sent) else "changed"
        answer = "kept" if tags == sent else known
        self.findings.note("tag_order", answer, shown)
        if "contact" in self.sent:
            contact = shown.get("contact")
            answer = "plain" if contact == CONTACT else "masked" if contact else "absent"
            self.findings.note("contact_shown", answer, shown)
        else:
            self.findings.skip("the service took no contact", "contact_shown")
        value = shown.value.get("verify_video_download_url", "absent")
        words = {"absent": "absent", "null": "text null", None: "null", "": "empty"}
        self.findings.note("missing_values", words.get(value, "other"), shown)

    def ask_lists(self) -> None:
        """Filters, each with a whole value and a part of it, and update_until."""
        run_id = self.jobs.run_id
        wholes = {"name": self.job.name, "tag": self.jobs.tag, "batch_name": f"batch-{run_id}"}
        if "batch_name" not in self.sent:
            del wholes["batch_name"]
            self.findings.skip("the service took no batch_name", "batch_name_filter")
        for name, whole in wholes.items():
            with self.findings.asking(f"{name}_filter"):
                by_whole = self.client.list_jobs(**{name: whole}, limit=100)
                by_part = self.client.list_jobs(**{name: run_id}, limit=100)
                if not (by_whole.ok and by_part.ok):
                    continue
                answer = "whole" if self._among(by_whole) else "nothing"
                answer = "part" if self._among(by_part) else answer
                self.findings.note(f"{name}_filter", answer, by_whole, by_part)
        with self.findings.asking("update_until"):
            now = datetime.now(timezone.utc)
            before, after = (
                self.client.list_jobs(
                    job_id=self.job.job_id, update_until=(now + shift).strftime(_TIME)
                )
                for shift in (timedelta(hours=-1), timedelta(hours=1))
            )
            if before.ok and after.ok:
                seen = (self._among(before), self._among(after))
                known = {(False, True): "until", (True, False): "since", (True, True): "ignored"}
                self.findings.note("update_until", known.get(seen, "other"), before, after)

    def _among(self, listed: Answered) -> bool:
        return any(job.get("job_id") == self.job.job_id for job in listed.jobs())

    def ask_uploads(self) -> None:
        """Refusals of an upload URL, and how a part is listed."""
        urls = self.created.texts("training_video_upload_url")
        if len(urls) != 2:
            why = f"two parts were asked for, and {len(urls)} URLs given"
            self.findings.skip(why, "wrong_content_type", "altered_expiry", "used_url")
            return
        first, second = Content(SMALL_PART, "A"), Content(SMALL_PART, "B")
        with self.findings.asking("wrong_content_type"):
            answered = self.client.put(urls[1], second, content_type="text/plain")
            self._note_upload("wrong_content_type", answered)
            self._parts_there |= {2} if answered.ok else set()
        with self.findings.asking("altered_expiry"):
            if "Expires" not in parse_qs(urlsplit(urls[1]).query):
                self.findings.skip("its URLs have no parameter Expires", "altered_expiry")
            elif 2 in self._parts_there:
                self.findings.skip("the URL was used up before", "altered_expiry")
            else:
                past = {"Expires": _LONG_EXPIRED}
                answered = self.client.put(urls[1], second, changed=past)
                self._note_upload("altered_expiry", answered)
                self._parts_there |= {2} if answered.ok else set()
        with self.findings.asking("used_url"):
            sent = self.client.put(urls[0], first)
            if sent.ok:
                self._parts_there.add(1)
                self._note_upload("used_url", self.client.put(urls[0], first))
        with self.findings.asking("part_etag_quotes", "part_etag", "part_number"):
            self._note_listed(first)

    def _note_upload(self, question_id: str, answered: Answered) -> None:
        if 400 <= answered.status < 500 and answered.status not in (408, 429):
            self.findings.note(question_id, "refused", answered, detail=answered.code)
        else:
            self.findings.judged(question_id, answered)

    def _note_listed(self, content: Content) -> None:
        listed = self.client.command(self.job.job_id, HarmlessCommand.LIST_PARTS)
        part = next(iter(_parts(listed)), None)
        if part is None:
            return
        etag, number = part.get("etag"), part.get("part_number")
        if isinstance(etag, str):
            bare = etag.strip('"')
            quoted = "quoted" if etag != bare else "bare"
            self.findings.note("part_etag_quotes", quoted, listed)
            md5 = hashlib.md5(bytes(content), usedforsecurity=False).hexdigest()
            known = {md5: "md5", md5.upper(): "MD5"}
            self.findings.note("part_etag", known.get(bare, "other"), listed)
        kind = "text" if isinstance(number, str) else "number"
        self.findings.note("part_number", kind if number is not None else "other", listed)

    def ask_update(self) -> None:
        """Whether a PUT is accepted, and what it keeps; then the video is confirmed."""
        urls = self.created.texts("training_video_upload_url")
        with self.findings.asking("update_waiting"):
            answered = self.client.update(self.job.job_id, self._plain_update())
            if answered.refused:  # it may have been for want of a name
                named = {**self._plain_update(), "name": self.job.name}
                answered = self.client.update(self.job.job_id, named)
            if self.findings.judged("update_waiting", answered):
                self.accepts_update = answered.ok
        if self.accepts_update:
            self._ask_kept()
            urls = answered.texts("training_video_upload_url")
        elif self.accepts_update is False:
            ids = ("update_omitted", "update_parts", "update_video", "update_state")
            why = f"{WITHOUT_SUBMITTING}: PUT is refused in WAIT_FILE_UPLOAD"
            self.findings.skip(why, *ids, rests_on=[answered])
            lengths = ("name_length", "contact_length", "many_tags")
            self.findings.skip("PUT is refused in WAIT_FILE_UPLOAD", *lengths)
        with self.findings.asking("confirm_twice"):
            self._confirm(urls)

    def _plain_update(self) -> dict[str, Any]:
        """All that the job is found by, and neither batch_name nor contact."""
        tags = [self.jobs.tag, *self.sent.get("tags", ())]
        return {"tags": tags, "video_multipart_count": 2}

    def _ask_kept(self) -> None:
        with self.findings.asking("update_omitted", "update_state"):
            shown = self.client.show(self.job.job_id)
            if not shown.ok:
                return
            state = shown.get("state")
            waits = "WAIT_FILE_UPLOAD" if state == "WAIT_FILE_UPLOAD" else "other"
            self.findings.note("update_state", waits, shown, detail=str(state)[:64])
            kept = {
                shown.get(name) is not None
                for name in ("batch_name", "contact")
                if name in self.sent
            }
            if kept:
                answer = "mixed" if len(kept) > 1 else "kept" if kept.pop() else "reset"
                self.findings.note("update_omitted", answer, shown)
        with self.findings.asking("update_parts"):
            if not self._parts_there:
                self.findings.skip("no part arrived before the PUT", "update_parts")
                return
            listed = self.client.command(self.job.job_id, HarmlessCommand.LIST_PARTS)
            if listed.ok:
                there = {int(n) for p in _parts(listed) if (n := str(p["part_number"])).isdigit()}
                kept_all = self._parts_there <= there
                self.findings.note("update_parts", "kept" if kept_all else "dropped", listed)
                self._parts_there = there

    def _confirm(self, urls: list[str]) -> None:
        for number, url in enumerate(urls, 1):
            if number not in self._parts_there:
                letter = "AB"[number - 1] if number <= 2 else "C"
                if not self.client.put(url, Content(SMALL_PART, letter)).ok:
                    self.findings.skip("a part was not taken", "small_parts", "confirm_twice")
                    return
        first = self.client.command(self.job.job_id, HarmlessCommand.CONFIRM_PARTS)
        if not first.ok and not first.refused:
            return
        self.small_part_confirmed = first.ok
        if not first.ok:
            self.findings.skip("the video was not confirmed", "confirm_twice", rests_on=[first])
            return
        self.findings.note("small_parts", "1 KiB", first)
        again = self.client.command(self.job.job_id, HarmlessCommand.CONFIRM_PARTS)
        self.findings.judged("confirm_twice", again)

    def ask_failed_command(self) -> None:
        """How a command is refused that cannot be carried out."""
        with self.findings.asking("failed_command"):
            answered = self.client.command(self.job.job_id, HarmlessCommand.CONFIRM_LETTER)
            status = "inside 200" if answered.status == 200 else "other"
            known = "400" if answered.status == 400 else status
            answer = "accepted" if answered.ok else known
            self.findings.note("failed_command", answer, answered, detail=answered.code)

    def ask_lengths(self) -> None:
        """Limits of texts and tags, by updates; last, because they change the job."""
        if not self.accepts_update:
            return
        plain = self._plain_update()
        with self.findings.asking("name_length"):
            self._judge_update("name_length", {**plain, "name": self.job.name.ljust(257, "n")})
        with self.findings.asking("contact_length"):
            self._judge_update("contact_length", {**plain, "contact": "0" * 65})
        with self.findings.asking("many_tags"):
            own = self.jobs.tag
            many = {**plain, "tags": [own, *(f"tag-{n}" for n in range(1, 50))]}
            long = {**plain, "tags": [own, "t" * 256]}
            answers = [self.client.update(self.job.job_id, body) for body in (many, long)]
            if all(each.ok or each.refused for each in answers):
                known = {(True, True): "both", (True, False): "many", (False, True): "long"}
                taken = (answers[0].ok, answers[1].ok)
                self.findings.note("many_tags", known.get(taken, "neither"), *answers)

    def _judge_update(self, question_id: str, body: Mapping[str, Any]) -> None:
        self.findings.judged(question_id, self.client.update(self.job.job_id, body))


def _parts(listed: Answered) -> list[Mapping[str, Any]]:
    found = listed.get("multipart_data")
    parts = found if isinstance(found, list) else []
    return [part for part in parts if isinstance(part, dict) and "part_number" in part]
