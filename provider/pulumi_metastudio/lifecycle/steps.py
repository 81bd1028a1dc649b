"""Carry out the steps of a job one by one, so that any of them can fail.

Steps are done in order and struck off; whatever is left after a failure goes into the state, and
the next run goes on from there. Nothing is confirmed or submitted while an upload is left.

Files go up beside each other as long as nothing but their bytes moves: by the first URLs, of a job
that no earlier run has worked on. What needs a look at the job, or other URLs, which replace those
of all files, is done afterwards, one file after the other.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from ..api import Command, CommandAnswer, JobDetail, UploadUrls
from ..api.states import EDITABLE, REVIEW_FAILED, WAIT_FILE_UPLOAD
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
from ..transfer import Source, fingerprint, part_count, parts_fit
from . import refusals
from .context import Context
from .journal import Entry, declaration
from .material import content, declared, differing, open_real, origin
from .progress import CONFIRM, PUT, RECREATE, SUBMIT, UPLOAD, Progress, steps
from .request_bodies import command_message, part_counts, update_request, upload_urls
from .schema import FILES, FileInput, Inputs

_log = logging.getLogger(__name__)

_SPENT_URL = (UploadFailure.USED, UploadFailure.EXPIRED, UploadFailure.SIGNATURE)


@dataclass(frozen=True)
class Edit:
    """What the step ``put`` is about.

    Attributes:
        detail: the job before.
        fields: names of the changed fields.
        files: names of the files whose content changed.
        removed: values to send for fields that are declared no longer.
        submit: whether the job is to be submitted again afterwards, whatever the service does.
    """

    detail: JobDetail
    fields: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    removed: Mapping[str, Any] = field(default_factory=dict)
    submit: bool = False


@dataclass
class StepExecutor:
    """Does what is left to do for one job.

    Attributes:
        progress: how far the job is; whoever records it reads it when ``run`` has ended.
        edit: what the step ``put`` is about; None where there is no such step.
        replaced: files of which the service may hold an earlier content.
        resumed: an earlier run may have done part of it, so the service is asked first.
        problem: what stopped the work, if anything did.
    """

    context: Context
    job_id: str
    inputs: Inputs
    progress: Progress = field(default_factory=Progress)
    edit: Edit | None = None
    replaced: frozenset[str] = frozenset()
    resumed: bool = False
    problem: MetaStudioError | None = None
    _together: bool = field(default=True, init=False)
    _spent: dict[str, UploadError] = field(default_factory=dict, init=False, repr=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def run(self) -> None:
        """Do what is pending. A failure is kept in ``problem``, not raised."""
        self._note()
        failed: list[str] = []
        while (step := self._next(failed)) is not None:
            if step.startswith(UPLOAD) and self._together:
                self._together = False
                failed = self._upload_together()
                continue
            begun = time.monotonic()
            try:
                self._do(step)
            except MetaStudioError as error:
                _log.debug("job %s: %s failed: %s", self.job_id, step, type(error).__name__)
                self.problem = self.problem or error
                if isinstance(error, JobRefusal) or not step.startswith(UPLOAD):
                    return
                failed.append(step)
            else:
                _log.debug("job %s: %s, %.3f s", self.job_id, step, time.monotonic() - begun)
                self._strike_off(step)

    def _next(self, failed: list[str]) -> str | None:
        """The next step; after a failed upload, only further uploads are worth a try."""
        for step in self.progress.pending:
            if step not in failed and (not failed or step.startswith(UPLOAD)):
                return step
        return None

    def _do(self, step: str) -> None:
        verb, _, name = step.partition(" ")
        if verb == PUT:
            self._put()
        elif verb == UPLOAD:
            self._upload(FILES[name])
        elif verb == CONFIRM:
            self._confirm(FILES[name])
        elif verb == SUBMIT:
            self._submit()
        else:
            raise AssertionError(f"nobody carries out the step {step}")

    def _strike_off(self, step: str) -> None:
        self._advance(lambda progress: progress.done(step))

    def _advance(self, change: Callable[[Progress], Progress]) -> None:
        """Go on, and note it; files that go up beside each other do so in turn."""
        with self._turn:
            self.progress = change(self.progress)
            self._note()

    def _note(self) -> None:
        """Write the progress into the journal, for a run that goes on after a kill."""
        identity = self.context.identity(self.inputs)
        if identity and PUT not in self.progress.pending:  # until then nothing has changed
            entry = Entry(
                self.job_id,
                self.context.client.project_id,
                declaration(self.inputs),
                self.progress,
            )
            self.context.journal.save(identity, entry)

    # ------------------------------------------------------------------------------- put

    def _put(self) -> None:
        """Send the complete set of fields; the answer's fresh URLs serve the files that changed."""
        edit, inputs = self._edit, self.inputs
        changed = [*edit.fields, *edit.files]
        self.context.reporter.status(f"updating {', '.join(changed)}")
        held = [name for name in edit.files if getattr(edit.detail, FILES[name].download)]
        try:
            answer = self._update(edit.detail, edit.files, held, edit.removed)
        except InvalidRequest as error:
            state = edit.detail.state
            if state in REVIEW_FAILED:
                raise
            if state == WAIT_FILE_UPLOAD and not inputs.get("existing_job_id"):
                # Nothing is billed, so the job can be made anew; the engine asks for that first.
                left = self.progress.done(PUT).pending or steps(inputs)
                self.progress = replace(self.progress, pending=(RECREATE, *left))
                raise JobRefusal(refusals.made_anew_for_an_edit(changed, error.detail)) from None
            raise JobRefusal(refusals.no_edit(changed, state, error.detail)) from None
        self.progress = replace(self.progress, urls=upload_urls(answer))
        self._plan_after(edit)

    def _plan_after(self, edit: Edit) -> None:
        """Which steps the update has made necessary."""
        files, submit = list(edit.files), edit.submit
        if edit.detail.state in EDITABLE:
            after = self._show()
            # Whether an update keeps the files it was not about is not documented: look.
            files += [
                name
                for name in self.progress.fingerprints
                if name in self.inputs
                and name not in files
                and not getattr(after, FILES[name].download)
            ]
            # Where the service takes an edited job back to its start, it waits to be submitted.
            submit = bool(submit or files or after.state == WAIT_FILE_UPLOAD)
        self.expect(files, submit=submit)

    def expect(self, files: list[str], *, submit: bool) -> None:
        """Plan to send files, and to submit the job."""
        self.replaced = frozenset(files)
        pending = set(self.progress.pending)
        if submit or pending - {PUT}:
            pending |= set(steps(self.inputs, files))
        # Until the service confirms the new content, there is no fingerprint.
        fingerprints = {n: p for n, p in self.progress.fingerprints.items() if n not in files}
        ordered = tuple(step for step in (PUT, *steps(self.inputs)) if step in pending)
        self.progress = replace(self.progress, pending=ordered, fingerprints=fingerprints)

    @property
    def _edit(self) -> Edit:
        assert self.edit is not None, "the step put needs an edit"
        return self.edit

    # ---------------------------------------------------------------------------- upload

    def _upload_together(self) -> list[str]:
        """Send the files beside each other; those whose URLs turn out to be spent stay pending.

        Returns:
            The steps that failed.
        """
        names = self.progress.waiting(UPLOAD)
        if self.resumed or len(names) < 2:
            return []
        slots = self.context.uploader.slots()

        def send(name: str) -> MetaStudioError | None:
            file, begun = FILES[name], time.monotonic()
            try:
                source = self._begin(file)
                self._arrived(file, source, self._send(file, source, resumed=False, slots=slots))
            except MetaStudioError as error:
                _log.debug("job %s: upload %s: %s", self.job_id, name, type(error).__name__)
                return error
            self._strike_off(f"{UPLOAD} {name}")
            _log.debug("job %s: upload %s, %.3f s", self.job_id, name, time.monotonic() - begun)
            return None

        with ThreadPoolExecutor(self.context.uploader.parallel) as pool:
            errors = dict(zip(names, pool.map(send, names), strict=True))
        failed = []
        for name, error in errors.items():
            if isinstance(error, UploadError) and error.failure in _SPENT_URL:
                self._spent[name] = error
            elif error:
                self.problem = self.problem or error
                failed.append(f"{UPLOAD} {name}")
        return failed

    def _upload(self, file: FileInput) -> None:
        source = open_real(self.inputs[file.name])
        if self.resumed and self._whole_file_there(file, source):
            sha256 = fingerprint(source, self.context.cache)
        else:
            source = self._begin(file)
            if self.resumed and not self._urls_fit(file, source):
                self._fresh_urls()
            sha256 = self._send_by_any_url(file, source)
        self._arrived(file, source, sha256)

    def _begin(self, file: FileInput) -> Source:
        """What is about to be sent, which is noted first."""
        self.context.reporter.status(f"uploading {file.name}")
        source = open_real(self.inputs[file.name])
        self._advance(
            lambda progress: replace(
                progress, sources={**progress.sources, file.name: source.validator}
            )
        )
        return source

    def _arrived(self, file: FileInput, source: Source, sha256: str) -> None:
        """A file arrived, with this content."""
        name = file.name
        wrong = differing(name, source, declared(self.inputs[name]), sha256)

        def change(progress: Progress) -> Progress:
            # One-time: never to be used for another content.
            urls = {n: urls for n, urls in progress.urls.items() if n != name}
            if wrong:
                # Of a video, each part is sent again where it differs.
                return progress if file.uploaded else replace(progress, urls=urls)
            fingerprints = progress.fingerprints
            return replace(
                progress,
                urls=urls,
                sent={**progress.sent, name: sha256},
                origins={**progress.origins, name: origin(source, sha256)},
                fingerprints=fingerprints if file.confirm else {**fingerprints, name: sha256},
            )

        self._advance(change)
        if wrong:
            raise wrong

    def _send_by_any_url(self, file: FileInput, source: Source) -> str:
        """Send a file, by fresh URLs if those at hand are spent; its SHA-256."""
        spent = self._spent.pop(file.name, None)
        if spent is None:
            try:
                return self._send(file, source, self.resumed)
            except UploadError as error:
                if error.failure not in _SPENT_URL:
                    raise
                spent = error
        if spent.failure is UploadFailure.USED:
            # Perhaps by an attempt of ours whose answer was lost: then it has arrived. What an
            # earlier run sent may have been another content.
            if not (file.uploaded or self.resumed) and getattr(self._show(), file.download):
                return fingerprint(source, self.context.cache)
            try:
                return self._send(file, source, resumed=True)
            except UploadError as error:
                if error.failure not in _SPENT_URL:
                    raise
        self.context.reporter.status(f"{spent}; asking for fresh URLs")
        self._fresh_urls()
        return self._send(file, source, resumed=True)

    def _send(
        self,
        file: FileInput,
        source: Source,
        resumed: bool,
        slots: threading.Semaphore | None = None,
    ) -> str:
        urls = self.progress.urls.get(file.name)
        if not urls:
            raise InputError(f"{file.name}: the service gave no upload URL for it; remove it")
        done = self._parts_there(file, source, len(urls)) if resumed else frozenset()
        sha256 = self.context.uploader.send(
            *(file.name, source, urls, file.content_type, self.context.reporter, done, slots)
        )
        self.context.cache.put(source, sha256)
        return sha256

    def _urls_fit(self, file: FileInput, source: Source) -> bool:
        """Whether the URLs at hand, if any, serve a file that may have changed since."""
        count = len(self.progress.urls.get(file.name, ()))
        part_size = self.context.client.settings.part_size
        return bool(count) and (
            parts_fit(source.size, count) or count == part_count(source.size, part_size)
        )

    def _whole_file_there(self, file: FileInput, source: Source) -> bool:
        """Whether a file that has no parts arrived before the run that sent it was killed."""
        begun = self.progress.sources.get(file.name)
        unchanged = source.validator and begun == source.validator
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
        current = self._show()
        waiting = self.progress.waiting(UPLOAD)
        there = [name for name in waiting if getattr(current, FILES[name].download)]
        try:
            answer = self._update(current, waiting, {*self.replaced, *there})
        except InvalidRequest as error:
            adopted = bool(self.inputs.get("existing_job_id"))  # not made here, nor made anew here
            if not adopted:
                self.progress = self.progress.first(RECREATE)
            raise JobRefusal(refusals.urls_spent(self.job_id, error.detail, adopted)) from None
        self.progress = replace(self.progress, urls=upload_urls(answer))
        self._note()

    # ----------------------------------------------------------------- confirm and submit

    def _confirm(self, file: FileInput) -> None:
        self.context.reporter.status(f"confirming {file.name}")
        try:
            self._command(str(file.confirm), file.confirm_purpose)
        except (CommandFailed, InvalidRequest, AnswerLost) as error:
            # The letter's confirmation is newer than the tutorial that does without it. A video
            # may have been confirmed by a call whose answer was lost; where an earlier one was
            # there before, its presence proves nothing.
            earlier = self.resumed or file.name in self.replaced
            if file.parts and (earlier or not getattr(self._show(), file.download)):
                if isinstance(error, CommandFailed):
                    # An update may have dropped parts: the next run looks, and sends them.
                    self.progress = self.progress.first(f"{UPLOAD} {file.name}")
                raise
        sha256, origins = self.progress.sent.get(file.name), self.progress.origins
        if sha256 is None:  # uploaded by an earlier run that could not confirm
            sha256, seen = content(self.inputs, file.name, self.context.cache)
            origins = {**origins, file.name: seen}
        fingerprints = {**self.progress.fingerprints, file.name: sha256}
        self.progress = replace(self.progress, fingerprints=fingerprints, origins=origins)

    def _submit(self) -> None:
        self.context.reporter.status("submitting for review")
        # Noted before: after a kill in between, the job's state tells whether it happened.
        self.progress = replace(self.progress, submitted=True)
        self._note()
        try:
            self._command("SUBMITVERIFYING")
        except (CommandFailed, AnswerLost):
            # Submitting is irreversible: check the state before it is tried again.
            if self._show().state in EDITABLE:
                self.progress = replace(self.progress, submitted=False)
                raise

    # --------------------------------------------------------------------------- requests

    def _update(
        self,
        current: JobDetail,
        files: list[str] | tuple[str, ...],
        replaced: set[str] | list[str],
        removed: Mapping[str, Any] | None = None,
    ) -> UploadUrls:
        counts = part_counts(self.inputs, self.context.client.settings.part_size, files)
        message = command_message(files, replaced)
        body = update_request(self.inputs, counts, current, removed, message)
        return self.context.client.update_job(self.job_id, body, app_user_id=self._app_user)

    def _command(self, command: str, message: str | None = None) -> CommandAnswer:
        body = Command(command=command, command_message=message)
        return self.context.client.command(self.job_id, body, app_user_id=self._app_user)

    def _show(self) -> JobDetail:
        return self.context.client.show_job(self.job_id, app_user_id=self._app_user)

    @property
    def _app_user(self) -> str | None:
        user: str | None = self.inputs.get("app_user_id")
        return user
