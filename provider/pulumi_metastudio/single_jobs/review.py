"""The user's review of a result: accept it, reject it, talk with the reviewers, have it mended.

Most of these commands are for whitelisted tenants, whose trained jobs wait in WAIT_USER_CONFIRM.
No document lists the states that each is for; the sets below are what the descriptions of
commands and states imply. In a state that nobody knows the service decides.
"""

from __future__ import annotations

from collections.abc import Sequence
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

_STATES = {
    "CONFIRM_ACCEPT": frozenset({WAIT_USER_CONFIRM}),
    "CONFIRM_REJECT": frozenset({WAIT_USER_CONFIRM}),
    "CONFIRM_ANSWER": frozenset({WAIT_USER_CONFIRM, _JOB_REJECT}),
    "CONFIRM_PENDING": KNOWN - EDITABLE - {JOB_PENDING, JOB_SUCCESS, JOB_FINISH},
    "CONFIRM_ACTIVE": frozenset({JOB_PENDING}),
    "CONFIRM_REPAIR": frozenset({WAIT_USER_CONFIRM, JOB_SUCCESS}),
}

_WORDS = {
    "CONFIRM_ACCEPT": "accepted: only one that waits for its user's review (WAIT_USER_CONFIRM) can",
    "CONFIRM_REJECT": "rejected: only one that waits for its user's review (WAIT_USER_CONFIRM) can",
    "CONFIRM_ANSWER": "answered: only one in review (WAIT_USER_CONFIRM) or rejected (JOB_REJECT) "
    "can",
    "CONFIRM_PENDING": "suspended: only one that was submitted and is not over can",
    "CONFIRM_ACTIVE": "resumed: only a suspended one (JOB_PENDING) can",
    "CONFIRM_REPAIR": "repaired: only one with a result (JOB_SUCCESS, WAIT_USER_CONFIRM) can",
}


def accept(context: Context, job_id: str, *, app_user_id: str | None = None) -> JobDetail:
    """Accept a result, for good; returns the job as it is then.

    Raises:
        JobRefusal: there is no such job, or its state does not allow it. So do all of these.
        CommandFailed: the service did not do it. So do all of these.
    """
    return _execute(context, job_id, Command(command="CONFIRM_ACCEPT"), app_user_id)


def reject(
    context: Context,
    job_id: str,
    title: str,
    message: str,
    attachments: Sequence[str] = (),
    *,
    app_user_id: str | None = None,
) -> JobDetail:
    """Reject a result with a reason: an administrator works on it again.

    Args:
        attachments: paths or URLs of files that show what is wrong.

    Raises:
        InputError: a text is too long, or an attachment cannot be read; nothing was sent.
        UploadError: the rejection is in force, but not all attachments have arrived.
    """
    return _comment(context, "CONFIRM_REJECT", job_id, title, message, attachments, app_user_id)


def answer(
    context: Context,
    job_id: str,
    title: str,
    message: str,
    attachments: Sequence[str] = (),
    *,
    app_user_id: str | None = None,
) -> JobDetail:
    """Answer a comment of the reviewers; arguments and errors are those of ``reject``."""
    return _comment(context, "CONFIRM_ANSWER", job_id, title, message, attachments, app_user_id)


def suspend(context: Context, job_id: str, *, app_user_id: str | None = None) -> JobDetail:
    """Suspend a job until ``resume``."""
    return _execute(context, job_id, Command(command="CONFIRM_PENDING"), app_user_id)


def resume(context: Context, job_id: str, *, app_user_id: str | None = None) -> JobDetail:
    """Let a suspended job go on."""
    return _execute(context, job_id, Command(command="CONFIRM_ACTIVE"), app_user_id)


def repair(
    context: Context, job_id: str, reason: str | None = None, *, app_user_id: str | None = None
) -> JobDetail:
    """Have a finished model improved: it trains again, which a Flexus job can a few times only."""
    _fits("reason", reason or "")
    command = Command(command="CONFIRM_REPAIR", operation_reason=reason)
    return _execute(context, job_id, command, app_user_id)


def _comment(
    context: Context,
    command: str,
    job_id: str,
    title: str,
    message: str,
    attachments: Sequence[str],
    app_user_id: str | None,
) -> JobDetail:
    _fits("title", title)
    _fits("message", message)
    files = {_file_name(location): open_source(location) for location in attachments}
    if len(files) < len(attachments):
        raise InputError("attachments: two have the same file name: rename one")
    comment = CommentData(
        comment_title=title, comment_message=message, attachment_name=list(files) or None
    )
    return _execute(
        context, job_id, Command(command=command, comment_data=comment), app_user_id, files
    )


def _execute(
    context: Context,
    job_id: str,
    command: Command,
    app_user_id: str | None,
    files: dict[str, Source] | None = None,
) -> JobDetail:
    """Look at the job, carry the command out, send what it asks for, and look again."""
    before = context.client.find_job(job_id, app_user_id=app_user_id)
    if before is None:
        raise JobRefusal(f"the service has no training job {job_id}")
    if before.state in KNOWN and before.state not in _STATES[command.command]:
        raise JobRefusal(
            f"job {job_id} is in state {before.state} and cannot be {_WORDS[command.command]}"
        )
    told = context.client.command(job_id, command, app_user_id=app_user_id)
    if files:
        _send(context, command.command, files, told)
    return context.client.show_job(job_id, app_user_id=app_user_id)


def _send(context: Context, command: str, files: dict[str, Source], told: CommandAnswer) -> None:
    """Send attachments to the URLs of the answer, which are in the order of the names."""
    urls = told.attachment_upload_url
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


def _fits(name: str, text: str) -> None:
    if len(text) > _LONGEST:
        raise InputError(f"{name} has {len(text)} characters: at most {_LONGEST} are allowed")


def _file_name(location: str) -> str:
    """The last part of a path or URL."""
    path = urlsplit(location).path if "://" in location else location.replace("\\", "/")
    return PurePosixPath(path).name or "attachment"
