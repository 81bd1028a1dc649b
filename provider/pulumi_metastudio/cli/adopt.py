"""``metastudio adopt``: write a Pulumi program for jobs that exist."""

from __future__ import annotations

import json
import keyword
import os
import re
import shlex
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import ConfigurationError, InputError
from .options import job_filters, service_options
from .printing import masked
from .stacks.selection import Selection

if TYPE_CHECKING:
    from ..api import JobDetail
    from ..lifecycle import Problem


@click.command()
@service_options
@job_filters
@click.option("--limit", type=click.IntRange(min=0), help="The most jobs to take.")
@click.option("--all", "every", is_flag=True, help="Jobs that a stack made, too.")
@click.option(
    "--out",
    default="-",
    show_default=True,
    help="A folder for Pulumi.yaml and __main__.py; - prints the program.",
)
@click.option("--project", help="The Pulumi project's name; by default the folder's.")
def adopt(
    selected: Selection,
    as_json: bool,
    limit: int | None,
    every: bool,
    out: str,
    project: str | None,
    **chosen: Any,
) -> None:
    """Write a program that takes over jobs made by hand.

    The jobs are not touched. When no job matches, nothing is written and the exit code is 1.
    """
    from ..lifecycle.ownership import stack_of

    if as_json:
        raise click.UsageError(
            "--json: what adopt writes is a program; it has no JSON form",
            click.get_current_context(),
        )
    place = None if out == "-" else _free(Path(out))
    client = selected.context().client
    given = {name: value for name, value in chosen.items() if value is not None}
    details: list[JobDetail] = []
    managed = 0
    for job in client.iter_jobs(**given):
        if limit is not None and len(details) >= limit:
            break
        if not every and any(stack_of(tag) for tag in job.tags or ()):
            managed += 1  # two stacks that manage one job undo each other's changes
            continue
        app_user_id = job.app_user_id or chosen["app_user_id"]
        details.append(client.show_job(job.job_id, app_user_id=app_user_id))
    if not details:
        raise InputError(_nothing(given, limit, managed))
    if managed:
        click.echo(f"{managed} jobs left out that a stack made; --all takes them too", err=True)
    text = program(details, selected.account)
    if place is None:
        # A program is UTF-8: for an output that is not, its escapes are.
        utf = (sys.stdout.encoding or "").lower().startswith("utf")
        click.echo(text if utf else text.encode("ascii", "backslashreplace"), nl=False)
        return
    files = {"__main__.py": text}
    if not (place / "Pulumi.yaml").exists():
        name = project or _words(place.resolve().name) or "avatars"
        files = {"Pulumi.yaml": f"name: {json.dumps(name)}\nruntime: python\n", **files}
    _store(place.resolve(), files)
    click.echo(f"{len(details)} jobs in {place / '__main__.py'}", err=True)


def _nothing(given: dict[str, Any], limit: int | None, managed: int) -> str:
    """Why there is nothing to write a program for: what was asked, and a way to see more."""
    asked = [f"--limit {limit}"] if limit == 0 else []
    for name, value in given.items():
        if isinstance(value, bool):
            plain = name.removeprefix("is_").replace("_", "-")
            asked.append(f"--{plain}" if value else f"--no-{plain}")
        else:
            asked.append(f"--{name.replace('_', '-')} {shlex.quote(str(value))}")
    if managed:
        of_these = f" that match {' '.join(asked)}" if asked else ""
        return f"a stack made all {managed} jobs{of_these}: nothing is written; --all takes them"
    if not asked:
        return "the service has no job: nothing is written; check region and project"
    return (
        f"no job matches {' '.join(asked)}: nothing is written; 'metastudio jobs list' prints what "
        "there is"
    )


def _free(folder: Path) -> Path:
    """The folder, which need not be there; nothing is made yet.

    Raises:
        ConfigurationError: it holds a program, or no file can be written in it.
    """
    if (folder / "__main__.py").exists():
        raise ConfigurationError(
            f"{folder / '__main__.py'} exists: choose another --out, or remove it"
        )
    try:
        with tempfile.TemporaryFile(dir=_standing(folder)):
            pass
    except OSError as error:
        raise ConfigurationError(
            f"--out {folder}: {error.strerror}: give a folder that can be written to"
        ) from None
    return folder


def _standing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    whole = folder.resolve()
    return next(each for each in (whole, *whole.parents) if os.path.lexists(each))


def _store(folder: Path, files: dict[str, str]) -> None:
    """Write files into a folder, which is made with all of them in it or not at all."""
    there = _standing(folder)
    with tempfile.TemporaryDirectory(dir=there, prefix=".metastudio-") as beside:
        built = Path(beside) / folder.relative_to(there)
        built.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (built / name).write_text(text, encoding="utf-8")
        # Each step is whole: the topmost new folder at once, or one file after the other.
        for part in files if there == folder else folder.relative_to(there).parts[:1]:
            os.rename(os.path.join(beside, part), there / part)


def program(details: list[JobDetail], account: str | None = None) -> str:
    """A Pulumi program with one resource for each job; what the service defaults is left out.

    Phone numbers are no part of it: each different one is a secret of the configuration.

    Args:
        account: whose jobs they are.
    """
    contacts: dict[str, str] = {}
    for detail in details:
        if detail.contact:
            number = "" if not contacts else str(len(contacts) + 1)
            contacts.setdefault(detail.contact, f"contact{number}")
    taken: set[str] = set()
    of_account = {"account": account} if account else {}
    blocks = [_resource(detail, contacts, taken, of_account) for detail in details]
    lines = ['"""Training jobs that were there before this program; it takes them over."""', ""]
    if contacts:
        lines += ["import pulumi"]
    lines += ["from pulumi_metastudio import TrainingJob"]
    if contacts:
        lines += [
            "",
            "# Phone numbers are secrets of the stack's configuration. Before the first up:",
        ]
        lines += [
            f"#   pulumi config set --secret {key}    # {_comment(masked(contact))}"
            for contact, key in contacts.items()
        ]
        lines += ["config = pulumi.Config()"]
    return "\n".join(lines + blocks) + "\n"


def _resource(
    detail: JobDetail, contacts: dict[str, str], taken: set[str], of_account: dict[str, str]
) -> str:
    from ..api.states import WAIT_FILE_UPLOAD
    from ..lifecycle import FILES

    name = _unique(_words(detail.name) or f"job-{_words(detail.job_id)[:8]}", taken)
    declared = {"existing_job_id": detail.job_id, **of_account, **_declared(detail)}
    lines = ["", f"{_identifier(name)} = TrainingJob(", f"    {_python(name)},"]
    for field, value in declared.items():
        text = (
            f'config.require_secret("{contacts[value]}")' if field == "contact" else _python(value)
        )
        lines.append(f"    {field}={text},")
    if detail.state == WAIT_FILE_UPLOAD:
        lines.append("    submit=False,  # nobody has submitted it yet: true does")
    present = [n for n, file in FILES.items() if getattr(detail, file.download)]
    if present:
        lines += [
            f"    # The service has: {', '.join(present)}.",
            "    # What is declared of these at the first up counts as what the service has; what",
            "    # is declared later is new: a trained job trains, and is billed, again for it.",
        ]
    return "\n".join([*lines, ")"])


def _declared(detail: JobDetail) -> dict[str, Any]:
    """The inputs that lead to no change: what the service has, without its own defaults."""
    from ..lifecycle import FIELDS, problems
    from ..lifecycle.ownership import without_tags
    from ..lifecycle.plan import same, undeclared

    answer = detail.model_dump(mode="json", exclude_none=True)
    answer["tags"] = without_tags(detail.tags)
    inputs = {name: answer[name] for name in FIELDS if answer.get(name) not in (None, [], {})}
    for name in list(inputs):
        default = undeclared(FIELDS[name], inputs)
        if default is not None and same(FIELDS[name], default, inputs[name]):
            del inputs[name]
    # What this provider would refuse, such as a version that is new to it, stays the service's.
    # Combinations are looked at only when each value is fine, hence more than once.
    while refused := problems({**inputs, "existing_job_id": detail.job_id}):
        kept = {n: v for n, v in inputs.items() if n not in {_input(each) for each in refused}}
        if kept == inputs:
            break
        inputs = kept
    return inputs


def _input(problem: Problem) -> str:
    """The input that a problem is about, without the path within it."""
    return problem.property.partition(".")[0].partition("[")[0]


def _words(text: str) -> str:
    """A text as lower-case words with hyphens; empty when it has no Latin letter or digit."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60].rstrip("-")


def _unique(name: str, taken: set[str]) -> str:
    chosen, number = name, 2
    while _identifier(chosen) in taken:
        chosen, number = f"{name}-{number}", number + 1
    taken.add(_identifier(chosen))
    return chosen


def _identifier(name: str) -> str:
    word = name.replace("-", "_")
    if not word.isidentifier() or keyword.iskeyword(word) or word in ("config", "pulumi"):
        return f"job_{word}"
    return word


def _comment(text: str) -> str:
    """A text that stays on one line."""
    return text if text.isprintable() else repr(text)


def _python(value: Any) -> str:
    """A value as Python source on one line, texts in double quotes."""
    if isinstance(value, str):
        # JSON's few escapes are Python's too; for what does not print, they are not.
        return json.dumps(value, ensure_ascii=False) if value.isprintable() else repr(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_python, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_python(n)}: {_python(v)}' for n, v in value.items())}}}"
    return repr(value)
