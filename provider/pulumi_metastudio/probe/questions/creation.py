"""What needs no job, and what a creation shows."""

from __future__ import annotations

from .model import Needs, Question

READING = (
    Question(
        "unknown_job",
        "How is an unknown job refused?",
        Needs.READING,
        "Show of a random id",
        {"404": "HTTP 404", "400": "HTTP 400", "other": "anything else"},
        "unknown_job_status",
        {"404": 404, "400": 400},
    ),
    Question(
        "unknown_job_listed",
        "What does a list say that asks for an unknown job's id?",
        Needs.READING,
        "List with job_id, a random id",
        {"empty": "no job", "refused": "the list is refused", "other": "anything else"},
    ),
    Question(
        "list_limit",
        "Is a page of more than 100 jobs refused?",
        Needs.READING,
        "List with limit=101, for an unknown job",
        {"refused": "refused", "accepted": "accepted"},
    ),
    Question(
        "filter_length",
        "Is a filter longer than its documented length refused?",
        Needs.READING,
        "List with a name of 257 characters",
        {"refused": "refused", "accepted": "accepted"},
    ),
    Question(
        "tenant_usage",
        "May these credentials read what is bought and used?",
        Needs.READING,
        "ShowResourceUsage",
        {"allowed": "it answers", "denied": "HTTP 403", "other": "anything else"},
    ),
    Question(
        "wrong_signature",
        "How is a wrong signature refused?",
        Needs.READING,
        "one List signed with a wrong key, once: keys get locked",
        {"401": "HTTP 401", "403": "HTTP 403", "other": "anything else"},
    ),
)
CREATION = (
    Question(
        "upload_urls",
        "Which upload URLs does a creation give?",
        Needs.JOBS,
        "Create with two parts of a video, and nothing else asked for",
        {"every kind": "one for each kind of file", "some": "those of the documents' example"},
        "all_upload_urls",
        {"every kind": True, "some": False},
    ),
    Question(
        "creation_credit",
        "Does a creation use up a credit?",
        Needs.JOBS,
        "ShowResourceUsage before and after; if so the probe ends at once",
        {"no": "nothing is used up", "yes": "a credit is used up"},
    ),
    Question(
        "tag_order",
        "Are tags kept, in their order?",
        Needs.JOBS,
        "Create with tags in no alphabetical order, then Show",
        {"kept": "as they were sent", "sorted": "in another order", "changed": "others"},
    ),
    Question(
        "contact_shown",
        "Is the contact masked when it is read back?",
        Needs.JOBS,
        "Create with a contact that is nobody's, then Show",
        {"plain": "as it was sent", "masked": "another text", "absent": "not at all"},
    ),
    Question(
        "missing_values",
        "How does Show tell that there is no review video?",
        Needs.JOBS,
        "Show of a new job",
        {
            "text null": 'the text "null"',
            "null": "a JSON null",
            "absent": "not at all",
            "empty": "an empty text",
            "other": "a value",
        },
    ),
    Question(
        "duplicate_name",
        "Is a name that is in use refused?",
        Needs.JOBS,
        "Create with the name of the first job",
        {"refused": "refused", "accepted": "accepted"},
        "unique_names",
        {"refused": True, "accepted": False},
    ),
    Question(
        "edition_rules",
        "Are Flexus-only fields refused on the standard edition?",
        Needs.JOBS,
        "Create with voice_properties on the standard edition",
        {"refused": "refused", "accepted": "accepted"},
        "edition_rules",
        {"refused": True, "accepted": False},
    ),
)
