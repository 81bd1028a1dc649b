"""The changelog leads to changes, and a release is what its tag says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tools import release

ROOT = Path(__file__).parents[1]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def git(*words: str, folder: Path = ROOT) -> str:
    command = ["git", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def history() -> set[str]:
    """The hashes of all commits."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs git and a clone: this is an unpacked source distribution")
    if git("rev-parse", "--is-shallow-repository") == "true":
        pytest.skip("needs the whole history: this clone is shallow")
    return set(git("rev-list", "HEAD").splitlines())


def test_the_changelog_names_commits_that_there_are(history: set[str]) -> None:
    named = {each for entry in release.entries(CHANGELOG) for each in release.commits(entry)}
    assert len(named) > 50
    assert named - {commit[:7] for commit in history} == set()


def test_the_changelog_links_to_every_commit_it_names() -> None:
    assert release.linked(CHANGELOG) == CHANGELOG, "'make changelog' writes the addresses"


def test_one_address_stands_for_the_repository() -> None:
    """Whoever moves it has one place to change, and this names the others."""
    name = release.repository().rpartition("/")[2]
    address = re.compile(
        rf"(https://(?:github|raw\.githubusercontent)\.com)/([^/\s]+)/{name}\b", re.IGNORECASE
    )
    files = [*ROOT.glob("*.*"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.*")]
    found = {
        (str(file.relative_to(ROOT)), owner)
        for file in files
        if file.is_file() and file.suffix in (".md", ".toml", ".yml", ".yaml")
        for _, owner in address.findall(file.read_text(encoding="utf-8"))
    }
    assert ("pyproject.toml", "pulumi-metastudio") in found
    assert {owner for _, owner in found} == {release.repository().split("/")[-2]}, found


ENTRY = "- A change. ([0123456])\n"
ADDRESS = f"\n[0123456]: {release.repository()}/commit/0123456\n"
READY = f"# Changes\n\n## {release.version()}, 2026-12-31\n\n{ENTRY}{ADDRESS}"


def test_a_release_is_what_its_tag_says() -> None:
    release.check(f"v{release.version()}", READY)


@pytest.mark.parametrize(
    ("tag", "text", "problem"),
    [
        ("v9.9.9", READY, "tag v9.9.9: the package's version is"),
        (f"v{release.version()}", READY.replace(", 2026-12-31", ", not released yet"), "top entry"),
        (f"v{release.version()}", READY.replace(" ([0123456])", ""), "name no commit"),
        (f"v{release.version()}", READY.replace(ADDRESS, ""), "an address is missing"),
        (f"v{release.version()}", "# Changes\n", "has no entry"),
    ],
)
def test_a_release_that_does_not_fit_is_refused(tag: str, text: str, problem: str) -> None:
    with pytest.raises(release.ReleaseError, match=problem):
        release.check(tag, text)


def test_the_notes_are_the_newest_entry_and_its_addresses() -> None:
    older = "## 0.0.1, 2025-01-01\n\n- Older. ([7654321])\n"
    text = release.linked(READY.replace(ADDRESS, f"\n{older}"))
    assert release.notes(text) == f"{ENTRY}{ADDRESS}"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not on PATH")
def test_a_line_without_a_commit_gets_the_one_that_wrote_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "ROOT", tmp_path)
    named = f"- A line of two lines, which names its own commit and so is\n  {ENTRY[2:]}"
    text = f"# Changes\n\n{named}- Another change.\n- {'a' * 97}\n"
    file = tmp_path / "CHANGELOG.md"

    def commit() -> str:
        git("add", ".", folder=tmp_path)
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
        git(*who, "commit", "--quiet", "-m", "Write", folder=tmp_path)
        return git("rev-parse", "HEAD", folder=tmp_path)[:7]

    git("init", "--quiet", folder=tmp_path)
    file.write_text("# Changes\n")
    commit()
    file.write_text(text)
    with pytest.raises(release.ReleaseError, match="commit the line first"):
        release.attributed(text)
    link = f"([{commit()}])"
    assert release.attributed(text) == (
        f"# Changes\n\n{named}- Another change. {link}\n- {'a' * 97}\n  {link}\n"
    )
