"""What a release needs of the changelog: links to commits, a check before publishing, notes.

    python tools/release.py link          # each line gets its commit, each commit its address
    python tools/release.py check v0.1.0  # tag, version and the changelog's top entry agree
    python tools/release.py notes         # the top entry, as the text of a release

It needs nothing but Python and, to link, the git history.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHANGELOG = ROOT / "CHANGELOG.md"

#: At the end of a line of the changelog: ([1a2b3c4]) or ([1a2b3c4], [5d6e7f8]).
_LINKS = re.compile(r"\((\[[0-9a-f]{7}\](?:,\s\[[0-9a-f]{7}\])*)\)$")
_DEFINITION = re.compile(r"^\[[0-9a-f]{7}\]: .*\n?", re.MULTILINE)
_WIDTH = 100


class ReleaseError(Exception):
    """Something does not fit; the message says what, and the way out."""


def repository() -> str:
    """The repository's address, as pyproject.toml names it."""
    return _found(r'^Repository = "(.+)"$', ROOT / "pyproject.toml")


def version() -> str:
    """The version, as the package names it."""
    return _found(
        r'^__version__ = "(.+)"$', ROOT / "provider" / "pulumi_metastudio" / "__init__.py"
    )


def _found(pattern: str, file: Path) -> str:
    found = re.search(pattern, file.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise ReleaseError(f"{file}: has no line like {pattern}")
    return found[1]


def entries(text: str) -> list[str]:
    """The changelog's lines, each from its hyphen to the next one, without a newline at its end."""
    return [each.rstrip("\n") for each in re.findall(r"^- .*\n(?:  .*\n)*", text, re.MULTILINE)]


def commits(entry: str) -> list[str]:
    """The short hashes that a line ends with, seven digits each."""
    found = _LINKS.search(entry)
    return re.findall(r"[0-9a-f]{7}", found[1]) if found else []


def linked(text: str) -> str:
    """The changelog with the address of every commit that its lines end with."""
    body = _DEFINITION.sub("", text).rstrip("\n")
    hashes = dict.fromkeys(each for entry in entries(f"{body}\n") for each in commits(entry))
    lines = [f"[{each}]: {repository()}/commit/{each}" for each in hashes]
    return "\n".join([body, "", *lines, ""])


def attributed(text: str) -> str:
    """The changelog with a commit for each line that has none: the one that wrote it there."""
    for entry in entries(text):
        if not commits(entry):
            number = text[: text.index(entry)].count("\n") + 1
            last = entry.rpartition("\n")[2]
            link = f"([{_blamed(number)}])"
            joint = " " if len(f"{last} {link}") <= _WIDTH else "\n  "
            text = text.replace(entry, f"{entry}{joint}{link}", 1)
    return text


def _blamed(number: int) -> str:
    words = ["git", "blame", "--porcelain", f"-L{number},{number}", "--", CHANGELOG.name]
    done = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise ReleaseError(f"git blame: {done.stderr.strip()}")
    if done.stdout.startswith("0000000"):
        raise ReleaseError(
            f"{CHANGELOG.name}:{number}: commit the line first: it has no commit yet"
        )
    return done.stdout[:7]


def top(text: str) -> tuple[str, str]:
    """The heading of the newest entry, without its marks, and what stands below it."""
    found = re.search(r"^## (.+)\n((?:(?!## ).*\n)*)", text, re.MULTILINE)
    if found is None:
        raise ReleaseError(f"{CHANGELOG.name}: has no entry, such as '## {version()}, 2026-12-31'")
    return found[1], _DEFINITION.sub("", found[2]).strip()


def notes(text: str) -> str:
    """The newest entry, as it is shown where nothing else of the changelog is."""
    _, body = top(text)
    used = {each for entry in entries(f"{body}\n") for each in commits(entry)}
    addresses = [line for line in linked(text).splitlines() if line[1:8] in used]
    return "\n".join([body, "", *[line for line in addresses if _DEFINITION.match(line)], ""])


def check(tag: str, text: str) -> None:
    """Hold a tag against the version and the changelog.

    Raises:
        ReleaseError: they do not agree, or the entry has no date or a line without a commit.
    """
    if tag != f"v{version()}":
        raise ReleaseError(f"tag {tag}: the package's version is {version()}: tag v{version()}")
    heading, body = top(text)
    if not re.fullmatch(rf"{re.escape(version())}, \d{{4}}-\d\d-\d\d", heading):
        raise ReleaseError(
            f"{CHANGELOG.name}: the top entry is '{heading}': it must be '{version()}, "
            "YEAR-MONTH-DAY', with the day of the release"
        )
    unlinked = [entry for entry in entries(f"{body}\n") if not commits(entry)]
    if unlinked or linked(text) != text:
        raise ReleaseError(
            f"{CHANGELOG.name}: {len(unlinked)} lines of the top entry name no commit, or an "
            "address is missing: 'make changelog' writes them"
        )


def main(arguments: list[str] | None = None) -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    what = parser.add_subparsers(dest="what", required=True)
    what.add_parser("link", help="write the commits' addresses into the changelog")
    what.add_parser("notes", help="print the newest entry")
    what.add_parser("check", help="hold a tag against version and changelog").add_argument("tag")
    chosen = parser.parse_args(arguments)
    text = CHANGELOG.read_text(encoding="utf-8")
    try:
        if chosen.what == "link":
            CHANGELOG.write_text(linked(attributed(text)), encoding="utf-8", newline="\n")
        elif chosen.what == "notes":
            sys.stdout.write(notes(text))
        else:
            check(chosen.tag, text)
    except ReleaseError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
