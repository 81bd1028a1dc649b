"""The second and the third job: names, editions, one part, order, sub-users, deletion."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..client import HarmlessCommand, ProbeClient
from ..exchanges import Answered, Content
from ..findings import WITHOUT_SUBMITTING, Findings
from ..own_jobs import APP_USER, OwnJob, OwnJobs
from ..questions import LARGER_PART, SMALL_PART
from .first_job import FirstJob

_STRANGER = "metastudio-probe-other"
_VOICE = {"job_tag": "NEWS", "sex": "FEMALE", "language": "CN"}
#: The service tells times in whole seconds.
_ONE_SECOND_LATER = 1.1


@dataclass
class OtherJobs:
    """Questions that need jobs beside the first."""

    client: ProbeClient
    findings: Findings
    jobs: OwnJobs
    first: FirstJob

    def ask_second(self) -> None:
        """A job with the first one's name, a video in one part, and an action video in two."""
        counts = {"video_multipart_count": 1, "action_video_multipart_count": 2}
        other = {"name": f"metastudio-probe-{self.jobs.run_id}-2", **counts}
        time.sleep(_ONE_SECOND_LATER)
        made = self._made("duplicate_name", {"name": self.first.job.name, **counts}, other)
        if made is None:
            why = "no second job was made"
            self.findings.skip(why, "default_order", "one_part", "action_parts", "update_video")
            return
        job = _own(made)
        with self.findings.asking("default_order"):
            self._ask_order(job)
        self._ask_action(job, made)
        # Last: its PUT may make all URLs of the creation useless.
        self._ask_one_part(job, made)

    def _made(
        self,
        question_id: str,
        trial: Mapping[str, Any],
        plain: Mapping[str, Any],
        app_user_id: str = "",
    ) -> Answered | None:
        """Try a creation that may be refused, else the plain one; None when neither makes a job."""
        with self.findings.asking(question_id):
            tried = self.jobs.create(trial, app_user_id=app_user_id)
            if _has_id(tried):
                self.findings.note(question_id, "accepted", tried)
                return tried
            if not tried.refused:
                self.findings.skip(f"the service answered {tried.shown()}", question_id)
            made = self.jobs.create(plain, app_user_id=app_user_id)
            if made.ok and tried.refused:
                self.findings.note(question_id, "refused", tried, made)
            # It was not for what was tried.
            self.findings.skip("a plain creation is refused too", question_id, rests_on=[made])
            return made if _has_id(made) else None
        return None

    def _ask_order(self, job: OwnJob) -> None:
        listed = self.client.list_jobs(tag=self.jobs.tag, limit=100)
        times = {
            str(each.get("job_id")): str(each.get("last_update_time") or each.get("create_time"))
            for each in listed.jobs()
        }
        pair = [each for each in times if each in (self.first.job.job_id, job.job_id)]
        if len(pair) != 2:
            self.findings.skip("the list shows not both jobs", "default_order", rests_on=[listed])
        elif times[pair[0]] == times[pair[1]]:
            why = "both jobs were updated in the same second"
            self.findings.skip(why, "default_order", rests_on=[listed])
        else:
            newest = times[pair[0]] > times[pair[1]]
            answer = "newest first" if newest else "oldest first"
            self.findings.note("default_order", answer, listed)

    def _ask_one_part(self, job: OwnJob, made: Answered) -> None:
        urls = made.texts("training_video_upload_url")
        with self.findings.asking("one_part", "update_video"):
            if len(urls) != 1:
                why = f"one part was asked for, and {len(urls)} URLs given"
                self.findings.skip(why, "one_part", "update_video")
                return
            named = {"partnumber", "uploadid"} & {
                n.lower() for n in parse_qs(urlsplit(urls[0]).query)
            }
            self.findings.note("one_part", "part" if named else "whole", made)
            if not self.client.put(urls[0], Content(SMALL_PART)).ok:
                self.findings.skip("the video was not taken", "update_video")
                return
            confirmed = self.client.command(job.job_id, HarmlessCommand.CONFIRM_PARTS)
            if not confirmed.ok:
                why = "the video was not confirmed"
                self.findings.skip(why, "update_video", rests_on=[confirmed])
                return
            self._ask_video_kept(job)

    def _ask_video_kept(self, job: OwnJob) -> None:
        before = self.client.show(job.job_id)
        if not before.get("training_video_download_url"):
            why = "Show tells nothing of the video"
            self.findings.skip(why, "update_video", rests_on=[before])
            return
        updated = self.client.update(
            job.job_id, {"tags": [self.jobs.tag], "video_multipart_count": 1}
        )
        if not updated.ok:
            why = f"{WITHOUT_SUBMITTING}: PUT is refused in WAIT_FILE_UPLOAD"
            self.findings.skip(why, "update_video", rests_on=[updated])
            return
        after = self.client.show(job.job_id)
        if after.ok:
            kept = after.get("training_video_download_url") is not None
            self.findings.note("update_video", "kept" if kept else "dropped", after)

    def _ask_action(self, job: OwnJob, made: Answered) -> None:
        urls = made.texts("action_video_upload_url")
        with self.findings.asking("action_parts", "small_parts"):
            if len(urls) != 2:
                why = f"two parts of an action video were asked for, and {len(urls)} URLs given"
                self.findings.skip(why, "action_parts", "small_parts")
                return
            doubtful = self.first.small_part_confirmed is False
            size = LARGER_PART if doubtful else SMALL_PART
            if not self.client.put(urls[0], Content(size, "C")).ok:
                return
            listed = self.client.command(job.job_id, HarmlessCommand.LIST_ACTION_PARTS)
            known = "parts" if listed.get("multipart_data") else "neither"
            known = "urls" if listed.texts("action_video_upload_url") else known
            self.findings.note("action_parts", known if listed.ok else "refused", listed)
            if doubtful and self.client.put(urls[1], Content(SMALL_PART, "D")).ok:
                confirmed = self.client.command(job.job_id, HarmlessCommand.CONFIRM_ACTION_PARTS)
                if confirmed.ok or confirmed.refused:
                    answer = "100 KiB" if confirmed.ok else "neither"
                    self.findings.note("small_parts", answer, confirmed)

    def ask_third(self) -> None:
        """A job of a sub-user, tried with a field of the other edition; deleted twice."""
        plain = {"name": f"metastudio-probe-{self.jobs.run_id}-3", "video_multipart_count": 1}
        trial = {**plain, "voice_properties": _VOICE}
        made = self._made("edition_rules", trial, plain, APP_USER)
        if made is None:
            self.findings.skip(
                "no third job was made", "other_user", "second_delete", "deleted_job"
            )
            return
        job = _own(made)
        with self.findings.asking("other_user"):
            self._ask_users(job)
        with self.findings.asking("second_delete", "deleted_job"):
            self._ask_deletion(job)

    def _ask_users(self, job: OwnJob) -> None:
        answers: list[Answered] = []
        seen: list[tuple[bool, bool]] = []
        for user in (APP_USER, "", _STRANGER):
            shown = self.client.show(job.job_id, app_user_id=user)
            listed = self.client.list_jobs(job_id=job.job_id, app_user_id=user)
            answers += [shown, listed]
            seen.append((shown.ok, any(j.get("job_id") == job.job_id for j in listed.jobs())))
        known: Mapping[Any, str] = {
            ((True, True), (True, True), (True, True)): "nothing hidden",
            ((True, True), (True, True), (False, False)): "hidden from others",
            ((True, True), (False, False), (False, False)): "hidden",
        }
        self.findings.note("other_user", known.get(tuple(seen), "mixed"), *answers)

    def _ask_deletion(self, job: OwnJob) -> None:
        user = job.app_user_id
        first, second = (self.client.delete(job.job_id, app_user_id=user) for _ in range(2))
        if not first.ok:
            why = f"a job that waits for files was not deleted: {first.shown()}"
            self.findings.skip(why, "second_delete", "deleted_job", rests_on=[first])
            return
        status = str(second.status)
        answer = "alike" if second.ok else status if status in ("400", "404") else "other"
        self.findings.note("second_delete", answer, first, second, detail=second.code)
        shown = self.client.show(job.job_id, app_user_id=user)
        listed = self.client.list_jobs(job_id=job.job_id, app_user_id=user)
        gone = shown.refused and not listed.jobs()
        answer = "as unknown" if gone else "shown" if shown.ok else "other"
        detail = str(shown.get("state") or shown.code)
        self.findings.note("deleted_job", answer, shown, listed, detail=detail)


def _has_id(created: Answered) -> bool:
    return created.ok and isinstance(created.get("job_id"), str)


def _own(created: Answered) -> OwnJob:
    name = (created.asked.body or {}).get("name", "")
    return OwnJob(str(created.get("job_id")), created.asked.app_user_id, str(name))
