"""A review as Markdown for a comment on a pull request.

Names, paths and reasons are other people's text: nothing in them may act as Markdown or HTML,
mention a person, or hide what stands beside it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..lifecycle.schema import UNKNOWN
from ..transfer.progress import human_size
from .consequences import Consequence, InputChange, JobReview, Review
from .files import FileReview
from .headlines import Headline, headlines
from .preview_json import SECRET

#: What GitHub takes of a comment.
LONGEST = 65_536
_MOST_NAMES = 12
_LONGEST_LINE = 2_000  # above the fold
_LONGEST_TEXT = 400
_PLAIN = frozenset(" ,;()'/+=%…×→-")


def marker(stack: str) -> str:
    """The first line of a comment, by which a bot finds the one that it is to edit."""
    safe = "".join(c if c.isalnum() or c in "._" else "-" for c in stack)
    return f"<!-- metastudio-review {safe} -->"


def markdown(review: Review, limit: int = LONGEST) -> str:
    """A comment of at most ``limit`` characters; what is dropped for that, it says."""
    lines = [_headline(line) for line in headlines(review)]
    # The gravest first, so that what is dropped is the least.
    kept = list(_fitting(lines, limit // 2))
    if len(kept) < len(lines):
        kept.append(f"- … and {len(lines) - len(kept)} lines more")
    title = f"### MetaStudio: what changes in stack {_code(review.stack)}"
    head = "\n".join([marker(review.stack), title, "", *(kept or ["Nothing changes."])])
    jobs = sorted(review.jobs, key=_gravity)
    return _within(limit, head, [_job(job) for job in jobs])


def _fitting(texts: Iterable[str], room: int) -> Iterator[str]:
    """The first of the texts that together have at most ``room`` characters."""
    for each in texts:
        room -= len(each) + 1
        if room < 0:
            return
        yield each


def _within(limit: int, head: str, details: list[str]) -> str:
    count = "1 job" if len(details) == 1 else f"{len(details)} jobs"
    opening = f"\n\n<details>\n<summary>{count} in detail</summary>\n\n"
    closing = "\n</details>\n"
    note = (
        "\nThe details of {} jobs are left out here, the least important ones: "
        "<code>metastudio review --json</code> has them all.\n"
    )
    room = limit - len(head) - len(opening) - len(closing) - len(note) - 8
    kept = list(_fitting(details, room))
    if not details:
        return f"{head}\n"
    dropped = len(details) - len(kept)
    return "".join(
        [head, opening, "\n".join(kept), note.format(dropped) if dropped else "", closing]
    )


def _gravity(job: JobReview) -> tuple[int, int]:
    order = list(Consequence)
    return min((order.index(each) for each in job.consequences), default=len(order)), -job.bytes


def _headline(line: Headline) -> str:
    title = f"**{line.title}**" if line.serious else line.title
    names = ", ".join(_code(name) for name in line.jobs[:_MOST_NAMES])
    if len(line.jobs) > _MOST_NAMES:
        names += f" and {len(line.jobs) - _MOST_NAMES} more"
    count = f" ({len(line.jobs)})" if len(line.jobs) > 1 else ""
    details = "; ".join(_text(each) for each in line.details[:_MOST_NAMES])
    text = f"- {title}{count}{f': {names}' if names else ''}{f' — {details}' if details else ''}"
    # Entities make names long: what is shortened here, the details below have in full.
    return text if len(text) <= _LONGEST_LINE else f"- {title}{count} — see below"


def _job(job: JobReview) -> str:
    """All about one job, as a section."""
    return "\n".join([f"#### {_code(job.name)}: {job.op}", "", *_section(job)])


def _section(job: JobReview) -> Iterator[str]:
    facts = [job.old_job, *job.reasons, *(f"warning: {each}" for each in job.warnings)]
    for fact in facts:
        if fact:
            yield f"- {_text(fact)}"
    if any(facts):
        yield ""
    if job.changes:
        yield from _table(("input", "before", "after"), [_change(each) for each in job.changes])
    if job.files:
        yield from _table(
            ("file", "source", "size", "content", ""), [_file(each) for each in job.files]
        )


def _table(names: Sequence[str], rows: list[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _change(change: InputChange) -> tuple[str, ...]:
    if SECRET in (change.before, change.after):
        what = "changed (secret)" if change.before and change.after else "secret"
        before, after = (what if value is SECRET else "" for value in (change.before, change.after))
        if change.before and change.after:
            before = ""
        return change.input, before, after
    return change.input, _value(change.before), _value(change.after)


def _file(file: FileReview) -> tuple[str, ...]:
    size = "not known yet" if file.size is None else human_size(file.size)
    digests = [digest[:12] for digest in (file.before, file.after) if digest]
    content = " → ".join(dict.fromkeys(digests))
    return file.input, _code(file.location), size, content, "uploaded" if file.uploaded else ""


def _value(value: Any) -> str:
    if value is None:
        return ""
    if value is UNKNOWN:
        return "known after up"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _code(value if isinstance(value, str) else _shown(value))


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}={_shown(each)}" for name, each in value.items())
    return str(value)


def _code(text: str) -> str:
    """Somebody's text as code, in which no site looks for mentions or links."""
    return f"<code>{_text(text) or ' '}</code>"


def _text(text: str) -> str:
    """Somebody's text: every sign that could act is an entity, invisible ones are shown as �."""
    if len(text) > _LONGEST_TEXT:
        text = f"{text[: _LONGEST_TEXT - 1]}…"
    return "".join(map(_sign, " ".join(text.split())))


def _sign(sign: str) -> str:
    if sign.isalnum() or sign in _PLAIN:
        return sign
    # Controls and formats: among them those that turn the direction of writing.
    if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn"):
        return "�"
    return f"&#{ord(sign)};"
