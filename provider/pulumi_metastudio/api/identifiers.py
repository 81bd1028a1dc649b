"""Ids of jobs and sub-users, names of accounts; anything else is refused before it is used.

A job's id becomes part of a path and a sub-user's of a header, where a stray character would
lead to another job, or to an error that names neither. An account's name is part of the keys of
its configuration.
"""

from __future__ import annotations

import re
from typing import Any

from ..common.redact import one_line
from ..errors import InputError

JOB_ID_RULE = "it must be a job's id, 1 to 64 letters, digits, - and _"
APP_USER_ID_RULE = "goes into an HTTP header: use visible ASCII characters only, no spaces"

ACCOUNT_RULE = "it must be an account's name, 1 to 64 letters, digits, - and _"

_JOB_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
_APP_USER_ID = re.compile(r"[!-~]+")


def is_job_id(value: Any) -> bool:
    """Whether a value can be the id of a job."""
    return isinstance(value, str) and _JOB_ID.fullmatch(value) is not None


def is_account(value: Any) -> bool:
    """Whether a value can be the name of an account."""
    return is_job_id(value)  # the same characters, for the same reason


def is_app_user_id(value: Any) -> bool:
    """Whether a value can be a sub-user's id; how long it may be is not this rule's."""
    return isinstance(value, str) and _APP_USER_ID.fullmatch(value) is not None


def job_path(job_id: Any) -> str:
    """A job's id as part of a path.

    Raises:
        InputError: it cannot be one.
    """
    if not is_job_id(job_id):
        raise InputError(f"job_id is {one_line(repr(job_id), 80)}: {JOB_ID_RULE}")
    return str(job_id)


def app_user(app_user_id: Any) -> str:
    """A sub-user's id as the value of a header; "" for none.

    Raises:
        InputError: it cannot be one.
    """
    if app_user_id in (None, ""):
        return ""
    if not is_app_user_id(app_user_id):
        raise InputError(f"app_user_id is {one_line(repr(app_user_id), 80)}: it {APP_USER_ID_RULE}")
    return str(app_user_id)
