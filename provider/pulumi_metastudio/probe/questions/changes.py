"""Uploads, updates, lists, deletions, and the rate."""

from __future__ import annotations

from .model import LARGER_PART, Needs, Question

UPLOADS = (
    Question(
        "wrong_content_type",
        "Is an upload with another content type refused?",
        Needs.JOBS,
        "PUT of text/plain to a URL for application/octet-stream",
        {"refused": "refused", "accepted": "accepted"},
    ),
    Question(
        "altered_expiry",
        "How is a URL with an expiry in the past refused?",
        Needs.JOBS,
        "PUT to a URL whose Expires was changed",
        {"refused": "refused", "accepted": "accepted"},
    ),
    Question(
        "used_url",
        "Does an upload URL work once?",
        Needs.JOBS,
        "PUT to the URL of a part that was sent",
        {"refused": "once", "accepted": "more than once"},
    ),
    Question(
        "part_etag_quotes",
        "Are ETags of listed parts in quotes?",
        Needs.JOBS,
        "GET_MULTIPART_UPLOADED after one part",
        {"quoted": "in quotes", "bare": "without"},
        "quoted_part_etags",
        {"quoted": True, "bare": False},
    ),
    Question(
        "part_etag",
        "Is a part's ETag its MD5?",
        Needs.JOBS,
        "GET_MULTIPART_UPLOADED after one part",
        {"md5": "its MD5", "MD5": "its MD5 in capitals", "other": "something else"},
    ),
    Question(
        "part_number",
        "Is a listed part's number text, as documented?",
        Needs.JOBS,
        "GET_MULTIPART_UPLOADED after one part",
        {"text": "text", "number": "a number", "other": "something else"},
    ),
    Question(
        "small_parts",
        "Does the object storage's smallest part apply?",
        Needs.JOBS,
        "confirming a video whose first part has 1 KiB; if that fails, one of 100 KiB",
        {
            "1 KiB": "a part may have 1 KiB",
            "100 KiB": "1 KiB is too small, 100 KiB is not",
            "neither": "neither is confirmed: it is larger, or not about sizes",
        },
        "minimum_part_size",
        {"1 KiB": 0, "100 KiB": LARGER_PART},
    ),
    Question(
        "confirm_twice",
        "May a video be confirmed twice?",
        Needs.JOBS,
        "CONFIRM_MULTIPART_UPLOADED again",
        {"accepted": "yes", "refused": "no"},
    ),
    Question(
        "failed_command",
        "How is a command refused that cannot be carried out?",
        Needs.JOBS,
        "CONFIRM_AUTHORIZATION_LETTER without a letter",
        {"inside 200": "HTTP 200, EXCUTE_FAILED", "400": "HTTP 400", "accepted": "it succeeds"}
        | {"other": "anything else"},
    ),
    Question(
        "one_part",
        "Is a video in one part uploaded as a part?",
        Needs.JOBS,
        "the URL of a job with one part",
        {"part": "its URL names a part", "whole": "its URL names none"},
    ),
    Question(
        "action_parts",
        "What does GET_ACTION_VIDEO_MULTIPART_UPLOADED return?",
        Needs.JOBS,
        "the command after one part of an action video",
        {"parts": "the parts", "urls": "upload URLs", "neither": "neither", "refused": "no answer"},
    ),
)
UPDATES = (
    Question(
        "update_waiting",
        "Is PUT accepted in WAIT_FILE_UPLOAD?",
        Needs.JOBS,
        "Update of a job that waits for files",
        {"accepted": "accepted", "refused": "refused"},
        "update_while_waiting",
        {"accepted": True, "refused": False},
    ),
    Question(
        "update_omitted",
        "Does a PUT keep the fields that it leaves out?",
        Needs.JOBS,
        "Update without batch_name and contact, then Show",
        {"kept": "kept", "reset": "reset", "mixed": "some are kept"},
        "update_keeps_omitted",
        {"kept": True, "reset": False},
    ),
    Question(
        "update_parts",
        "Do parts that were uploaded survive a PUT?",
        Needs.JOBS,
        "one of two parts, Update, GET_MULTIPART_UPLOADED",
        {"kept": "they survive", "dropped": "they do not"},
        "update_keeps_parts",
        {"kept": True, "dropped": False},
    ),
    Question(
        "update_video",
        "Does a confirmed video survive a PUT?",
        Needs.JOBS,
        "a confirmed video, Update, Show",
        {"kept": "it survives", "dropped": "it does not"},
        "update_keeps_parts",
        {"kept": True, "dropped": False},
    ),
    Question(
        "update_state",
        "Which state does a job have after a PUT?",
        Needs.JOBS,
        "Update, then Show",
        {"WAIT_FILE_UPLOAD": "it waits for files, as before", "other": "another state"},
    ),
    Question(
        "name_length",
        "Is a name longer than 256 characters refused?",
        Needs.JOBS,
        "Update with a name of 257 characters",
        {"refused": "refused", "accepted": "accepted"},
    ),
    Question(
        "contact_length",
        "Is a contact longer than 64 characters refused?",
        Needs.JOBS,
        "Update with a contact of 65 characters",
        {"refused": "refused", "accepted": "accepted"},
    ),
    Question(
        "many_tags",
        "Are fifty tags accepted, and one of 256 characters?",
        Needs.JOBS,
        "Update with fifty tags, then with a long one",
        {"both": "both", "many": "fifty short ones", "long": "a long one", "neither": "neither"},
    ),
    Question(
        "update_reopened",
        "Which state does a job have after a PUT that follows a failed review?",
        Needs.SUBMISSION,
        "a job fails its review only after it was submitted",
        {"WAIT_FILE_UPLOAD": "it waits for files", "unchanged": "still the failed one"},
        "update_reopens",
        {"WAIT_FILE_UPLOAD": True, "unchanged": False},
    ),
)
_WHOLE = {"whole": "the whole value", "part": "also a part of it", "nothing": "neither finds it"}
LISTS = (
    Question(
        "default_order",
        "In which order is a list without sort_key and sort_dir?",
        Needs.JOBS,
        "List of two jobs that were updated at different times",
        {"newest first": "newest first", "oldest first": "oldest first"},
        "newest_first",
        {"newest first": True, "oldest first": False},
    ),
    *(
        Question(
            f"{name}_filter",
            f"Does the filter {name} match parts of a value?",
            Needs.JOBS,
            f"List with the whole {name}, and with a part of it",
            _WHOLE,
            "fuzzy_filters",
            {"whole": False, "part": True},
        )
        for name in ("name", "batch_name", "tag")
    ),
    Question(
        "update_until",
        'Does update_until mean "not later", or "not earlier" as its text says?',
        Needs.JOBS,
        "List with update_until an hour before and an hour after the update",
        {"until": "not later", "since": "not earlier", "ignored": "nothing", "other": "neither"},
        "update_until_is_since",
        {"until": False, "since": True},
    ),
    Question(
        "other_user",
        "Does X-App-UserId hide a job from others?",
        Needs.JOBS,
        "Show and List of a job with a sub-user, without it and as another",
        {
            "nothing hidden": "every sub-user sees every job",
            "hidden from others": "another sub-user does not see it; without the header it is seen",
            "hidden": "only its own sub-user sees it",
            "mixed": "Show and List differ",
        },
    ),
    Question(
        "second_delete",
        "Are two deletions alike?",
        Needs.JOBS,
        "Delete twice",
        {"alike": "both succeed", "404": "the second is HTTP 404", "400": "it is HTTP 400"}
        | {"other": "anything else"},
    ),
    Question(
        "deleted_job",
        "How is a deleted job shown?",
        Needs.JOBS,
        "Show and List after Delete",
        {"as unknown": "as one that never was", "shown": "it is still shown"}
        | {"other": "anything else"},
    ),
)
RATES = (
    Question(
        "list_rate",
        "From which rate on are lists refused?",
        Needs.RATES,
        "lists as fast as they go until one is refused, 200 at most",
        {"refused": "refused", "never": "not refused"},
    ),
)
