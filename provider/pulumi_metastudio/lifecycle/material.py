"""Bring a job's files to the service and submit it, step by step, so that any step can fail.

The steps that are left are data (``pending``): ``upload training_video``, ``confirm
training_video``, ``submit``. They are done in order and struck off one by one; whatever is left
after a failure goes into the state, and the next run goes on from there. Nothing is submitted
while anything before it is left.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..api import Command, CommandAnswer, JobDetail, UploadUrls
from ..api.states import EDITABLE
from ..errors import (
    AnswerLost,
    CommandFailed,
    InputError,
    InvalidRequest,
    JobRefusal,
    MetaStudioError,
    UploadError,
    UploadFailure,
)
from ..transfer import Source, fingerprint, open_source, part_count, parts_fit
from .context import Context
from .journal import Entry, declaration
from .plan import RECREATE
from .requests import command_message, update_request
from .schema import FILES, FileInput, Inputs

__all__ = ["SUBMIT", "Material", "addresses", "part_counts", "resume", "steps"]

SUBMIT = "submit"
_SPENT_URL = (UploadFailure.USED, UploadFailure.EXPIRED, UploadFailure.SIGNATURE)


def steps(inputs: Inputs, files: list[str] | None = None) -> list[str]:
    """The steps for ``files`` (all declared ones by default), in the order they must go."""
    chosen = [name for name in FILES if name in inputs and (files is None or name in files)]
    todo = [f"upload {name}" for name in chosen]
    todo += [f"confirm {name}" for name in chosen if FILES[name].confirm]
    return [*todo, SUBMIT] if inputs.get("submit", True) else todo


def part_counts(inputs: Inputs, part_size: int) -> dict[str, int]:
    """The request fields that say in how many parts each declared video will come."""
    return {
        file.parts: part_count(open_source(inputs[file.name]).size, part_size)
        for file in FILES.values()
        if file.parts and file.name in inputs
    }


def addresses(answer: UploadUrls) -> dict[str, list[str]]:
    """Upload URLs by input name."""
    found = {name: getattr(answer, file.upload) for name, file in FILES.items()}
    return {n: [u] if isinstance(u, str) else list(u) for n, u in found.items() if u}


@dataclass
class Material:
    """The files of one job on their way.

    Attributes:
        pending: steps that are left.
        urls: unused upload URLs by input name; bearer secrets.
        fingerprints: SHA-256 by input name, of what the service has confirmed.
        sent: SHA-256 by input name, of what arrived and may not be confirmed yet.
        sources: validator by input name, of what was about to be sent.
        replaced: files of which the service may hold an earlier content.
        resumed: an earlier run may have done part of it, so the service is asked first.
        submitted: whether the job was, or was about to be, submitted by this.
        reviews: how many reviews of the job had failed before this.
        serial: names this operation in the journal and in the state.
        problem: what stopped the work, if anything did.
    """

    context: Context
    job_id: str
    inputs: Inputs
    pending: list[str]
    urls: dict[str, list[str]] = field(default_factory=dict, repr=False)
    fingerprints: dict[str, str] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    replaced: frozenset[str] = frozenset()
    resumed: bool = False
    submitted: bool = False
    reviews: int = 0
    serial: str = field(default_factory=lambda: uuid.uuid4().hex)
    problem: MetaStudioError | None = None

    def work(self) -> None:
        """Do what is pending. A failure is kept in :attr:`problem`, not raised."""
        failed = False
        self.note()
        for step in list(self.pending):
            verb, _, name = step.partition(" ")
            if failed and not step.startswith("upload"):
                break  # nothing is confirmed or submitted before all files are there
            try:
                if verb == "upload":
                    self._upload(FILES[name])
                elif verb == "confirm":
                    self._confirm(FILES[name])
                elif verb == SUBMIT:
                    self._submit()
            except MetaStudioError as problem:
                failed = True
                self.problem = self.problem or problem
                if isinstance(problem, JobRefusal):
                    return
                continue
            self.pending.remove(step)
            self.note()

    def kept(self) -> dict[str, Any]:
        """What the state keeps of this."""
        waiting = {step.partition(" ")[2] for step in self.pending}
        return {
            "__journal": self.serial,
            "pending": list(self.pending),
            "fingerprints": dict(self.fingerprints),
            "__sent": {name: sha256 for name, sha256 in self.sent.items() if name in waiting},
            "__upload_urls": self._needed_urls(),
        }

    def _needed_urls(self) -> dict[str, list[str]]:
        """The URLs of what is still to be sent: no bearer secret is kept without need."""
        return {n: urls for n, urls in self.urls.items() if f"upload {n}" in self.pending}

    def note(self) -> None:
        """Write into the journal how far this is, for a run that goes on after a kill."""
        identity = self.context.identity(self.inputs)
        if identity:
            entry = Entry(
                self.job_id,
                self.context.client.project_id,
                declaration(self.inputs),
                self._needed_urls(),
                self.fingerprints,
                self.sent,
                self.sources,
                self.submitted,
                self.reviews,
                self.serial,
            )
            self.context.journal.save(identity, entry)

    def _upload(self, file: FileInput) -> None:
        self.context.reporter.status(f"uploading {file.name}")
        source = open_source(self.inputs[file.name])
        if self.resumed and self._whole_file_there(file, source):
            sha256 = fingerprint(source, self.context.cache)
        else:
            self.sources[file.name] = source.validator
            if self.resumed and not self._urls_fit(file, source):
                self._fresh_urls()
            self.note()
            sha256 = self._sent(file, source)
            self.context.cache.put(source, sha256)
        self.urls.pop(file.name, None)  # one-time: never to be used for another content
        self.sent[file.name] = sha256
        if not file.confirm:
            self.fingerprints[file.name] = sha256

    def _sent(self, file: FileInput, source: Source) -> str:
        """Send a file, by fresh URLs if those at hand are spent; its SHA-256."""
        try:
            return self._send(file, source, self.resumed)
        except UploadError as problem:
            if problem.failure not in _SPENT_URL:
                raise
            spent = problem
        if spent.failure is UploadFailure.USED:
            # Perhaps by an attempt of ours whose answer was lost: then it has arrived. What an
            # earlier run sent may have been another content.
            if not (file.uploaded or self.resumed) and getattr(self._show(), file.download):
                return fingerprint(source, self.context.cache)
            try:
                return self._send(file, source, resumed=True)
            except UploadError as problem:
                if problem.failure not in _SPENT_URL:
                    raise
        self.context.reporter.status(f"{spent}; asking for fresh URLs")
        self._fresh_urls()
        return self._send(file, source, resumed=True)

    def _send(self, file: FileInput, source: Source, resumed: bool) -> str:
        urls = self.urls.get(file.name)
        if not urls:
            raise InputError(f"{file.name}: the service gave no upload URL for it; remove it")
        done = self._parts_there(file, source, len(urls)) if resumed else frozenset()
        return self.context.uploader.send(
            file.name, source, urls, file.content_type, self.context.reporter, done
        )

    def _urls_fit(self, file: FileInput, source: Source) -> bool:
        """Whether the URLs at hand, if any, serve a file that may have changed since."""
        count = len(self.urls.get(file.name, ()))
        part_size = self.context.client.settings.part_size
        return bool(count) and (
            parts_fit(source.size, count) or count == part_count(source.size, part_size)
        )

    def _whole_file_there(self, file: FileInput, source: Source) -> bool:
        """Whether a file that has no parts arrived before the run that sent it was killed."""
        unchanged = source.validator and self.sources.get(file.name) == source.validator
        return bool(not file.uploaded and unchanged and getattr(self._show(), file.download))

    def _parts_there(self, file: FileInput, source: Source, count: int) -> frozenset[int]:
        """The parts that the service holds and whose content is the source's."""
        if not file.uploaded:
            return frozenset()
        answer = self._command(file.uploaded, file.purpose)
        etags = {part.part_number: part.etag for part in answer.multipart_data if part.etag}
        return self.context.uploader.matching_parts(file.name, source, count, etags)

    def _fresh_urls(self) -> None:
        """Ask for new URLs by an update, which one document allows in this state and one forbids.

        Raises:
            JobRefusal: it is forbidden; the job must be made anew.
        """
        client = self.context.client
        counts = part_counts(self.inputs, client.settings.part_size)
        current = self._show()
        waiting = [name for name in FILES if f"upload {name}" in self.pending]
        there = [name for name in waiting if getattr(current, FILES[name].download)]
        message = command_message(waiting, {*self.replaced, *there})
        body = update_request(self.inputs, counts, current, message=message)
        try:
            answer = client.update_job(self.job_id, body, app_user_id=self._app_user)
        except InvalidRequest as problem:
            spent = (
                f"the upload URLs of job {self.job_id} are spent and the service gives no new "
                f"ones ({problem.detail})"
            )
            if self.inputs.get("existing_job_id"):  # not made here, so not made anew here
                raise JobRefusal(f"{spent}: upload the rest at the console") from None
            self.pending.insert(0, RECREATE)
            raise JobRefusal(
                f"{spent}: the next run makes the job anew, nothing was billed"
            ) from None
        self.urls = addresses(answer)
        self.note()

    def _confirm(self, file: FileInput) -> None:
        self.context.reporter.status(f"confirming {file.name}")
        try:
            self._command(str(file.confirm), file.confirm_purpose)
        except (CommandFailed, InvalidRequest, AnswerLost) as problem:
            # The letter's confirmation is newer than the tutorial that does without it. A video
            # may have been confirmed by a call whose answer was lost; where an earlier one was
            # there before, its presence tells nothing.
            earlier = self.resumed or file.name in self.replaced
            if file.parts and (earlier or not getattr(self._show(), file.download)):
                if isinstance(problem, CommandFailed):
                    # An update may have dropped parts: the next run looks, and sends them.
                    self.pending.insert(0, f"upload {file.name}")
                raise
        sha256 = self.sent.get(file.name)
        if sha256 is None:  # uploaded by an earlier run that could not confirm
            sha256 = fingerprint(open_source(self.inputs[file.name]), self.context.cache)
        self.fingerprints[file.name] = sha256

    def _submit(self) -> None:
        self.context.reporter.status("submitting for review")
        # Noted before: after a kill in between, the job's state tells whether it happened.
        self.submitted = True
        self.note()
        try:
            self._command("SUBMITVERIFYING")
        except (CommandFailed, AnswerLost):
            # The point of no return is never passed twice: look whether it has been passed.
            if self._show().state in EDITABLE:
                self.submitted = False
                raise

    def _command(self, command: str, message: str | None = None) -> CommandAnswer:
        body = Command(command=command, command_message=message)
        return self.context.client.command(self.job_id, body, app_user_id=self._app_user)

    def _show(self) -> JobDetail:
        return self.context.client.show_job(self.job_id, app_user_id=self._app_user)

    @property
    def _app_user(self) -> str | None:
        user: str | None = self.inputs.get("app_user_id")
        return user


def resume(context: Context, job_id: str, inputs: Inputs, old: Mapping[str, Any]) -> Material:
    """The material of a job as its recorded outputs left it."""
    return Material(
        context,
        job_id,
        inputs,
        pending=[step for step in steps(inputs) if step in (old.get("pending") or [])],
        urls={name: list(urls) for name, urls in (old.get("__upload_urls") or {}).items()},
        fingerprints=dict(old.get("fingerprints") or {}),
        sent=dict(old.get("__sent") or {}),
        resumed=bool(old.get("pending")),
    )
