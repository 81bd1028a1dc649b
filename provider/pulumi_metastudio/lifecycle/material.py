"""Bring a job's files to the service and submit it, step by step, so that any step can fail.

The steps that are left are data (``pending``): ``upload training_video``, ``confirm
training_video``, ``submit``. They are done in order and struck off one by one; whatever is left
after a failure goes into the state, and the next run goes on from there. Nothing is submitted
while anything before it is left.
"""

from __future__ import annotations

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
from ..transfer import Source, fingerprint, open_source, part_count
from .context import Context
from .plan import RECREATE
from .requests import update_request
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
        problem: what stopped the work, if anything did.
    """

    context: Context
    job_id: str
    inputs: Inputs
    pending: list[str]
    urls: dict[str, list[str]] = field(default_factory=dict, repr=False)
    fingerprints: dict[str, str] = field(default_factory=dict)
    problem: MetaStudioError | None = None
    _sent: dict[str, str] = field(default_factory=dict)

    def work(self, *, resumed: bool = False) -> None:
        """Do what is pending. A failure is kept in :attr:`problem`, not raised.

        Args:
            resumed: an earlier run may have done part of it, so ask the service first.
        """
        failed = False
        for step in list(self.pending):
            verb, _, name = step.partition(" ")
            if failed and not step.startswith("upload"):
                break  # nothing is confirmed or submitted before all files are there
            try:
                if verb == "upload":
                    self._upload(FILES[name], resumed)
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

    def kept(self) -> dict[str, Any]:
        """What the state keeps of this."""
        return {
            "pending": list(self.pending),
            "fingerprints": dict(self.fingerprints),
            "__upload_urls": {
                name: urls for name, urls in self.urls.items() if f"upload {name}" in self.pending
            },
        }

    def _upload(self, file: FileInput, resumed: bool) -> None:
        reporter = self.context.reporter
        source = open_source(self.inputs[file.name])
        reporter.status(f"uploading {file.name}")
        if file.name not in self.urls:
            self._fresh_urls()
        try:
            sha256 = self._send(file, source, resumed)
        except UploadError as problem:
            if problem.failure not in _SPENT_URL:
                raise
            if problem.failure is UploadFailure.USED and self._arrived(file):
                # An attempt of ours whose answer was lost: the service has the file.
                sha256 = fingerprint(source, self.context.cache)
            else:
                reporter.status(f"{problem}; asking for fresh URLs")
                self._fresh_urls()
                sha256 = self._send(file, source, resumed=True)
        self.context.cache.put(source, sha256)
        self._sent[file.name] = sha256
        if not file.confirm:
            self.fingerprints[file.name] = sha256

    def _send(self, file: FileInput, source: Source, resumed: bool) -> str:
        urls = self.urls.get(file.name)
        if not urls:
            raise InputError(f"{file.name}: the service gave no upload URL for it; remove it")
        done = self._parts_there(file, source, len(urls)) if resumed else frozenset()
        return self.context.uploader.send(
            file.name, source, urls, file.content_type, self.context.reporter, done
        )

    def _parts_there(self, file: FileInput, source: Source, count: int) -> frozenset[int]:
        """The parts that the service holds and whose content is the source's."""
        if not file.uploaded:
            return frozenset()
        answer = self._command(file.uploaded)
        etags = {part.part_number: part.etag for part in answer.multipart_data if part.etag}
        return self.context.uploader.matching_parts(file.name, source, count, etags)

    def _arrived(self, file: FileInput) -> bool:
        if file.uploaded:
            return bool(self._command(file.uploaded).multipart_data)
        return bool(getattr(self._show(), file.download))

    def _fresh_urls(self) -> None:
        """Ask for new URLs by an update, which one document allows in this state and one forbids.

        Raises:
            JobRefusal: it is forbidden; the job must be made anew.
        """
        client = self.context.client
        counts = part_counts(self.inputs, client.settings.part_size)
        body = update_request(self.inputs, counts)
        try:
            answer = client.update_job(self.job_id, body, app_user_id=self._app_user)
        except InvalidRequest as problem:
            self.pending.insert(0, RECREATE)
            raise JobRefusal(
                f"the upload URLs of job {self.job_id} are spent and the service gives no new "
                f"ones ({problem.detail}): the next run makes the job anew, nothing was billed"
            ) from None
        self.urls = addresses(answer)

    def _confirm(self, file: FileInput) -> None:
        self.context.reporter.status(f"confirming {file.name}")
        try:
            self._command(str(file.confirm))
        except (CommandFailed, AnswerLost):
            # The letter's confirmation is newer than the tutorial that does without it. A video
            # may have been confirmed by a call whose answer was lost.
            if file.parts and not getattr(self._show(), file.download):
                raise
        sha256 = self._sent.get(file.name)
        if sha256 is None:  # uploaded by an earlier run that could not confirm
            sha256 = fingerprint(open_source(self.inputs[file.name]), self.context.cache)
        self.fingerprints[file.name] = sha256

    def _submit(self) -> None:
        self.context.reporter.status("submitting for review")
        try:
            self._command("SUBMITVERIFYING")
        except (CommandFailed, AnswerLost):
            # The point of no return is never passed twice: look whether it has been passed.
            if self._show().state in EDITABLE:
                raise

    def _command(self, command: str) -> CommandAnswer:
        return self.context.client.command(
            self.job_id, Command(command=command), app_user_id=self._app_user
        )

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
    )
