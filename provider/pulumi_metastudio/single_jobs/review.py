"""The user's review of a result: accept it, reject it, talk with the reviewers, have it mended.

Most of these commands are for whitelisted tenants, whose trained jobs wait in WAIT_USER_CONFIRM.
No document lists the states that each is for; the sets below are what the descriptions of
commands and states imply. In a state that nobody knows the service decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from ..api import Command, CommandAnswer, CommentData, JobDetail
from ..api.states import (
    EDITABLE,
    JOB_FINISH,
    JOB_PENDING,
    JOB_SUCCESS,
    KNOWN,
    WAIT_USER_CONFIRM,
)
from ..errors import InputError, JobRefusal, UploadError
from ..lifecycle.context import Context
from ..transfer import Source, open_source

_JOB_REJECT = "JOB_REJECT"
_LONGEST = 2048


@dataclass(frozen=True)
class _Decision:
    """A command, the states it is for, and these states in words."""

    command: str
    states: frozenset[str]
    rule: str


DECISIONS = {
    # For good: a job that is accepted changes no more.
    "accept": _Decision(
        "CONFIRM_ACCEPT",
        frozenset({WAIT_USER_CONFIRM}),
        "accepted: only one that waits for its user's review (WAIT_USER_CONFIRM) can",
    ),
    # With a reason: an administrator works on it again.
    "reject": _Decision(
        "CONFIRM_REJECT",
        frozenset({WAIT_USER_CONFIRM}),
        "rejected: only one that waits for its user's review (WAIT_USER_CONFIRM) can",
    ),
    "answer": _Decision(
        "CONFIRM_ANSWER",
        frozenset({WAIT_USER_CONFIRM, _JOB_REJECT}),
        "answered: only one in review (WAIT_USER_CONFIRM) or rejected (JOB_REJECT) can",
    ),
    "suspend": _Decision(
        "CONFIRM_PENDING",
        KNOWN - EDITABLE - {JOB_PENDING, JOB_SUCCESS, JOB_FINISH},
        "suspended: only one that was submitted and is not over can",
    ),
    "resume": _Decision(
        "CONFIRM_ACTIVE",
        frozenset({JOB_PENDING}),
        "resumed: only a suspended one (JOB_PENDING) can",
    ),
    # The model trains again, which a Flexus job can a few times only.
    "repair": _Decision(
        "CONFIRM_REPAIR",
        frozenset({WAIT_USER_CONFIRM, JOB_SUCCESS}),
        "repaired: only one with a result (JOB_SUCCESS, WAIT_USER_CONFIRM) can",
    ),
}


def decide(
    context: Context,
    job_id: str,
    decision: str,
    *,
    title: str | None = None,
    message: str | None = None,
    attachments: Sequence[str] = (),
    reason: str | None = None,
    app_user_id: str | None = None,
) -> JobDetail:
    """Carry a decision out; returns the job as it is then.

    Args:
        decision: one of ``DECISIONS``.
        title: of the comment that goes along with ``reject`` and ``answer``, as do ``message``
            and ``attachments``, which are paths or URLs of files that show what is meant.
        reason: what ``repair`` is to improve.

    Raises:
        InputError: a text is too long, or an attachment cannot be read; nothing was sent.
        JobRefusal: there is no such job, or its state does not allow it.
        CommandFailed: the service did not do it.
        UploadError: it is in force, but not all attachments have arrived.
    """
    files = _checked(attachments, title=title, message=message, reason=reason)
    rule = DECISIONS[decision]
    comment = CommentData(
        comment_title=title, comment_message=message, attachment_name=list(files) or None
    )
    command = Command(
        command=rule.command,
        comment_data=comment if message is not None else None,
        operation_reason=reason,
    )
    before = context.client.find_job(job_id, app_user_id=app_user_id)
    if before is None:
        raise JobRefusal(f"the service has no training job {job_id}")
    if before.state in KNOWN and before.state not in rule.states:
        raise JobRefusal(f"job {job_id} is in state {before.state} and cannot be {rule.rule}")
    answer = context.client.command(job_id, command, app_user_id=app_user_id)
    if files:
        _send(context, rule.command, files, answer)
    return context.client.show_job(job_id, app_user_id=app_user_id)


def _checked(attachments: Sequence[str], **texts: str | None) -> dict[str, Source]:
    """The attachments by file name; texts that are too long are refused."""
    for name, text in texts.items():
        if text and len(text) > _LONGEST:
            raise InputError(f"{name} has {len(text)} characters: at most {_LONGEST} are allowed")
    files = {_file_name(location): open_source(location) for location in attachments}
    if len(files) < len(attachments):
        raise InputError("attachments: two have the same file name: rename one")
    return files


def _send(context: Context, command: str, files: dict[str, Source], answer: CommandAnswer) -> None:
    """Send attachments to the URLs of the answer, which are in the order of the names."""
    urls = answer.attachment_upload_url
    done = f"{command} is carried out all the same; send what is missing with an answer"
    if len(urls) != len(files):
        raise JobRefusal(
            f"the service gave {len(urls)} URLs for {len(files)} attachments, none was sent; {done}"
        )
    for (name, source), url in zip(files.items(), urls, strict=True):
        try:
            context.uploader.send(name, source, [url], "application/octet-stream", context.reporter)
        except UploadError as error:
            raise UploadError(name, error.failure, done) from error


def _file_name(location: str) -> str:
    """The last part of a path or URL."""
    path = urlsplit(location).path if "://" in location else location.replace("\\", "/")
    return PurePosixPath(path).name or "attachment"
